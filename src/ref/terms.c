#include "ref/terms.h"

#include <math.h>

static const px_num one = PX_NUM_ONE;

/* The exponents of the non-zero numbers, and whether there are others than finite ones. */
typedef struct range {
    int low, high;
    bool special;
} range;

static range range_of(int64_t n, const px_num *x) {
    range r = {.low = INT32_MAX, .high = 0};
    for (int64_t t = 0; t < n; t++) {
        if (x[t].kind != PX_NUM_FINITE) r.special = true;
        if (x[t].m == 0) continue;
        if (x[t].e < r.low) r.low = x[t].e;
        if (x[t].e > r.high) r.high = x[t].e;
    }
    if (r.high == 0) r.low = r.high = 1;
    return r;
}

/* Element (i, j) of m goes to x[i step_i + j step_j], times sign. */
static void take_apart(px_arena *arena, const px_mat *m, double sign, px_num *x, int64_t step_i, int64_t step_j) {
    double *row = PX_NEW_ARRAY(arena, double, m->cols);
    for (int64_t i = 0; i < m->rows; i++) {
        px_mat_get_row(m, i, 0, m->cols, row);
        for (int64_t j = 0; j < m->cols; j++) x[i * step_i + j * step_j] = px_num_of(sign * row[j]);
    }
}

static bool same_shape(const px_mat *a, const px_mat *b) { return a->rows == b->rows && a->cols == b->cols; }

/* Neighbours a, b: two terms an entry, times one. */
static void terms_of_add(px_arena *arena, const px_mat *in, px_ref_terms *t) {
    PX_ASSERT(same_shape(&in[0], &in[1]));
    int64_t cols = in[0].cols;
    px_num *a = PX_NEW_ARRAY(arena, px_num, 2 * in[0].rows * cols);
    take_apart(arena, &in[0], 1, a, 2 * cols, 2);
    take_apart(arena, &in[1], 1, a + 1, 2 * cols, 2);
    *t = (px_ref_terms){.rows = in[0].rows, .cols = cols, .n = 2, .a = a, .b = &one, .a_i = 2 * cols, .a_j = 2};
    t->n_a = 2 * in[0].rows * cols;
    t->n_b = 1;
}

static void terms_of_mul(px_arena *arena, const px_mat *in, px_ref_terms *t) {
    PX_ASSERT(same_shape(&in[0], &in[1]));
    int64_t rows = in[0].rows, cols = in[0].cols;
    px_num *a = PX_NEW_ARRAY(arena, px_num, rows * cols), *b = PX_NEW_ARRAY(arena, px_num, rows * cols);
    take_apart(arena, &in[0], 1, a, cols, 1);
    take_apart(arena, &in[1], 1, b, cols, 1);
    *t = (px_ref_terms){.rows = rows, .cols = cols, .n = 1, .a = a, .b = b};
    t->n_a = t->n_b = rows * cols;
    t->a_i = t->b_i = cols;
    t->a_j = t->b_j = 1;
    t->b_step = 1;
}

/* n terms an entry: the numbers themselves (n = 1: a copy; n = cols: row sums). */
static void terms_of_sum(px_arena *arena, const px_mat *in, int64_t n, px_ref_terms *t) {
    int64_t rows = in[0].rows, cols = in[0].cols;
    px_num *a = PX_NEW_ARRAY(arena, px_num, rows * cols);
    take_apart(arena, &in[0], 1, a, cols, 1);
    *t = (px_ref_terms){.rows = rows, .cols = n == 1 ? cols : 1, .n = n, .a = a, .b = &one, .a_i = cols, .a_j = 1};
    t->n_a = rows * cols;
    t->n_b = 1;
}

static void terms_of_gemm(px_arena *arena, const px_mat *in, int n_in, double sign, px_ref_terms *t) {
    int64_t m = in[0].rows, k = in[0].cols, n = in[1].cols;
    PX_ASSERT(in[1].rows == k && (sign == 1 || sign == -1));
    px_num *a = PX_NEW_ARRAY(arena, px_num, m * k), *b = PX_NEW_ARRAY(arena, px_num, k * n);
    take_apart(arena, &in[0], sign, a, k, 1);
    take_apart(arena, &in[1], 1, b, 1, k); /* transposed: a term's operands are then next to each other */
    *t = (px_ref_terms){.rows = m, .cols = n, .n = k, .a = a, .b = b, .a_i = k, .b_j = k, .b_step = 1};
    t->n_a = m * k;
    t->n_b = k * n;
    if (n_in < 3 || !in[2].data) return;
    PX_ASSERT(in[2].rows == m && in[2].cols == n);
    px_num *c = PX_NEW_ARRAY(arena, px_num, m * n);
    take_apart(arena, &in[2], 1, c, n, 1);
    t->c = c;
}

