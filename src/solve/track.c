#include "solve/track.h"

#include <math.h>
#include <string.h>

/* A tenth less in so many steps is progress. */
enum { PATIENCE = 8, DIVERGED = 1000 };

static double norm(int64_t n, const double *x) {
    double largest = 0;
    for (int64_t i = 0; i < n; i++) largest = fabs(x[i]) <= largest ? largest : fabs(x[i]); /* a nan stays */
    return largest;
}

px_track px_track_new(const px_linear *l, px_solution *solution) {
    px_track t = {.l = l, .solution = solution, .norm_b = norm(l->n, l->b), .best = INFINITY};
    for (int64_t i = 0; i < l->n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < l->n; j++) sum += fabs(l->a[i * l->n + j]);
        t.norm_a = fmax(t.norm_a, sum);
    }
    return t;
}

/* max |r_i| / (|A||x| + |b|)_i; 0/0 = 0. */
static double componentwise(const px_track *t, const double *x, const double *r) {
    const px_linear *l = t->l;
    double largest = 0;
    for (int64_t i = 0; i < l->n; i++) {
        double sum = fabs(l->b[i]);
        for (int64_t j = 0; j < l->n; j++) sum += fabs(l->a[i * l->n + j]) * fabs(x[j]);
        double quotient = r[i] == 0 ? 0 : fabs(r[i]) / sum;
        largest = quotient <= largest ? largest : quotient;
    }
    return largest;
}

/* The quantity of the rule, over its limit: at most 1 when the rule is met. NaN: not known yet. */
static double quantity(const px_track *t, const double *x, const double *r, const double *d) {
    int64_t n = t->l->n;
    double u = px_fp_u(t->l->how->work), scale;
    switch (t->l->how->stop) {
    case PX_STOP_normwise:
        scale = t->norm_a * norm(n, x) + t->norm_b;
        return scale > 0 ? norm(n, r) / scale / (sqrt((double)n) * u) : 0;
    case PX_STOP_componentwise: return componentwise(t, x, r) / (sqrt((double)n) * u);
    case PX_STOP_correction:
        if (!d) return NAN;
        return norm(n, x) > 0 ? norm(n, d) / norm(n, x) / (2 * u) : 0;
    case PX_STOP_COUNT: break;
    }
    return NAN;
}

static void keep(px_track *t, const double *x, const double *r, double q, int64_t inner) {
    px_solution *s = t->solution;
    int64_t n = t->l->n;
    if (s->n_steps == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 16;
        px_solve_step *more = PX_NEW_ARRAY(t->l->arena, px_solve_step, t->capacity);
        if (s->n_steps > 0) memcpy(more, s->steps, (size_t)s->n_steps * sizeof *more);
        s->steps = more;
    }
    double *copy = PX_NEW_ARRAY(t->l->arena, double, 2 * n);
    memcpy(copy, x, (size_t)n * sizeof *x);
    memcpy(copy + n, r, (size_t)n * sizeof *r);
    s->steps[s->n_steps++] = (px_solve_step){copy, copy + n, q, inner};
}

bool px_track_step(px_track *t, const double *x, const double *r, const double *d, int64_t inner) {
    px_solution *s = t->solution;
    const px_solve *how = t->l->how;
    int64_t step = s->n_steps;
    double q = quantity(t, x, r, d), first = step > 0 ? s->steps[0].quantity : q;
    if (isnan(first) && step > 1) first = s->steps[1].quantity;
    keep(t, x, r, q, inner);
    if (!isfinite(norm(t->l->n, x)) || !isfinite(norm(t->l->n, r))) {
        s->cause = PX_CAUSE_overflow;
        return true;
    }
    if (q <= 1) return true;
    if (q <= 0.9 * t->best) t->best = q, t->best_step = step;
    bool stuck = step - t->best_step >= PATIENCE && how->method != PX_METHOD_cg;
    if (q > DIVERGED * first || (stuck && q > first))
        s->cause = PX_CAUSE_divergence;
    else if (stuck)
        s->cause = PX_CAUSE_stagnation;
    else if (step >= how->max_steps)
        s->cause = q > first ? PX_CAUSE_divergence : PX_CAUSE_max_steps;
    return s->cause != PX_CAUSE_none;
}
