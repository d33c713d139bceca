/* Matrix Market files (Boisvert, Pozo & Remington, NIST IR 5935, 1996): coordinate and array; real, integer and
 * pattern; general, symmetric and skew-symmetric. Matrices are kept densely. */
#ifndef PX_IO_MTX_H
#define PX_IO_MTX_H

#include "io/infile.h"
#include "matrix/mat.h"

enum { PX_MTX_ENTRIES_MAX = 1 << 24 }; /* rows x cols of a coordinate file, whose size does not bound them */

/* The matrix of a file's bytes, doubles (fmt exact): a real number is the double nearest to it, a pattern's entries are
 * 1, an integer is at most 2^53 in magnitude. PX_BAD_FILE with path:line:column for anything malformed: numbers that
 * are not finite, indices out of range, entries too many, too few, twice or in the wrong triangle. */
px_status px_mtx_parse(px_arena *arena, const char *path, px_bytes bytes, px_mat *m, px_error *err);

#endif
