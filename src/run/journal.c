#define _GNU_SOURCE
#include "run/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static px_status failed(const px_journal *j, const char *what, px_error *err) {
    return px_fail(err, PX_INCOMPLETE, "cannot %s %s: %s", what, j->path, strerror(errno));
}

/* Opens the file that bears the path and holds its lock. A run that ends removes its journal while holding the lock, so
 * the file that was locked may no longer be the file of that name: then again. */
static px_status open_locked(px_journal *j, px_error *err) {
    for (;;) {
        struct stat opened, named;
        j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
        if (j->fd < 0) return failed(j, "open", err);
        if (fstat(j->fd, &opened) != 0) return failed(j, "open", err);
        if (!S_ISREG(opened.st_mode))
            return px_fail(err, PX_BAD_FILE, "%s: exists and is not a file; move it away", j->path);
        if (flock(j->fd, LOCK_EX | LOCK_NB) != 0)
            return errno == EWOULDBLOCK
                       ? px_fail(err, PX_INCOMPLETE,
                                 "%s: another run is writing this table; wait for it, or choose another "
                                 "directory with --output",
                                 j->path)
                       : failed(j, "lock", err);
        if (stat(j->path, &named) == 0 && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev) return PX_OK;
        close(j->fd);
        j->fd = -1;
    }
}

/* The whole file, malloc'ed; the caller frees it. */
static px_status read_all(const px_journal *j, char **bytes, size_t *n, px_error *err) {
    struct stat s;
    *bytes = NULL;
    if (fstat(j->fd, &s) != 0) return failed(j, "read", err);
    *n = (size_t)s.st_size;
    *bytes = malloc(*n + 1);
    if (!*bytes) px_out_of_memory(*n + 1);
    for (size_t at = 0; at < *n;) {
        ssize_t got = pread(j->fd, *bytes + at, *n - at, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed(j, "read", err);
        if (got == 0) *n = at; /* cut while we read: the rest is gone */
        at += (size_t)got;
    }
    (*bytes)[*n] = '\0';
    return PX_OK;
}

static px_status start(px_journal *j, const char *header, px_error *err) {
    j->size = (int64_t)strlen(header);
    if (ftruncate(j->fd, 0) == 0 && px_write_all(j->fd, header, (size_t)j->size)) return PX_OK;
    px_status status = failed(j, "write", err);
    unlink(j->path);
    return status;
}

static px_status take_up(px_journal *j, const char *header, bool resume, px_error *err) {
    char *bytes;
    size_t n = 0;
    px_status status = read_all(j, &bytes, &n, err);
    px_journal_form form = status == PX_OK ? px_journal_recognise(bytes, n) : PX_JOURNAL_FOREIGN;
    if (status == PX_OK && form == PX_JOURNAL_FOREIGN)
        status = px_fail(err, PX_BAD_FILE, "%s: exists and is no journal of precx; move it away", j->path);
    if (status == PX_OK && form == PX_JOURNAL_OURS && resume) {
        status = px_journal_parse(j, bytes, n, header, err);
        if (status == PX_OK && ftruncate(j->fd, j->size) != 0) status = failed(j, "truncate", err);
    } else if (status == PX_OK) {
        j->started_over = form == PX_JOURNAL_OURS;
        status = start(j, header, err);
    }
    free(bytes);
    return status;
}

px_status px_journal_open(px_journal *j, const char *path, const px_identity *identity, int n_identity, bool resume,
                          px_error *err) {
    *j = (px_journal){.fd = -1};
    PX_ASSERT(strlen(path) < sizeof j->path);
    strcpy(j->path, path);
    px_text header = {0};
    px_text_add(&header, PX_JOURNAL_MAGIC);
    for (int i = 0; i < n_identity; i++) {
        PX_ASSERT(!strpbrk(identity[i].value, " \n"));
        px_text_printf(&header, "%s%s=%s", i ? " " : "", identity[i].key, identity[i].value);
    }
    px_text_add(&header, "\n");
    px_status status = open_locked(j, err);
    if (status == PX_OK) status = take_up(j, header.s, resume, err);
    px_text_free(&header);
    if (status != PX_OK) px_journal_close(j);
    return status;
}

void px_journal_keep(px_journal *j, px_journal_record record) {
    if (j->n_records == j->capacity) {
        j->capacity = j->capacity ? 2 * j->capacity : 256;
        j->records = realloc(j->records, j->capacity * sizeof *j->records);
        if (!j->records) px_out_of_memory(j->capacity * sizeof *j->records);
    }
    j->records[j->n_records++] = record;
}

px_status px_journal_append(px_journal *j, int64_t cell, int64_t n_records, const px_text *main, const px_text *library,
                            px_error *err) {
    px_text payload = {0}, record = {0};
    px_text_add_bytes(&payload, px_text_str(main), main->length);
    px_text_add_bytes(&payload, px_text_str(library), library->length);
    px_journal_head(cell, n_records, main->length, library->length, payload.s, &record);
    int64_t offset = j->size + (int64_t)record.length;
    px_text_add_bytes(&record, payload.s, payload.length);
    px_status status = PX_OK;
    if (px_write_all(j->fd, record.s, record.length)) {
        j->size += (int64_t)record.length;
        px_journal_keep(j, (px_journal_record){cell, n_records, offset, main->length, library->length});
    } else {
        status = failed(j, "write", err);
        if (ftruncate(j->fd, j->size) != 0) { /* then the next --resume drops the tail */
        }
    }
    px_text_free(&payload);
    px_text_free(&record);
    return status;
}

px_status px_journal_payload(const px_journal *j, const px_journal_record *record, px_text *out, px_error *err) {
    char part[1 << 14];
    out->length = 0;
    for (size_t left = record->main_bytes + record->library_bytes; left;) {
        ssize_t got = pread(j->fd, part, left < sizeof part ? left : sizeof part, record->offset + (off_t)out->length);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed(j, "read", err);
        if (got == 0) return px_fail(err, PX_BAD_FILE, "%s: was cut while the run was using it", j->path);
        px_text_add_bytes(out, part, (size_t)got);
        left -= (size_t)got;
    }
    return PX_OK;
}

static int by_cell(const void *a, const void *b) {
    int64_t x = ((const px_journal_record *)a)->cell, y = ((const px_journal_record *)b)->cell;
    return (x > y) - (x < y);
}

void px_journal_sort(px_journal *j) {
    if (j->n_records) qsort(j->records, j->n_records, sizeof *j->records, by_cell);
}

void px_journal_close(px_journal *j) {
    if (j->fd >= 0) close(j->fd);
    free(j->records);
    j->fd = -1;
    j->records = NULL;
    j->n_records = j->capacity = 0;
}

void px_journal_remove(px_journal *j) {
    unlink(j->path);
    px_journal_close(j);
}
