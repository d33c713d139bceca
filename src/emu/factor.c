#include "emu/factor.h"

#include <stdlib.h>

#include "base/error.h"
#include "emu/view.h"
#include "kernel/factor.h"

/* A view as doubles: row i, then row i + 1, without gaps. */
static double *doubles_of(const px_view *v) {
    double *x = px_room(v->rows * v->cols, sizeof *x);
    for (int64_t i = 0; i < v->rows; i++)
        for (int64_t j = 0; j < v->cols; j++) x[i * v->cols + j] = px_view_get(v, i, j);
    return x;
}

static void store(const px_view *v, const double *x) {
    for (int64_t i = 0; i < v->rows; i++)
        for (int64_t j = 0; j < v->cols; j++) px_view_set(v, i, j, x[i * v->cols + j]);
}

void px_define_lu(const px_task *task) {
    const px_call *call = task->call;
    int64_t n = task->in[0].rows;
    double *a = doubles_of(&task->in[0]);
    int64_t *pivots = px_room(n, sizeof *pivots);
    const px_recipe *r = &call->recipe;
    bool reciprocal = call->attr[PX_LU_RECIPROCAL] != 0;
    px_mma unit;
    if (r->model == PX_MODEL_NONE) {
        px_lu(r, reciprocal, n, a, pivots, call->stream);
    } else {
        PX_ASSERT(px_mma_find((px_model)r->model, r->out, r->out, r->acc, &unit, NULL) == PX_OK);
        px_lu_by_unit(r, &unit, reciprocal, n, a, pivots, call->stream);
    }
    store(&task->out[0], a);
    for (int64_t k = 0; k < n; k++) px_view_set(&task->out[1], k, 0, (double)pivots[k]);
    free(pivots);
    free(a);
}

void px_define_cholesky(const px_task *task) {
    const px_call *call = task->call;
    double *a = doubles_of(&task->in[0]);
    px_cholesky(&call->recipe, call->attr[PX_LU_RECIPROCAL] != 0, task->in[0].rows, a, call->stream);
    store(&task->out[0], a);
    free(a);
}

static void permute(const px_view *pivots, int64_t columns, double *x) {
    int64_t n = pivots->rows, *list = px_room(n, sizeof *list);
    for (int64_t k = 0; k < n; k++) {
        list[k] = (int64_t)px_view_get(pivots, k, 0);
        PX_ASSERT(list[k] >= k && list[k] < n);
    }
    px_permute(n, list, columns, x);
    free(list);
}

void px_define_trsm(const px_task *task) {
    const px_call *call = task->call;
    double *t = doubles_of(&task->in[0]), *x = doubles_of(&task->in[1]);
    px_triangle triangle = {.n = task->in[0].rows,
                            .t = t,
                            .upper = call->attr[PX_TRSM_UPPER] != 0,
                            .unit = call->attr[PX_TRSM_UNIT] != 0,
                            .reciprocal = call->attr[PX_TRSM_RECIPROCAL] != 0};
    if (px_view_present(&task->in[2])) permute(&task->in[2], task->in[1].cols, x);
    px_trsm(&call->recipe, &triangle, task->in[1].cols, x, call->stream);
    store(&task->out[0], x);
    free(x);
    free(t);
}
