#include "solve/krylov.h"

#include <math.h>
#include <string.h>

#include "arith/round.h"

static const px_rounding nearest = {PX_NEAREST_EVEN, 0};

double px_work_dot(px_fp f, int64_t n, const double *x, const double *y) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum = px_add(f, nearest, sum, px_mul(f, nearest, x[i], y[i], 0), 0);
    return sum;
}

void px_work_axpy(px_fp f, int64_t n, const double *x, double factor, const double *z, double *y) {
    for (int64_t i = 0; i < n; i++) y[i] = px_add(f, nearest, x[i], px_mul(f, nearest, factor, z[i], 0), 0);
}

typedef struct gradients {
    px_linear *l;
    px_fp f;
    double *x, *r, *p, *q, *d;
    double rho; /* r^T r */
} gradients;

/* True b - A x, rounded to work. */
static px_status replace_residual(gradients *g, px_error *err) {
    PX_TRY(px_linear_residual(g->l, g->x, g->r, err));
    for (int64_t i = 0; i < g->l->n; i++) g->r[i] = px_round(g->f, nearest, g->r[i], 0);
    return PX_OK;
}

/* One step; *definite false: p^T A p is not positive. */
static px_status step(gradients *g, bool replace, bool *definite, px_error *err) {
    px_linear *l = g->l;
    int64_t n = l->n;
    PX_TRY(px_linear_apply(l, g->p, g->q, err));
    for (int64_t i = 0; i < n; i++) g->q[i] = px_round(g->f, nearest, g->q[i], 0);
    double curvature = px_work_dot(g->f, n, g->p, g->q);
    *definite = curvature > 0;
    if (!*definite) return PX_OK;
    double alpha = px_div(g->f, nearest, g->rho, curvature, 0);
    for (int64_t i = 0; i < n; i++) g->d[i] = px_mul(g->f, nearest, alpha, g->p[i], 0);
    px_work_axpy(g->f, n, g->x, alpha, g->p, g->x);
    if (replace)
        PX_TRY(replace_residual(g, err));
    else
        px_work_axpy(g->f, n, g->r, -alpha, g->q, g->r);
    double rho = px_work_dot(g->f, n, g->r, g->r), beta = px_div(g->f, nearest, rho, g->rho, 0);
    px_work_axpy(g->f, n, g->r, beta, g->p, g->p);
    g->rho = rho;
    return PX_OK;
}

px_status px_cg(px_linear *l, px_solution *solution, px_error *err) {
    int64_t n = l->n, every = l->how->replace;
    double *memory = PX_NEW_ARRAY(l->arena, double, 5 * n);
    gradients g = {.l = l,
                   .f = l->how->work,
                   .x = memory,
                   .r = memory + n,
                   .p = memory + 2 * n,
                   .q = memory + 3 * n,
                   .d = memory + 4 * n};
    memcpy(g.r, l->b, (size_t)n * sizeof *g.r);
    memcpy(g.p, l->b, (size_t)n * sizeof *g.p);
    g.rho = px_work_dot(g.f, n, g.r, g.r);
    px_track track = px_track_new(l, solution);
    if (px_track_step(&track, g.x, g.r, NULL, 0)) return PX_OK;
    for (int64_t k = 1;; k++) {
        bool definite;
        PX_TRY(step(&g, every > 0 && k % every == 0, &definite, err));
        if (!definite) {
            solution->cause = PX_CAUSE_indefinite;
            return PX_OK;
        }
        if (px_track_step(&track, g.x, g.r, g.d, 0)) return PX_OK;
    }
}
