#include "metric/tensor.h"

#include <math.h>
#include <stdlib.h>

#include "metric/error.h"
#include "metric/normwise.h"
#include "metric/statistic.h"

/* ---- the cosine ---- */

/* A sum of products in twice the precision of double, and the sum of their magnitudes. */
typedef struct pair_sum {
    double hi, lo, magnitude;
} pair_sum;

/* s += a b, exact product, compensated sum (Dot2 of Ogita, Rump & Oishi 2005). */
static void add_product(pair_sum *s, double a, double b) {
    double p = a * b, e = fma(a, b, -p), sum = s->hi + p, z = sum - s->hi;
    s->lo += e + ((s->hi - (sum - z)) + (p - z));
    s->hi = sum;
    s->magnitude += fabs(p);
}

/* Of n products, each off by at most `radius` in all: |result - hi - lo| <= gamma_n^2 magnitude + 1 rounding (ORO 2005,
 * prop. 5.5), twice that for the roundings of this line, and what underflow can have taken. */
static px_enclosure enclose(const pair_sum *s, int64_t n, double radius) {
    double nu = (double)(n + 2) * 0x1p-53, lost = 2 * nu * nu * s->magnitude + radius * (1 + 0x1p-20) + 0x1p-900;
    return px_enclose_magnitude(s->hi, s->lo, lost);
}

/* Both vectors are scaled by powers of two, so that no square overflows. */
typedef struct angle {
    int exponent_computed, exponent_exact;
    pair_sum dot, computed, exact;
    double dot_radius, exact_radius;
    int64_t n;
    const px_wide *v;
} angle;

static double part(const px_mat *m, const px_entry *e) { return m->data ? px_mat_get(m, e->i, e->j) : 0; }

static void include_angle(void *to, const px_comparison *c, const px_entry *e) {
    angle *a = to;
    (void)c;
    double x = ldexp(e->computed, -a->exponent_computed), hi = ldexp(part(&a->v->hi, e), -a->exponent_exact);
    double lo = ldexp(part(&a->v->lo, e), -a->exponent_exact), r = ldexp(part(&a->v->radius, e), -a->exponent_exact);
    add_product(&a->computed, x, x);
    add_product(&a->dot, x, hi);
    add_product(&a->dot, x, lo);
    add_product(&a->exact, hi, hi);
    add_product(&a->exact, 2 * hi, lo);
    a->dot_radius += fabs(x) * r;
    a->exact_radius += (2 * fabs(hi) + 2 * fabs(lo) + r) * r + lo * lo;
    a->n += 2;
}

static int exponent_of(double x) {
    int e;
    frexp(x, &e);
    return e;
}

/* False where the enclosures do not decide the digits. */
static bool cosine(const px_comparison *c, double largest_computed, double largest_exact, double *figure) {
    angle a = {.exponent_computed = exponent_of(largest_computed),
               .exponent_exact = exponent_of(largest_exact),
               .v = &c->truth->v};
    px_entries_visit(c, include_angle, &a);
    double grown = 1 + (double)a.n * 0x1p-52; /* the sums of radii were rounded, too */
    px_enclosure computed = enclose(&a.computed, a.n, 0), dot = enclose(&a.dot, a.n, a.dot_radius * grown);
    px_enclosure exact = enclose(&a.exact, a.n, a.exact_radius * grown);
    px_enclosure x = px_enclose_quotient(px_enclose_quotient(dot, px_enclose_sqrt(computed)), px_enclose_sqrt(exact));
    double sign = a.dot.hi < 0 ? -1 : 1;
    *figure = sign * px_round_digits(fmin(x.hi, 1));
    return dot.lo > 0 && px_round_digits(fmin(x.lo, 1)) == fabs(*figure);
}

/* ---- one look at every entry ---- */

typedef struct survey {
    px_norms norms;
    double *lo, *hi; /* |E| / |exact| of the entries that have one */
    int64_t n;
    double largest_computed;
    bool finite;
    px_tensor_errors *out;
} survey;

static void look(void *to, const px_comparison *c, const px_entry *e) {
    survey *s = to;
    px_enclosure x;
    s->out->n_ref_zero += e->zero;
    s->finite &= isfinite(e->computed) && !e->special;
    if (isfinite(e->computed)) s->largest_computed = fmax(s->largest_computed, fabs(e->computed));
    px_enclosure_include(&s->norms.error, e->error);
    if (!e->special && !e->zero) {
        double exact = px_mat_get(&c->truth->v.hi, e->i, e->j);
        px_enclosure_include(&s->norms.exact, e->exact);
        s->out->n_sign_flips += e->computed != 0 && (e->computed < 0) != (exact < 0) && !isnan(e->computed);
    }
    if (!px_entry_ratio(c, e, PX_RATIO_REL, &x)) return;
    s->lo[s->n] = x.lo;
    s->hi[s->n++] = x.hi;
}

static void quantile(const px_comparison *c, survey *s, int64_t k, double *figure) {
    if (s->n == 0) return;
    px_enclosure range = {px_select_smallest(s->lo, s->n, k), px_select_smallest(s->hi, s->n, k)};
    if (px_ratio_statistic(c, PX_RATIO_REL, range, k, figure, NULL) == PX_OK) return;
    *figure = PX_UNDEFINED;
    s->out->n_undecided++;
}

static void norms(const px_comparison *c, survey *s) {
    px_tensor_errors *out = s->out;
    if (px_normwise(c, &s->norms, &out->err_rel_max, &out->err_rel_2, NULL) == PX_OK) return;
    out->err_rel_max = out->err_rel_2 = PX_UNDEFINED;
    out->n_undecided += 2;
}

px_tensor_errors px_tensor_measure(const px_mat *computed, const px_truth *truth) {
    px_comparison c = {.computed = computed, .truth = truth};
    int64_t n = computed->rows * computed->cols;
    px_tensor_errors out = {
#define PX_METRIC_NONE(field, column, text) .field = PX_UNDEFINED,
        PX_TENSOR_METRICS(PX_METRIC_NONE)
#undef PX_METRIC_NONE
    };
    survey s = {.lo = px_new_doubles(n), .hi = px_new_doubles(n), .finite = true, .out = &out};
    px_entries_visit(&c, look, &s);
    norms(&c, &s);
    quantile(&c, &s, (s.n - 1) / 2, &out.err_p50);
    quantile(&c, &s, (99 * s.n + 99) / 100 - 1, &out.err_p99);
    if (s.finite && s.largest_computed > 0 && s.norms.exact.hi > 0 &&
        !cosine(&c, s.largest_computed, s.norms.exact.hi, &out.cosine)) {
        out.cosine = PX_UNDEFINED;
        out.n_undecided++;
    }
    free(s.lo);
    free(s.hi);
    return out;
}
