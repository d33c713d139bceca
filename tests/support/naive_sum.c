#include "support/naive_sum.h"

#include <math.h>
#include <stdbool.h>

#include "arith/round.h"
#include "support/cases.h"

/* The naive definition: exact products are doubles here (operands of at most 24 bits), so every step is one MPFR
 * rounding of a sum of two doubles. */
typedef struct naive {
    const px_recipe *r;
    const px_terms *t;
    double x[PX_NAIVE_TERMS]; /* the terms */
    int64_t index[PX_NAIVE_TERMS];
} naive;

static double oracle(const naive *d, px_oracle_op op, px_fp f, double a, double b, uint64_t step) {
    unsigned flags;
    return px_oracle(op, f, px_recipe_rounding(d->r), (double[]){a, b, 0}, px_bits(d->t->stream, d->t->element, step),
                     &flags);
}

static double plus(const naive *d, double a, double b, uint64_t step) {
    return oracle(d, OP_ADD, d->r->acc, a, b, step);
}

static void make_terms(naive *d) {
    for (int64_t k = 0; k < d->t->n; k++) {
        double a = d->t->a[k * d->t->stride_a], b = d->t->b ? d->t->b[k * d->t->stride_b] : 1;
        bool rounded = d->t->b && !d->r->fused && d->r->mul.p;
        d->x[k] = d->t->sign * (rounded ? oracle(d, OP_MUL, d->r->mul, a, b, 2 * (uint64_t)k) : a * b);
        d->index[k] = k;
    }
}

static bool before(double x, double y, int direction) {
    if (isnan(x) || isnan(y)) return !isnan(x) && isnan(y);
    return direction > 0 ? fabs(x) < fabs(y) : fabs(x) > fabs(y);
}

static void insertion_sort(naive *d, int direction) {
    for (int64_t i = 1; i < d->t->n; i++)
        for (int64_t j = i; j > 0 && before(d->x[j], d->x[j - 1], direction); j--) {
            double x = d->x[j];
            int64_t k = d->index[j];
            d->x[j] = d->x[j - 1], d->index[j] = d->index[j - 1];
            d->x[j - 1] = x, d->index[j - 1] = k;
        }
}

static double one_by_one(const naive *d, double s, int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) s = plus(d, s, d->x[i], 2 * (uint64_t)d->index[i] + 1);
    return s;
}

static double levels(naive *d) {
    int64_t n = d->t->n;
    if (n == 1) return plus(d, 0, d->x[0], 1);
    while (n > 1) {
        int64_t m = 0;
        for (int64_t i = 0; i + 1 < n; i += 2, m++) {
            d->x[m] = plus(d, d->x[i], d->x[i + 1], 2 * (uint64_t)d->index[i + 1] + 1);
            d->index[m] = d->index[i];
        }
        if (n % 2) d->x[m] = d->x[n - 1], d->index[m] = d->index[n - 1], m++;
        n = m;
    }
    return d->x[0];
}

static double blocks(const naive *d, int64_t length, bool split) {
    int64_t n = d->t->n;
    double sum = 0;
    for (int64_t j = 0; j * length < n; j++) {
        double part = one_by_one(d, 0, j * length, (j + 1) * length < n ? (j + 1) * length : n);
        uint64_t step = 2 * (uint64_t)n + 2 * (uint64_t)j;
        if (split && d->r->split.p) part = oracle(d, OP_ROUND, d->r->split, part, 0, step);
        sum = j ? plus(d, sum, part, step + 1) : part;
    }
    return sum;
}

static double compensated(const naive *d, bool neumaier) {
    double s = d->t->c, c = 0;
    for (int64_t k = 0; k < d->t->n; k++) {
        double x = d->x[k], y, t, e;
        uint64_t step = 2 * (uint64_t)d->t->n + 3 * (uint64_t)k, main_step = 2 * (uint64_t)k + 1;
        if (neumaier) {
            t = plus(d, s, x, main_step);
            e = fabs(s) >= fabs(x) ? plus(d, plus(d, s, -t, step), x, step + 1)
                                   : plus(d, plus(d, x, -t, step), s, step + 1);
            c = plus(d, c, e, step + 2);
        } else {
            y = plus(d, x, -c, step);
            t = plus(d, s, y, main_step);
            c = plus(d, plus(d, t, -s, step + 1), -y, step + 2);
        }
        s = t;
    }
    return neumaier ? plus(d, s, c, UINT64_MAX - 2) : s;
}

double px_naive_sum(const px_recipe *r, const px_terms *t) {
    naive d = {.r = r, .t = t};
    make_terms(&d);
    int64_t n = t->n;
    double s = t->c;
    bool start_last = false;
    if (n > 0) switch ((px_order)r->order) {
        case PX_SEQUENTIAL: s = one_by_one(&d, s, 0, n); break;
        case PX_REVERSE:
            for (int64_t k = n; k-- > 0;) s = plus(&d, s, d.x[k], 2 * (uint64_t)k + 1);
            break;
        case PX_SORTED_UP:
        case PX_SORTED_DOWN:
            insertion_sort(&d, r->order == PX_SORTED_UP ? 1 : -1);
            s = one_by_one(&d, s, 0, n);
            break;
        case PX_PAIRWISE: s = levels(&d), start_last = true; break;
        case PX_BLOCKED: s = blocks(&d, r->block, false), start_last = true; break;
        case PX_SPLITK: s = blocks(&d, (n + r->splits - 1) / r->splits, true), start_last = true; break;
        case PX_KAHAN: s = compensated(&d, false); break;
        case PX_NEUMAIER: s = compensated(&d, true); break;
        case PX_ORDER_COUNT: break;
        }
    if (start_last && px_word_of(t->c) != 0) s = plus(&d, t->c, s, UINT64_MAX - 1);
    return r->out.p ? oracle(&d, OP_ROUND, r->out, s, 0, UINT64_MAX) : s;
}
