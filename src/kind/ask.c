#include "kind/ask.h"

#include <math.h>
#include <string.h>

#include "backend/registry.h"
#include "kind/trial.h"

enum { FAR = 120, ROOM = 3, SIDE = 32 };

static int least(int a, int b) { return a < b ? a : b; }
static int most(int a, int b) { return a > b ? a : b; }

px_asked px_asked_of(const px_treatment *how) {
    const px_recipe *r = &how->recipe;
    const px_fp formats[] = {r->mul, r->acc, r->out, r->split};
    int hi = 2 * how->in.emax, lo = 2 * how->in.emin;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (px_fp_is_exact(formats[i])) continue;
        hi = least(hi, formats[i].emax);
        lo = most(lo, formats[i].emin - (formats[i].subnormals ? formats[i].p - 1 : 0));
    }
    return (px_asked){.how = *how, .hi = least(hi - ROOM, FAR), .lo = most(lo, -FAR)};
}

static px_mat matrix_of(px_arena *arena, px_fp fmt, int64_t rows, int64_t cols, const double *x) {
    px_mat m = px_mat_new(arena, fmt, rows, cols);
    for (int64_t i = 0; i < rows; i++) px_mat_set_row(&m, i, 0, cols, x + i * cols);
    return m;
}

px_status px_ask(const px_asked *w, int64_t m, int64_t n, int64_t k, const double *a, const double *b, double *c,
                 px_error *err) {
    px_arena *arena = px_arena_new();
    px_trial t;
    px_trial_plan(&t, &w->how, PX_OP_GEMM, (const int64_t[][2]){{m, k}, {k, n}});
    px_mat in[2] = {matrix_of(arena, w->how.in, m, k, a), matrix_of(arena, w->how.in, k, n, b)};
    px_mat out = px_mat_new(arena, w->how.recipe.out, m, n);
    px_status status = px_backend_call(w->how.exec, &t.prog, in, 2, &out, NULL, err);
    for (int64_t i = 0; i < m && status == PX_OK; i++) px_mat_get_row(&out, i, 0, n, c + i * n);
    px_arena_free(arena);
    return status;
}

px_sum px_sum_new(px_arena *arena, int k) {
    return (px_sum){.k = k, .x = PX_NEW_ARRAY(arena, double, k), .y = PX_NEW_ARRAY(arena, double, k)};
}

void px_sum_product(px_sum *s, int t, double x, double y) {
    PX_ASSERT(t >= 0 && t < s->k);
    s->x[t] = x;
    s->y[t] = y;
}

void px_sum_power(px_sum *s, int t, double x, int e) {
    int half = e / 2;
    px_sum_product(s, t, ldexp(x, e - half), ldexp(1, half));
}

/* What precx computes itself is alike in all entries by its definition. */
static int side_of(const px_asked *w) { return w->how.exec == px_backend_emulated() ? 1 : SIDE; }

px_status px_sum_ask(const px_asked *w, const px_sum *s, double *answer, bool *uniform, px_error *err) {
    px_arena *arena = px_arena_new();
    int side = side_of(w);
    double *a = PX_NEW_ARRAY(arena, double, side * s->k), *b = PX_NEW_ARRAY(arena, double, side * s->k), c[SIDE * SIDE];
    for (int t = 0; t < s->k; t++)
        for (int i = 0; i < side; i++) {
            a[i * s->k + t] = s->x[t];
            b[t * side + i] = s->y[t];
        }
    px_status status = px_ask(w, side, side, s->k, a, b, c, err);
    px_arena_free(arena);
    PX_TRY(status);
    *answer = c[0];
    for (int i = 1; i < side * side; i++) *uniform &= memcmp(&c[0], &c[i], sizeof *c) == 0;
    return PX_OK;
}
