#include "matrix/move.h"

#include <string.h>

#include "base/error.h"
#include "base/parallel.h"

enum { PIECE = 512 }; /* numbers of a row at once, so that a row may be all there is */

typedef struct moving {
    px_mat *to;
    const px_mat *from; /* NULL: zeros */
    int64_t pieces;     /* of a row */
} moving;

static char *at(const px_mat *m, int64_t i, int64_t j, size_t size) {
    return (char *)m->data + (size_t)(i * m->ld + j) * size;
}

static void move_piece(void *context, int64_t piece) {
    const moving *w = context;
    int64_t i = piece / w->pieces, j = piece % w->pieces * PIECE, n = w->to->cols - j < PIECE ? w->to->cols - j : PIECE;
    bool narrow = px_fits_float(w->to->fmt);
    size_t size = narrow ? sizeof(float) : sizeof(double), bytes = (size_t)n * size;
    if (!w->from) {
        memset(at(w->to, i, j, size), 0, bytes);
    } else if (px_fits_float(w->from->fmt) == narrow) {
        memcpy(at(w->to, i, j, size), at(w->from, i, j, size), bytes);
    } else {
        double x[PIECE];
        px_mat_get_row(w->from, i, j, n, x);
        px_mat_set_row(w->to, i, j, n, x);
    }
}

static void move(px_mat *to, const px_mat *from) {
    moving w = {to, from, (to->cols + PIECE - 1) / PIECE};
    px_parallel_for_work((double)to->rows * (double)to->cols, to->rows * w.pieces, move_piece, &w);
}

void px_mat_clear(px_mat *m) { move(m, NULL); }

void px_mat_copy(px_mat *to, const px_mat *from) {
    PX_ASSERT(to->rows == from->rows && to->cols == from->cols);
    move(to, from);
}