void px_ref_find_range(px_ref_terms *t) {
    range a = range_of(t->n_a, t->a), b = range_of(t->n_b, t->b);
    t->e_min = a.low + b.low;
    t->e_max = a.high + b.high;
    t->special = a.special || b.special;
    if (!t->c) return;
    range c = range_of(t->rows * t->cols, t->c);
    if (c.low + one.e < t->e_min) t->e_min = c.low + one.e;
    if (c.high + one.e > t->e_max) t->e_max = c.high + one.e;
    t->special = t->special || c.special;
}

px_status px_ref_terms_of(px_arena *arena, const px_call *call, const px_mat *in, int n_in, px_ref_terms *terms,
                          px_error *err) {
    PX_ASSERT(n_in >= 1 && (n_in >= 2 || call->op == PX_OP_ROUND || call->op == PX_OP_SUM));
    switch (call->op) {
    case PX_OP_ADD: terms_of_add(arena, in, terms); break;
    case PX_OP_MUL: terms_of_mul(arena, in, terms); break;
    case PX_OP_ROUND: terms_of_sum(arena, in, 1, terms); break;
    case PX_OP_SUM: terms_of_sum(arena, in, in[0].cols, terms); break;
    case PX_OP_GEMM: terms_of_gemm(arena, in, n_in, call->attr[0], terms); break;
    default: return px_fail(err, PX_INCOMPLETE, "no exact reference for operation %d", (int)call->op);
    }
    px_ref_find_range(terms);
    return PX_OK;
}

/* The number as far as its class goes: nan, +-inf, +-1, +-0. */
static double class_of(const px_num *x) {
    if (x->kind == PX_NUM_NAN) return NAN;
    double magnitude = x->kind == PX_NUM_INF ? INFINITY : x->m != 0;
    return x->negative ? -magnitude : magnitude;
}

void px_ref_add_special(double *sum, double *magnitudes, int64_t n, const px_num *a, const px_num *b, int b_step) {
    for (int64_t t = 0; t < n; t++) {
        double product = class_of(&a[t]) * class_of(&b[t * b_step]);
        if (isfinite(product)) continue;
        *sum += product;
        *magnitudes += fabs(product);
    }
    if (isnan(*sum)) *sum = NAN; /* of positive sign */
    if (isnan(*magnitudes)) *magnitudes = NAN;
}

unsigned px_ref_kinds(int64_t n, const px_num *a, const px_num *b, int b_step) {
    unsigned kinds = 0;
    for (int64_t t = 0; t < n; t++) {
        const px_num *x = &a[t], *y = &b[t * b_step];
        if (x->m && y->m) kinds |= PX_TERM_NONZERO;
        else kinds |= x->negative == y->negative ? PX_TERM_PLUS_ZERO : PX_TERM_MINUS_ZERO;
    }
    return kinds;
}

/* The exact sum of finite terms stands in sum and magnitudes; infinities, nans and the sign of zero are put right. */
static void correct_special(const px_ref_terms *t, int64_t i, int64_t j, mpfr_t sum, mpfr_t magnitudes) {
    const px_num *a = px_ref_a(t, i, j), *b = px_ref_b(t, i, j), *c = px_ref_c(t, i, j);
    if (t->special) {
        double s = 0, m = 0;
        px_ref_add_special(&s, &m, t->n, a, b, t->b_step);
        if (c) px_ref_add_special(&s, &m, 1, c, &one, 0);
        if (!isfinite(m)) {
            mpfr_set_d(sum, s, MPFR_RNDN);
            mpfr_set_d(magnitudes, m, MPFR_RNDN);
            return;
        }
    }
    if (!mpfr_zero_p(magnitudes)) return;
    unsigned kinds = px_ref_kinds(t->n, a, b, t->b_step) | (c ? px_ref_kinds(1, c, &one, 0) : 0);
    if (kinds == PX_TERM_MINUS_ZERO) mpfr_set_zero(sum, -1);
}

void px_ref_entry_of_terms(const px_ref_terms *t, int64_t i, int64_t j, mpfr_t sum, mpfr_t magnitudes) {
    const px_num *c = px_ref_c(t, i, j);
    px_accumulator s;
    px_accumulator_start(&s, t->e_min, t->e_max);
    px_accumulator_add(&s, t->n, px_ref_a(t, i, j), px_ref_b(t, i, j), t->b_step);
    if (c) px_accumulator_add(&s, 1, c, &one, 0);
    px_accumulator_get(&s, sum, magnitudes);
    correct_special(t, i, j, sum, magnitudes);
}
