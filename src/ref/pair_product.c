/* Products of pairs: C = [C0 +-] A B, n terms, kb = PX_TILE_BLOCK, u = 2^-53.
 *
 * Rounding, beside alpha_i > ||A_i|| and beta_j > ||B_j||, K with 2^K = 2 alpha beta (lanes/body_tile.h): S + a b
 * leaves an exact residue; the residue and the cross terms al b, a bl take 3 roundings, sum |e| <= (n + 1) 2^(K-53): 3
 * (n + 1) 2^(K-106); c += e: n (kb + 3)/2 2^(K-106); the total of nb blocks: nb (nb + 1)/2 (kb + 1) 2^(K-106); al bl
 * left out: 2^-106 alpha beta. Together gamma_n alpha beta with
 *     gamma_n = 1.01 2^-105 (4 (n + 2) + n (kb + 2)/2 + nb (nb + 1)(kb + 2)/2).
 * Lo parts in binary32 (narrowed; w = 2^-24): a' = a / alpha, al' = 2^53 al / alpha, |al'| <= |a'|, and so for b, so
 * that sum |al' b'| + |a' bl'| <= 2 by Cauchy and Schwarz. The factors' roundings are 2 w of that, and a term passes at
 * most the 2 kb additions of its block, which round by w each: (2 kb + 3) w; then the total's nb and two in double.
 * What underflow takes is below 2^-148 a term and factor. All of it times 2^-53 alpha beta: about 2^-70, where
 * errors of the operands are clearly larger, and a quarter of the time less.
 * Propagation, row by row: ||dC_i|| <= ||dA_i|| ||B|| + ||(A dB)_i|| + ||dA_i|| ||dB||_F. Entry by entry where A is a
 * transpose (weights' gradients): |dC_jk| <= sum_i (a_i |B_ik| + |A_ij| b_i + a_i b_i), a_i, b_i bounds of the rows i.
 * */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/room.h"
#include "ref/pair_exec.h"
#include "ref/pairs.h"

/* Norms whose power of two is anchored must stay here, so that nothing over- or underflows. */
static const double LARGEST_NORM = 0x1p450, SMALLEST_NORM = 0x1p-450;

static double gamma_of(int64_t terms) {
    double n = (double)terms, kb = fmin(n, PX_TILE_BLOCK), nb = ceil(n / PX_TILE_BLOCK);
    return 1.01 * 0x1p-105 * (4 * (n + 2) + n * (kb + 2) / 2 + nb * (nb + 1) * (kb + 2) / 2);
}

/* What the lo parts in binary32 add to it. */
static double narrow_gamma_of(int64_t terms) {
    double n = (double)terms, kb = fmin(n, PX_TILE_BLOCK), nb = ceil(n / PX_TILE_BLOCK);
    return 0x1p-53 * 2 * (1.01 * (2 * kb + 3) * 0x1p-24 + (nb + 2) * 0x1p-53 + n * 0x1p-140);
}

static double *numbers(int64_t n) { return px_room(n, sizeof(double)); }

/* A power of two above norm (1 + 2^-20); 0 for 0. */
static double power_above(double norm) {
    int e;
    if (norm == 0 || !isfinite(norm)) return norm;
    frexp(norm * (1 + 0x1p-20), &e);
    return ldexp(1, e);
}

enum { MAX_WIDTH = 32 };

typedef struct product {
    const px_pair_kernels *kernels;
    px_pair_view a, b, c, start;
    double sign;
    bool low_a, low_b;          /* some number of it has a lo part */
    bool narrowed;              /* the lo parts are multiplied in binary32 */
    double *ah, *al;            /* strips of A; al NULL: no lo parts */
    double *error_a, *error_b;  /* by term: of A's column, A a transpose; of B's row; else 0 */
    double *alpha, *through;    /* by row: anchor; sum_k |A_ik| ||dB_k|| */
    double *beta, *norm;        /* by column: anchor; norm */
    double *weighted;           /* by column: sum_i ||dA_i|| |B_ij|, A a transpose */
    int64_t strips_a, shares_a; /* of A's rows; packed by that many calls */
    int64_t strips, group; /* of B's columns; of strips that a thread packs at once: as many as stay in its cache */
    px_pair_row rows;      /* the product, rows of `step`, where it is not yet the result; else NULL */
    int64_t step;
    double *added;       /* by row: norm of the roundings of the sum with C0 */
    bool past_cache;     /* large results, not read soon */
    const double *known; /* norms of columns from an earlier product, or NULL */
} product;

