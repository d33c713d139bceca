#include "io/infile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static px_status read_open(px_arena *arena, const char *path, FILE *f, px_bytes *bytes, px_error *err) {
    struct stat st;
    if (fstat(fileno(f), &st) != 0) return px_fail(err, PX_BAD_FILE, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode)) return px_fail(err, PX_BAD_FILE, "%s: not a regular file", path);
    size_t size = (size_t)st.st_size;
    char *at = px_arena_alloc(arena, size + 1, 1);
    if (fread(at, 1, size, f) != size)
        return px_fail(err, PX_BAD_FILE, "%s: %s", path, ferror(f) ? strerror(errno) : "shorter than it was");
    *bytes = (px_bytes){at, size};
    return PX_OK;
}

px_status px_infile_read(px_arena *arena, const char *path, px_bytes *bytes, px_error *err) {
    FILE *f = fopen(path, "rb");
    if (!f) return px_fail(err, PX_BAD_FILE, "%s: %s", path, strerror(errno));
    px_status status = read_open(arena, path, f, bytes, err);
    fclose(f);
    return status;
}
