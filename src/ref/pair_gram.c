/* Bounds of 2-norms of matrices, by Gram matrices in plain double. */
#include <math.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "base/room.h"
#include "ref/pair_exec.h"
#include "ref/pairs.h"

enum { MAX_WIDTH = 32 };

static double *numbers(int64_t n) { return px_room(n, sizeof(double)); }

double px_pair_norm_of(const double *x, int64_t n, int64_t stride) {
    if (stride == 1) return px_pair_kernels_chosen()->norm(n, x);
    double *line = numbers(n);
    for (int64_t i = 0; i < n; i++) line[i] = x[i * stride];
    double norm = px_pair_kernels_chosen()->norm(n, line);
    free(line);
    return norm;
}

typedef struct gram {
    const px_pair_kernels *kernels;
    const double *x; /* lines x terms */
    int64_t lines, terms, line_step, term_step;
    double *strips; /* of as many lines as a tile has rows */
    double *out;    /* lines x lines */
} gram;

static void gram_rows(void *context, int64_t strip) {
    const gram *g = context;
    int rows = g->kernels->rows;
    int64_t i0 = strip * rows, height = g->lines - i0 < rows ? g->lines - i0 : rows;
    g->kernels->pack(rows, g->strips + i0 * g->terms, g->x + i0 * g->line_step, height, g->terms, g->line_step,
                     g->term_step);
}

/* A strip of columns of X X^T, down to the diagonal: the longest first, so that threads end together. */
static void gram_strip(void *context, int64_t turn) {
    const gram *g = context;
    int rows = g->kernels->rows, cols = g->kernels->cols;
    int64_t j0 = ((g->lines - 1) / cols - turn) * cols, width = g->lines - j0 < cols ? g->lines - j0 : cols;
    double *b = numbers(g->terms * cols), tile[8 * MAX_WIDTH];
    g->kernels->pack(cols, b, g->x + j0 * g->line_step, width, g->terms, g->line_step, g->term_step);
    for (int64_t i0 = 0; i0 < j0 + width; i0 += rows) {
        int64_t height = j0 + width - i0 < rows ? j0 + width - i0 : rows;
        g->kernels->plain_tile(g->terms, g->strips + i0 * g->terms, b, tile);
        for (int64_t i = 0; i < height; i++)
            for (int64_t j = 0; j < width; j++)
                g->out[(i0 + i) * g->lines + j0 + j] = g->out[(j0 + j) * g->lines + i0 + i] = tile[i * cols + j];
    }
    free(b);
}

static double *make_gram(const double *x, int64_t lines, int64_t terms, int64_t line_step, int64_t term_step) {
    const px_pair_kernels *k = px_pair_kernels_chosen();
    int64_t strips = (lines + k->rows - 1) / k->rows;
    gram g = {k, x, lines, terms, line_step, term_step, numbers(strips * k->rows * terms), numbers(lines * lines)};
    double work = (double)lines * (double)terms;
    px_parallel_for_work(work, strips, gram_rows, &g);
    px_parallel_for_work(work * (double)lines / 16, (lines + k->cols - 1) / k->cols, gram_strip, &g); /* 8, and half */
    free(g.strips);
    return g.out;
}

/* lambda(W W^T) <= lambda(G) + g_k ||W||_F^2 and lambda(H)^2 <= lambda(fl(H^2)) + g_n ||H||_F^2, with g_k = 1.01 (k +
 * 2) u for fused sums of k terms in any order; lambda(H) <= ||H||_F at the end. Norms beyond 2^+-100 are not squared.
 * */
double px_pairs_norm(const double *x, int64_t rows, int64_t cols, int64_t rs, int64_t cs, int squarings) {
    bool by_rows = rows < cols || (rows == cols && cs <= rs); /* of a square: lines that lie side by side */
    int64_t lines = by_rows ? rows : cols, terms = by_rows ? cols : rows;
    int64_t line_step = by_rows ? rs : cs, term_step = by_rows ? cs : rs;
    double *line_norms = numbers(lines), whole;
    for (int64_t i = 0; i < lines; i++) line_norms[i] = px_pair_norm_of(x + i * line_step, terms, term_step);
    whole = px_pair_norm_of(line_norms, lines, 1);
    free(line_norms);
    if (squarings < 0 || !(whole < 0x1p100) || !(whole > 0x1p-100)) return whole;
    double *g = make_gram(x, lines, terms, line_step, term_step);
    double error[8] = {1.01 * (double)(terms + 2) * 0x1p-53 * whole * whole + PX_PAIR_TINY};
    PX_ASSERT(squarings < 4); /* the 16th power of the norm is a double */
    for (int p = 1; p <= squarings; p++) {
        double size = px_pair_norm_of(g, lines * lines, 1);
        double *next = make_gram(g, lines, lines, 1, lines); /* symmetric: packed as it lies */
        error[p] = 1.01 * (double)(lines + 2) * 0x1p-53 * size * size + PX_PAIR_TINY;
        free(g);
        g = next;
    }
    double root = px_pair_norm_of(g, lines * lines, 1);
    free(g);
    for (int p = squarings; p >= 0; p--) root = sqrt(root + error[p]) * PX_PAIR_SAFE;
    return fmin(root, whole);
}

/* Of inputs once; of others where the Gram matrix costs no more than the product; else Frobenius. */
double px_pair_right_norm(const px_pair_view *b, int64_t rows_of_left, const double *column_norms) {
    double frobenius = px_pair_norm_of(column_norms, b->cols, 1);
    int64_t side = b->rows < b->cols ? b->rows : b->cols;
    px_pair_tensor *t = b->t;
    if (b->rs == 0 || b->cs == 0 || b->layout == PX_PAIR_SCATTERED) return frobenius;
    if (t->input) {
        if (t->norm < 0) t->norm = px_pairs_norm(t->hi, t->rows, t->cols, t->cols, 1, PX_PAIRS_SQUARINGS);
        return fmin(frobenius, t->norm * PX_PAIR_SAFE);
    }
    if (side > rows_of_left || side < 2) return frobenius;
    double norm = px_pairs_norm(t->hi + b->off, b->rows, b->cols, b->rs, b->cs, PX_PAIRS_SQUARINGS);
    return fmin(frobenius, norm * PX_PAIR_SAFE); /* SAFE: the lo part, 2^-53 of hi in every entry */
}
