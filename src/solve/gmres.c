#include <math.h>

#include "arith/round.h"
#include "solve/krylov.h"

static const px_rounding nearest = {PX_NEAREST_EVEN, 0};

/* Column j of the Hessenberg matrix has j + 2 numbers, at h + j (j + 3) / 2. */
typedef struct arnoldi {
    px_linear *l;
    px_fp f;
    int64_t n, most;
    double *v, *h;     /* basis vectors, one after another; columns */
    double *c, *s, *g; /* rotations; the right-hand side of the least-squares problem */
} arnoldi;

static double *column(const arnoldi *a, int64_t j) { return a->h + j * (j + 3) / 2; }
static double mul(px_fp f, double x, double y) { return px_mul(f, nearest, x, y, 0); }
static double add(px_fp f, double x, double y) { return px_add(f, nearest, x, y, 0); }
static double quotient(px_fp f, double x, double y) { return px_div(f, nearest, x, y, 0); }

static double norm_2(const arnoldi *a, const double *x) {
    return px_sqrt(a->f, nearest, px_work_dot(a->f, a->n, x, x), 0);
}

/* z = M^-1 A v, rounded to work. */
static px_status preconditioned(const arnoldi *a, const double *v, double *z, px_error *err) {
    double *y = PX_NEW_ARRAY(a->l->arena, double, a->n);
    PX_TRY(px_linear_apply(a->l, v, y, err));
    PX_TRY(px_linear_precondition(a->l, y, z, err));
    for (int64_t i = 0; i < a->n; i++) z[i] = px_round(a->f, nearest, z[i], 0);
    return PX_OK;
}

static void scale(const arnoldi *a, double *x, double by) {
    for (int64_t i = 0; i < a->n; i++) x[i] = quotient(a->f, x[i], by);
}

/* Basis vector j + 1 and column j of the Hessenberg matrix. */
static px_status expand(arnoldi *a, int64_t j, px_error *err) {
    double *w = a->v + (j + 1) * a->n, *h = column(a, j);
    PX_TRY(preconditioned(a, a->v + j * a->n, w, err));
    for (int64_t i = 0; i <= j; i++) {
        h[i] = px_work_dot(a->f, a->n, w, a->v + i * a->n);
        px_work_axpy(a->f, a->n, w, -h[i], a->v + i * a->n, w);
    }
    h[j + 1] = norm_2(a, w);
    if (h[j + 1] > 0) scale(a, w, h[j + 1]);
    return PX_OK;
}

/* c x + s y and c y - s x. */
static void rotate(px_fp f, double c, double s, double *x, double *y) {
    double first = add(f, mul(f, c, *x), mul(f, s, *y));
    *y = add(f, mul(f, c, *y), -mul(f, s, *x));
    *x = first;
}

/* Column j by the rotations so far, then by a new one that makes its last entry 0. */
static void triangularise(arnoldi *a, int64_t j) {
    px_fp f = a->f;
    double *h = column(a, j);
    for (int64_t i = 0; i < j; i++) rotate(f, a->c[i], a->s[i], &h[i], &h[i + 1]);
    double length = px_sqrt(f, nearest, add(f, mul(f, h[j], h[j]), mul(f, h[j + 1], h[j + 1])), 0);
    a->c[j] = length > 0 ? quotient(f, h[j], length) : 1;
    a->s[j] = length > 0 ? quotient(f, h[j + 1], length) : 0;
    h[j] = length, h[j + 1] = 0;
    a->g[j + 1] = 0;
    rotate(f, a->c[j], a->s[j], &a->g[j], &a->g[j + 1]);
}

/* d = V y with y from the k x k triangle. */
static void combine(const arnoldi *a, int64_t k, double *d) {
    double *y = PX_NEW_ARRAY(a->l->arena, double, k + 1);
    for (int64_t i = 0; i < a->n; i++) d[i] = 0;
    for (int64_t i = k - 1; i >= 0; i--) {
        double sum = a->g[i];
        for (int64_t j = k - 1; j > i; j--) sum = add(a->f, sum, -mul(a->f, column(a, j)[i], y[j]));
        y[i] = quotient(a->f, sum, column(a, i)[i]);
    }
    for (int64_t i = 0; i < k; i++) px_work_axpy(a->f, a->n, d, y[i], a->v + i * a->n, d);
}

px_status px_gmres(px_linear *l, const double *r, double *d, int64_t *inner, px_error *err) {
    int64_t n = l->n, most = l->how->max_inner < n ? l->how->max_inner : n;
    arnoldi a = {.l = l, .f = l->how->work, .n = n, .most = most};
    a.v = PX_NEW_ARRAY(l->arena, double, (most + 1) * n);
    a.h = PX_NEW_ARRAY(l->arena, double, most *(most + 3) / 2);
    a.c = PX_NEW_ARRAY(l->arena, double, 3 * most + 1);
    a.s = a.c + most, a.g = a.s + most;
    *inner = 0;
    PX_TRY(px_linear_precondition(l, r, a.v, err));
    for (int64_t i = 0; i < n; i++) a.v[i] = px_round(a.f, nearest, a.v[i], 0);
    double start = norm_2(&a, a.v);
    a.g[0] = start;
    if (start > 0) scale(&a, a.v, start);
    while (start > 0 && *inner < most && fabs(a.g[*inner]) > l->how->inner_tolerance * start) {
        PX_TRY(expand(&a, *inner, err));
        triangularise(&a, *inner);
        ++*inner;
    }
    combine(&a, *inner, d);
    return PX_OK;
}
