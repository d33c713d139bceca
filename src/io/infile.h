/* Files from outside, as bytes. */
#ifndef PX_IO_INFILE_H
#define PX_IO_INFILE_H

#include "base/arena.h"
#include "base/error.h"

typedef struct px_bytes {
    const char *at; /* followed by a NUL that is not counted */
    size_t n;
} px_bytes;

/* A regular file, whole; the bytes are the arena's. PX_BAD_FILE with the path and the reason. */
px_status px_infile_read(px_arena *arena, const char *path, px_bytes *bytes, px_error *err);

#endif
