#define _GNU_SOURCE
#include "io/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLUSH_BYTES = 1 << 16 };

bool px_write_all(int fd, const char *bytes, size_t n) {
    while (n) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes += written;
        n -= (size_t)written;
    }
    return true;
}

static px_status failed(px_outfile *f, px_error *err) {
    int why = errno;
    px_outfile_discard(f);
    return px_fail(err, PX_INCOMPLETE, "cannot write %s: %s", f->path, strerror(why));
}

px_status px_outfile_open(px_outfile *f, const char *path, px_error *err) {
    *f = (px_outfile){.fd = -1};
    snprintf(f->path, sizeof f->path, "%s", path);
    snprintf(f->temporary, sizeof f->temporary, "%s.new", path);
    SHA256Init(&f->sha);
    f->fd = open(f->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return f->fd < 0 ? failed(f, err) : PX_OK;
}

static px_status flush(px_outfile *f, px_error *err) {
    if (!px_write_all(f->fd, px_text_str(&f->buffer), f->buffer.length)) return failed(f, err);
    f->buffer.length = 0;
    return PX_OK;
}

px_status px_outfile_write(px_outfile *f, const char *bytes, size_t n, px_error *err) {
    SHA256Update(&f->sha, (const uint8_t *)bytes, n);
    px_text_add_bytes(&f->buffer, bytes, n);
    return f->buffer.length < FLUSH_BYTES ? PX_OK : flush(f, err);
}

px_status px_outfile_complete(px_outfile *f, px_error *err) {
    PX_TRY(flush(f, err));
    if (fsync(f->fd) != 0) return failed(f, err);
    int closed = close(f->fd);
    f->fd = -1;
    if (closed != 0) return failed(f, err);
    SHA256End(&f->sha, f->hash);
    px_text_free(&f->buffer);
    return PX_OK;
}

px_status px_outfile_rename(px_outfile *f, px_error *err) {
    if (rename(f->temporary, f->path) != 0) return failed(f, err);
    f->temporary[0] = '\0';
    return PX_OK;
}

void px_outfile_discard(px_outfile *f) {
    if (f->fd >= 0) close(f->fd);
    f->fd = -1;
    if (f->temporary[0]) unlink(f->temporary);
    f->temporary[0] = '\0';
    px_text_free(&f->buffer);
}

px_status px_directory_sync(const char *directory, px_error *err) {
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL); /* EINVAL: a file system without it */
    int why = errno;
    if (fd >= 0) close(fd);
    return synced ? PX_OK : px_fail(err, PX_INCOMPLETE, "cannot sync %s: %s", directory, strerror(why));
}

px_status px_directory_make(const char *directory, px_error *err) {
    char path[PX_PATH_CHARS];
    if (strlen(directory) >= sizeof path)
        return px_fail(err, PX_INCOMPLETE, "cannot create %s: name too long", directory);
    snprintf(path, sizeof path, "%s", directory);
    for (char *p = path + 1;; p++) {
        if (*p != '/' && *p != '\0') continue;
        char end = *p;
        *p = '\0';
        struct stat s;
        if (mkdir(path, 0777) != 0 && (errno != EEXIST || stat(path, &s) != 0 || !S_ISDIR(s.st_mode)))
            return px_fail(err, PX_INCOMPLETE, "cannot create %s: %s", path,
                           strerror(errno == EEXIST ? ENOTDIR : errno));
        if (!(*p = end)) return PX_OK;
    }
}
