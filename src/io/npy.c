#include "io/npy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "'<f8' is the byte order of this machine");

/* Format 1.0: magic, version, length of the header, a Python dict padded with blanks and ended by \n so that the data
 * begin at a multiple of 64 (numpy/lib/format.py). */
enum { PREFIX = 10, HEADER_MAX = 256 };

static size_t make_header(const px_mat *m, char header[HEADER_MAX]) {
    int n =
        snprintf(header + PREFIX, HEADER_MAX - PREFIX,
                 "{'descr': '<f8', 'fortran_order': False, 'shape': (%" PRId64 ", %" PRId64 "), }", m->rows, m->cols);
    PX_ASSERT(n > 0 && n < HEADER_MAX - PREFIX - 64);
    size_t total = (PREFIX + (size_t)n + 1 + 63) / 64 * 64;
    size_t length = total - PREFIX;
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)(length & 255);
    header[9] = (char)(length >> 8);
    memset(header + PREFIX + n, ' ', total - PREFIX - (size_t)n - 1);
    header[total - 1] = '\n';
    return total;
}

static int write_rows(FILE *f, const px_mat *m, double *row) {
    char header[HEADER_MAX];
    size_t total = make_header(m, header), cols = (size_t)m->cols;
    if (fwrite(header, 1, total, f) != total) return 0;
    for (int64_t i = 0; i < m->rows; i++) {
        px_mat_get_row(m, i, 0, m->cols, row);
        if (fwrite(row, sizeof *row, cols, f) != cols) return 0;
    }
    return 1;
}

px_status px_npy_write(const char *path, const px_mat *m, px_error *err) {
    FILE *f = fopen(path, "wb");
    if (!f) return px_fail(err, PX_INCOMPLETE, "%s: %s", path, strerror(errno));
    size_t bytes = (size_t)m->cols * sizeof(double);
    double *row = malloc(bytes ? bytes : 1);
    if (!row) px_out_of_memory(bytes);
    int trouble = write_rows(f, m, row) ? 0 : errno;
    free(row);
    if (fclose(f) != 0 && trouble == 0) trouble = errno;
    if (trouble != 0) return px_fail(err, PX_INCOMPLETE, "%s: %s", path, strerror(trouble));
    return PX_OK;
}