/* Weights' gradients, and others by a transpose, have bounds of their entries. */
static bool is_turned(const product *p) {
    return p->a.layout == PX_PAIR_COLUMNS && p->b.layout == PX_PAIR_ROWS;
}

/* sum[q] = sum_k error[k] |strip[k, q]| */
static void weigh(const double *strip, int64_t terms, int width, const double *error, double sum[MAX_WIDTH]) {
    for (int q = 0; q < width; q++) sum[q] = 0;
    for (int64_t k = 0; k < terms; k++)
        for (int q = 0; q < width; q++) sum[q] += error[k] * fabs(strip[k * width + q]);
}

static void pack_rows(product *p, int64_t strip) {
    int width = p->kernels->rows;
    int64_t i0 = strip * width, k = p->a.cols, lines = p->a.rows - i0 < width ? p->a.rows - i0 : width;
    int64_t from = p->a.off + i0 * p->a.rs;
    double norm[MAX_WIDTH], sum[MAX_WIDTH] = {0}, *ah = p->ah + i0 * k;
    p->kernels->pack(width, ah, p->a.t->hi + from, lines, k, p->a.rs, p->a.cs);
    if (p->al) p->kernels->pack(width, p->al + i0 * k, p->a.t->lo + from, lines, k, p->a.rs, p->a.cs);
    p->kernels->strip_norms(width, ah, k, norm);
    if (p->b.t->has_error && p->b.layout == PX_PAIR_ROWS) weigh(ah, k, width, p->error_b, sum);
    for (int q = 0; q < width; q++) {
        p->alpha[i0 + q] = power_above(norm[q]);
        p->through[i0 + q] = sum[q];
    }
    if (p->narrowed) p->kernels->narrow_strip(width, p->al + i0 * k, ah, k, p->alpha + i0);
}

static void pack_share(void *context, int64_t share) {
    product *p = context;
    int64_t first = share * p->strips_a / p->shares_a, end = (share + 1) * p->strips_a / p->shares_a;
    for (int64_t strip = first; strip < end; strip++) pack_rows(p, strip);
}

/* The part of a tile that the result has. */
static void put_tile(const product *p, int64_t i0, int64_t j0, const double *oh, const double *ol) {
    int cols = p->kernels->cols;
    int64_t height = p->c.rows - i0 < p->kernels->rows ? p->c.rows - i0 : p->kernels->rows;
    int64_t width = p->c.cols - j0 < cols ? p->c.cols - j0 : cols;
    px_pair_view at = p->c;
    at.off += j0 * at.cs;
    for (int64_t i = 0; i < height; i++) px_pair_store(&at, i0 + i, oh + i * cols, ol + i * cols, width);
}

/* Row i of the result from its product: sign times it + C0, four times U2 of the result as any sum of two pairs. */
static void finish_row(void *context, int64_t i) {
    product *p = context;
    int64_t n = p->c.cols, padded = px_pair_padded(n);
    px_pair_row y = {p->rows.h + i * p->step, p->rows.l + i * p->step};
    for (int64_t j = n; j < padded; j++) y.h[j] = y.l[j] = 0;
    for (int64_t j = 0; p->sign < 0 && j < n; j++) y.h[j] = -y.h[j], y.l[j] = -y.l[j];
    if (p->start.t) {
        px_pair_row start = px_pair_row_new(n);
        px_pair_fetch(&p->start, i, start);
        p->added[i] = p->kernels->add(padded, y, y, start).rounding[0];
        free(start.h);
    }
    px_pair_store(&p->c, i, y.h, y.l, n);
}

enum { CACHED = 1 << 15, LARGE = 1 << 18 }; /* numbers */

/* Where the norms of the right factor's columns are kept: of a whole input. */
static double **kept_norms(const px_pair_view *b) {
    const px_pair_tensor *t = b->t;
    bool upright = b->layout == PX_PAIR_ROWS && b->rows == t->rows && b->cols == t->cols && b->rs == t->cols;
    bool turned = b->layout == PX_PAIR_COLUMNS && b->rows == t->cols && b->cols == t->rows && b->cs == t->cols;
    return t->input && (upright || turned) ? &b->t->line_norms[b->layout] : NULL;
}

