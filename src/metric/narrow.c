#include "metric/narrow.h"

#include <math.h>

#include "arith/round.h"

/* No sum has a smaller exponent: its inverse stays far from overflow. */
enum { LEAST = -1000 };

px_narrowing px_narrowing_none(void) {
    return (px_narrowing){.least = INFINITY, .of_x = {.exponent = LEAST}, .of_error = {.exponent = LEAST}};
}

static double rounded(px_fp f, double x) { return px_round(f, px_rounding_of(PX_NEAREST_EVEN), x, 0); }

/* Counts and magnitudes; returns the largest |rounded - x|. */
static double count(px_narrowing *t, const px_mat *m, px_fp f) {
    double largest = 0, normal = px_fp_min_normal(f);
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) {
            double x = px_mat_get(m, i, j), y = rounded(f, x);
            t->n_zero += x == 0;
            t->n_inf += isinf(x) != 0;
            t->n_nan += isnan(x) != 0;
            if (x == 0 || !isfinite(x)) continue;
            t->least = fmin(t->least, fabs(x));
            t->most = fmax(t->most, fabs(x));
            t->n_flushed += y == 0;
            t->n_subnormal += y != 0 && fabs(y) < normal;
            t->n_overflowed += !isfinite(y);
            if (isfinite(y)) largest = fmax(largest, fabs(y - x)); /* exact: y is the number of f nearest to x */
        }
    t->n = m->rows * m->cols;
    return largest;
}

static px_squares squares_up_to(double most) {
    int e = most > 0 ? ilogb(most) : LEAST;
    return (px_squares){.exponent = e > LEAST ? e : LEAST};
}

/* Neumaier 1974. */
static void add(px_squares *s, double term) {
    double sum = s->sum + term;
    s->rest += s->sum >= term ? (s->sum - sum) + term : (term - sum) + s->sum;
    s->sum = sum;
}

px_narrowing px_narrowing_of(const px_mat *m, px_fp f) {
    px_narrowing t = px_narrowing_none();
    double largest = count(&t, m, f);
    t.of_x = squares_up_to(t.most);
    t.of_error = squares_up_to(largest);
    double down = ldexp(1, -t.of_x.exponent), down_error = ldexp(1, -t.of_error.exponent);
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) {
            double x = px_mat_get(m, i, j), y = rounded(f, x), z = x * down, e = (y - x) * down_error;
            if (!isfinite(x)) continue;
            add(&t.of_x, z * z);
            if (isfinite(y)) add(&t.of_error, e * e);
        }
    return t;
}

static void merge(px_squares *s, px_squares other) {
    int e = s->exponent > other.exponent ? s->exponent : other.exponent;
    px_squares both = {.exponent = e, .rest = ldexp(s->rest, 2 * (s->exponent - e))};
    both.sum = ldexp(s->sum, 2 * (s->exponent - e));
    add(&both, ldexp(other.sum, 2 * (other.exponent - e)));
    both.rest += ldexp(other.rest, 2 * (other.exponent - e));
    *s = both;
}

void px_narrowing_merge(px_narrowing *t, const px_narrowing *other) {
    t->n += other->n, t->n_zero += other->n_zero, t->n_inf += other->n_inf, t->n_nan += other->n_nan;
    t->n_flushed += other->n_flushed, t->n_subnormal += other->n_subnormal;
    t->n_overflowed += other->n_overflowed;
    t->least = fmin(t->least, other->least);
    t->most = fmax(t->most, other->most);
    merge(&t->of_x, other->of_x);
    merge(&t->of_error, other->of_error);
}

static double root(const px_squares *s) { return sqrt(s->sum + s->rest); }

double px_narrowing_norm(const px_narrowing *t) { return ldexp(root(&t->of_x), t->of_x.exponent); }

double px_narrowing_error(const px_narrowing *t) {
    if (!(t->of_error.sum > 0)) return 0;
    return ldexp(root(&t->of_error) / root(&t->of_x), t->of_error.exponent - t->of_x.exponent);
}
