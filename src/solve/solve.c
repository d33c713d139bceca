#include "solve/solve.h"

#include <math.h>
#include <string.h>

#include "arith/round.h"
#include "solve/krylov.h"

const char *px_cause_name(px_cause cause) {
#define NAME(id, text) #id,
    static const char *const names[] = {PX_CAUSE_LIST(NAME)};
#undef NAME
    PX_ASSERT((int)cause >= 0 && cause < PX_CAUSE_COUNT);
    return names[cause];
}

const char *px_solve_refused(px_arena *arena, const px_solve *how, int64_t n) {
    return px_linear_refused(arena, how, n);
}

static double to_work(const px_linear *l, double x) {
    return px_round(l->how->work, px_rounding_of(PX_NEAREST_EVEN), x, 0);
}

/* x_0 by the factors; its residual is the method's own, but for a direct solve, which has none: zeros. */
static px_status start(px_linear *l, px_solution *solution, double *x, double *r, px_error *err) {
    bool direct = px_method_is_direct(l->how->method);
    PX_TRY(px_linear_solve(l, l->b, direct, x, solution, err));
    for (int64_t i = 0; i < l->n; i++) x[i] = to_work(l, x[i]);
    return direct ? PX_OK : px_linear_residual(l, x, r, err);
}

static px_status correct(px_linear *l, const double *r, double *d, int64_t *inner, px_error *err) {
    *inner = 0;
    if (l->how->method == PX_METHOD_gmres_ir) {
        /* scaled by a power of two: Krylov vectors keep clear of the ends of the range */
        int e = px_exponent_of(l->n, r);
        double *scaled = PX_NEW_ARRAY(l->arena, double, l->n);
        for (int64_t i = 0; i < l->n; i++) scaled[i] = r[i] == 0 ? 0 : ldexp(r[i], -e);
        PX_TRY(px_gmres(l, scaled, d, inner, err));
        for (int64_t i = 0; i < l->n; i++) d[i] = d[i] == 0 ? 0 : ldexp(d[i], e);
        return PX_OK;
    }
    return px_linear_solve(l, r, false, d, NULL, err);
}

/* x_{k+1} = x_k + d_k, A d_k = r_k = b - A x_k. */
static px_status refine(px_linear *l, px_solution *solution, px_error *err) {
    int64_t n = l->n, inner = 0;
    double *x = PX_NEW_ARRAY(l->arena, double, 3 * n), *r = x + n, *d = x + 2 * n;
    px_track track = px_track_new(l, solution);
    PX_TRY(start(l, solution, x, r, err));
    bool direct = px_method_is_direct(l->how->method);
    if (px_track_step(&track, x, r, NULL, 0) || direct) return PX_OK;
    for (;;) {
        PX_TRY(correct(l, r, d, &inner, err));
        for (int64_t i = 0; i < n; i++) x[i] = px_add(l->how->work, px_rounding_of(PX_NEAREST_EVEN), x[i], d[i], 0);
        PX_TRY(px_linear_residual(l, x, r, err));
        if (px_track_step(&track, x, r, d, inner)) return PX_OK;
    }
}

static px_status run(px_linear *l, px_solution *solution, px_error *err) {
    if (l->how->method == PX_METHOD_cg) return px_cg(l, solution, err);
    PX_TRY(px_linear_factor(l, solution, err));
    return solution->cause == PX_CAUSE_none ? refine(l, solution, err) : PX_OK;
}

px_status px_solve_run(px_arena *arena, const px_solve *how, const px_mat *a, const px_mat *b, px_solution *solution,
                       px_error *err) {
    PX_ASSERT(a->rows == a->cols && b->rows == a->rows && b->cols == 1);
    *solution = (px_solution){.cause = PX_CAUSE_none};
    px_linear l;
    px_status status = px_linear_open(&l, arena, how, a, b, err);
    if (status == PX_OK) status = run(&l, solution, err);
    px_linear_close(&l);
    return status;
}