/* A strip of columns of B, what is known of them, and what the errors of A, a transpose, make of them. */
static void pack_columns(product *p, int64_t strip, double *bh, double *bl) {
    int cols = p->kernels->cols;
    int64_t j0 = strip * cols, k = p->a.cols, lines = p->b.cols - j0 < cols ? p->b.cols - j0 : cols;
    int64_t from = p->b.off + j0 * p->b.cs;
    p->kernels->pack(cols, bh, p->b.t->hi + from, lines, k, p->b.cs, p->b.rs);
    if (bl) p->kernels->pack(cols, bl, p->b.t->lo + from, lines, k, p->b.cs, p->b.rs);
    double *norm = p->norm + j0;
    if (p->known)
        memcpy(norm, p->known + j0, (size_t)lines * sizeof *norm);
    else
        p->kernels->strip_norms(cols, bh, k, norm);
    for (int q = 0; q < cols; q++) p->beta[j0 + q] = power_above(norm[q]);
    if (p->narrowed) p->kernels->narrow_strip(cols, bl, bh, k, p->beta + j0);
    if (p->a.layout == PX_PAIR_COLUMNS && p->a.t->has_error) weigh(bh, k, cols, p->error_a, p->weighted + j0);
}

static void multiply_strips(void *context, int64_t group) {
    product *p = context;
    int rows = p->kernels->rows, cols = p->kernels->cols;
    int64_t k = p->a.cols, size = k * cols, first = group * p->group, count = p->strips - first;
    if (count > p->group) count = p->group;
    double *bh = numbers(count * size), *bl = p->low_b ? numbers(count * size) : NULL;
    double oh[8 * MAX_WIDTH], ol[8 * MAX_WIDTH];
    for (int64_t s = 0; s < count; s++) pack_columns(p, first + s, bh + s * size, bl ? bl + s * size : NULL);
    for (int64_t i0 = 0; i0 < p->a.rows; i0 += rows)
        for (int64_t s = 0; s < count; s++) {
            int64_t j0 = (first + s) * cols, at = p->c.off + i0 * p->c.rs + j0, row_at = i0 * p->step + j0;
            bool whole = p->c.cs == 1 && i0 + rows <= p->c.rows && j0 + cols <= p->c.cols;
            px_tile_out out = {oh, ol, cols, false};
            if (p->rows.h)
                out = (px_tile_out){p->rows.h + row_at, p->rows.l + row_at, p->step, false};
            else if (whole)
                out = (px_tile_out){p->c.t->hi + at, p->c.t->lo + at, p->c.rs, p->past_cache};
            (p->narrowed ? p->kernels->narrow_tile : p->kernels->tile)(
                k, p->ah + i0 * k, p->al ? p->al + i0 * k : NULL, bh + s * size, bl ? bl + s * size : NULL,
                p->alpha + i0, p->beta + j0, out);
            if (out.h == oh) put_tile(p, i0, j0, oh, ol);
        }
    if (p->past_cache) atomic_thread_fence(memory_order_seq_cst); /* streamed stores come in any order */
    free(bl);
    free(bh);
}

