#include "metric/rough.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/prefetch.h"
#include "metric/isa/isa.h"

enum { ARRAYS = 9 };

px_rough px_rough_new(int64_t cols) {
    size_t n = cols > 0 ? (size_t)cols : 1;
    double *x = n <= SIZE_MAX / sizeof *x / ARRAYS ? malloc(ARRAYS * n * sizeof *x) : NULL;
    if (!x) px_out_of_memory((unsigned long long)ARRAYS * n * sizeof *x);
    px_rough r = {.loops = px_rough_loops_chosen(), .cols = cols};
    double **const arrays[ARRAYS] = {&r.zeros,   &r.computed, &r.error_least, &r.error_most, &r.exact,
                                     &r.b_least, &r.b_most,   &r.ordinary,    &r.ratio};
    for (size_t a = 0; a < ARRAYS; a++) *arrays[a] = x + a * n;
    memset(r.zeros, 0, n * sizeof *x);
    return r;
}

void px_rough_free(px_rough *r) { free(r->zeros); }

/* Row i of a part; all parts of a truth are doubles. */
static const double *part(const px_rough *r, const px_mat *m, int64_t i) {
    return m->data ? (const double *)m->data + i * m->ld : r->zeros;
}

/* Asks for a row: rows begin where a processor's own look ahead, within a page, ends. */
static void ask_for(const px_mat *m, int64_t i) {
    if (m->data && i < m->rows) px_prefetch_l1((const double *)m->data + i * m->ld, (size_t)m->cols * sizeof(double));
}

void px_rough_row(px_rough *r, const px_comparison *c, int64_t i) {
    const px_wide *v = &c->truth->v, *b = &c->truth->absab;
    const px_mat *parts[] = {&v->hi, &v->lo, &v->radius, &b->hi};
    for (int p = 0; p < 4; p++) ask_for(parts[p], i + 1);
    PX_ASSERT(c->computed->cols == r->cols);
    px_mat_get_row(c->computed, i, 0, r->cols, r->computed);
    px_rough_parts p = {.hi = part(r, &v->hi, i), .lo = part(r, &v->lo, i), .radius = part(r, &v->radius, i)};
    p.b = b->hi.data ? part(r, &b->hi, i) : NULL;
    p.b_radius = part(r, &b->radius, i);
    p.relative = v->relative;
    p.b_relative = b->relative;
    r->loops->ends(r, &p);
}

static double in_ulps(px_rough *r, px_fp fp) {
    double low = ldexp(1, fp.emin < -500 ? -500 : fp.emin), high = ldexp(1, fp.emax > 500 ? 500 : fp.emax);
    return r->loops->ulps(r->cols, r->error_most, r->exact, low, high, ldexp(1, fp.p - 1), r->ratio);
}

double px_rough_ratio(px_rough *r, const px_comparison *c, px_ratio ratio) {
    const px_rough_loops *l = r->loops;
    switch (ratio) {
    case PX_RATIO_ABS:
        memcpy(r->ratio, r->error_most, (size_t)r->cols * sizeof *r->ratio);
        return l->largest(r->cols, r->ratio);
    case PX_RATIO_REL: return l->quotients(r->cols, r->error_most, r->exact, r->ratio);
    case PX_RATIO_ULP: return in_ulps(r, c->computed->fmt);
    case PX_RATIO_B: return l->quotients(r->cols, r->error_most, r->b_least, r->ratio);
    case PX_RATIO_BOUND: return l->affine(r->cols, r->error_most, r->b_least, c->beta, c->eta, r->ratio);
    case PX_RATIO_COUNT: break;
    }
    PX_ASSERT(!"a ratio of the list");
    return 0;
}