static void bound(product *p) {
    int64_t m = p->c.rows, n = p->c.cols, k = p->a.cols;
    double gamma = gamma_of(k) + (p->narrowed ? narrow_gamma_of(k) : 0), anchors = px_pair_norm_of(p->beta, n, 1);
    double top = 0, both = 0, largest = 0, smallest = LARGEST_NORM;
    double norm_b = p->a.t->has_error ? px_pair_right_norm(&p->b, m, p->norm) : 0, all_b = px_pair_all_error(&p->b);
    double all_a = px_pair_all_error(&p->a);
    double *row = numbers(m), *entry = numbers(m);
    for (int64_t j = 0; j < n; j++) {
        top = fmax(top, p->beta[j]);
        if (p->beta[j] > 0) smallest = fmin(smallest, p->beta[j]);
    }
    largest = top;
    bool turned = is_turned(p);
    for (int64_t t = 0; turned && t < k; t++) both += p->error_a[t] * p->error_b[t];
    for (int64_t i = 0; i < m; i++) {
        double a = p->a.layout == PX_PAIR_ROWS ? px_pair_row_error(&p->a, i) : all_a, through = p->alpha[i] * all_b;
        if (p->b.layout == PX_PAIR_ROWS) through = fmin(through, p->through[i]);
        double local = gamma * p->alpha[i] * anchors;
        row[i] = a * norm_b + through + a * all_b + local;
        entry[i] = p->through[i] + both + gamma * p->alpha[i] * top;
        if (p->start.t) {
            double sum = p->added[i] + px_pair_row_error(&p->start, i);
            row[i] += sum;
            entry[i] += sum;
        }
        row[i] *= PX_PAIR_SAFE;
        entry[i] *= PX_PAIR_SAFE;
        bool in_range = p->alpha[i] == 0 || (p->alpha[i] < LARGEST_NORM && p->alpha[i] > SMALLEST_NORM);
        if (!in_range || !(largest < LARGEST_NORM) || !(smallest > SMALLEST_NORM)) row[i] = entry[i] = (double)INFINITY;
    }
    for (int64_t j = 0; j < n; j++) p->weighted[j] *= PX_PAIR_SAFE;
    px_pair_commit(&p->c, row, turned ? entry : NULL, turned ? p->weighted : NULL);
    free(row);
    free(entry);
}

bool px_pair_is_inner(const px_call *call) {
    return call->out[0].rows == 1 && call->out[0].cols == 1 && call->in[2].slot < 0 && call->attr[0] > 0;
}

void px_pair_inner(const px_pair_state *s, const px_call *call) {
    const px_pair_kernels *kernels = px_pair_kernels_chosen();
    px_arg column = call->in[1], turned = column;
    turned.rows = column.cols, turned.cols = column.rows, turned.rs = column.cs, turned.cs = column.rs;
    px_pair_view a = px_pair_view_of(s, &call->in[0]), b = px_pair_view_of(s, &turned),
                 out = px_pair_view_of(s, &call->out[0]);
    int64_t n = a.cols, padded = px_pair_padded(n);
    px_pair_row x = px_pair_operand(&a, 0), y = px_pair_operand(&b, 0), terms = px_pair_row_new(n);
    double sum[2], ea = px_pair_all_error(&a), eb = px_pair_all_error(&b);
    px_row_report products = kernels->mul(padded, terms, x, y), additions = kernels->sum(padded, sum, terms);
    double error = sqrt((double)n) * products.rounding[0] + additions.rounding[0];
    error += ea * (px_pair_norm_of(y.h, n, 1) + eb) + eb * px_pair_norm_of(x.h, n, 1);
    error = error * PX_PAIR_SAFE + PX_PAIR_TINY;
    px_pair_store(&out, 0, &sum[0], &sum[1], 1);
    px_pair_commit(&out, &error, NULL, NULL);
    px_pair_operand_done(&a, x);
    px_pair_operand_done(&b, y);
    free(terms.h);
}

/* Results of calls may be doubles all the same: a scaled input. */
static bool has_low(const px_pair_view *v) {
    for (int64_t i = 0; v->t->has_lo && i < v->rows; i++)
        for (int64_t j = 0; j < v->cols; j++)
            if (v->t->lo[v->off + i * v->rs + j * v->cs] != 0) return true;
    return false;
}

/* The error of a view over its size, as Frobenius norms. */
static double relative_error(const px_pair_view *v) {
    bool upright = v->cs == 1;
    int64_t lines = upright ? v->rows : v->cols, terms = upright ? v->cols : v->rows;
    double *line = numbers(lines), error = px_pair_all_error(v);
    for (int64_t i = 0; i < lines; i++)
        line[i] = px_pair_norm_of(v->t->hi + v->off + i * (upright ? v->rs : v->cs), terms, upright ? 1 : v->rs);
    double size = px_pair_norm_of(line, lines, 1);
    free(line);
    return size > 0 ? error / size : 0;
}

/* Would the lo parts in binary32 add little to the bounds? The operands' errors, relatively e, make of them, for a
 * transpose, entry by entry, e ||A||_F beta_k, beside gamma alpha_j beta_k; else, row by row, e alpha_i ||B||_2, beside
 * gamma alpha_i ||beta||. */
static bool may_narrow(const product *p) {
    enum { CLEARLY = 32 };
    double side = (double)(p->b.rows < p->b.cols ? p->b.rows : p->b.cols);
    double lines = (double)(p->c.rows < p->c.cols ? p->c.rows : p->c.cols);
    double share = is_turned(p) ? sqrt(lines) : 1 / sqrt(side), least = CLEARLY * narrow_gamma_of(p->a.cols) / share;
    return p->low_a && p->low_b && (relative_error(&p->a) >= least || relative_error(&p->b) >= least);
}

static int64_t at_least_1(int64_t n) { return n < 1 ? 1 : n; }

static void plan(product *p) {
    int rows = p->kernels->rows, cols = p->kernels->cols;
    int64_t k = p->a.cols, jobs = px_parallel_jobs();
    p->strips_a = (p->a.rows + rows - 1) / rows;
    p->shares_a = at_least_1(p->strips_a * rows * k / CACHED * 4);
    if (p->shares_a > p->strips_a) p->shares_a = p->strips_a;
    p->strips = (p->b.cols + cols - 1) / cols;
    p->group = CACHED / (at_least_1(k) * cols * (p->low_b ? 2 : 1));
    if (p->group > p->strips / (4 * jobs)) p->group = p->strips / (4 * jobs);
    p->group = at_least_1(p->group);
    p->step = px_pair_padded(p->strips * cols);
    p->past_cache = p->c.rows * p->c.cols >= LARGE && p->c.off % 8 == 0 && p->c.rs % 8 == 0;
}

void px_pair_gemm(const px_pair_state *s, const px_call *call) {
    px_pair_gemm_to(s, call, px_pair_view_of(s, &call->out[0]).t);
}

void px_pair_gemm_to(const px_pair_state *s, const px_call *call, px_pair_tensor *result) {
    product p = {.kernels = px_pair_kernels_chosen(),
                 .a = px_pair_view_of(s, &call->in[0]),
                 .b = px_pair_view_of(s, &call->in[1]),
                 .c = px_pair_view_of(s, &call->out[0]),
                 .start = px_pair_view_of(s, &call->in[2]),
                 .sign = call->attr[0] < 0 ? -1 : 1};
    p.c.t = result;
    p.low_a = has_low(&p.a);
    p.low_b = has_low(&p.b);
    p.narrowed = may_narrow(&p);
    plan(&p);
    int64_t k = p.a.cols, m = p.strips_a * p.kernels->rows, n = p.strips * p.kernels->cols;
    int64_t strips = px_pair_padded(m * k), rows = p.start.t || p.sign < 0 ? m * p.step : 0;
    p.ah = px_pair_work_of(s, 2 * strips + 2 * rows);
    p.al = p.low_a ? p.ah + strips : NULL;
    if (rows) p.rows = (px_pair_row){p.ah + 2 * strips, p.ah + 2 * strips + rows};
    double *by_term = numbers(2 * k), *by_row = numbers(3 * m), *by_column = numbers(3 * n);
    memset(by_column, 0, (size_t)(3 * n) * sizeof *by_column);
    p.error_a = by_term, p.error_b = by_term + k;
    p.alpha = by_row, p.through = by_row + m, p.added = by_row + 2 * m;
    p.beta = by_column, p.norm = by_column + n, p.weighted = by_column + 2 * n;
    for (int64_t t = 0; t < k; t++) {
        p.error_a[t] = p.a.layout == PX_PAIR_COLUMNS ? px_pair_column_error(&p.a, t) : 0;
        p.error_b[t] = p.b.layout == PX_PAIR_ROWS ? px_pair_row_error(&p.b, t) : 0;
    }
    double **kept = kept_norms(&p.b);
    if (kept) p.known = *kept;
    px_parallel_for_work((double)(m * k), p.shares_a, pack_share, &p);
    px_parallel_for_work((double)m * (double)n * (double)k, (p.strips + p.group - 1) / p.group, multiply_strips, &p);
    if (p.rows.h) px_parallel_for_work((double)(m * n), p.c.rows, finish_row, &p);
    if (kept && !*kept) *kept = memcpy(numbers(n), p.norm, (size_t)n * sizeof *p.norm);
    bound(&p);
    double *all[] = {by_term, by_row, by_column};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}
