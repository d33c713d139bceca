#include "backend/lapack.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>

int px_lapack_has(px_op op) { return op == PX_OP_LU || op == PX_OP_CHOLESKY || op == PX_OP_TRSM; }

/* A dense copy, row-major, in the slot's format. */
static px_mat copy_of(px_arena *arena, const px_tensors *t, px_arg v) {
    const px_mat *slot = &t->slots[v.slot];
    px_mat m = px_mat_new(arena, slot->fmt, v.rows, v.cols);
    for (int64_t i = 0; i < v.rows; i++)
        for (int64_t j = 0; j < v.cols; j++) {
            int64_t at = v.off + i * v.rs + j * v.cs;
            px_mat_set(&m, i, j, px_mat_get(slot, at / slot->cols, at % slot->cols));
        }
    return m;
}

static void store(px_tensors *t, px_arg v, const px_mat *m) {
    px_mat *slot = &t->slots[v.slot];
    for (int64_t i = 0; i < v.rows; i++)
        for (int64_t j = 0; j < v.cols; j++) {
            int64_t at = v.off + i * v.rs + j * v.cs;
            px_mat_set(slot, at / slot->cols, at % slot->cols, px_mat_get(m, i, j));
        }
}

static void run_lu(px_tensors *t, const px_call *call, px_arena *arena) {
    px_mat a = copy_of(arena, t, call->in[0]), pivots = px_mat_new(arena, px_fp_exact(), a.rows, 1);
    lapack_int n = (lapack_int)a.rows, *exchanged = PX_NEW_ARRAY(arena, lapack_int, a.rows);
    if (px_fits_float(a.fmt))
        LAPACKE_sgetrf_work(LAPACK_ROW_MAJOR, n, n, a.data, (lapack_int)a.ld, exchanged);
    else
        LAPACKE_dgetrf_work(LAPACK_ROW_MAJOR, n, n, a.data, (lapack_int)a.ld, exchanged);
    for (int64_t k = 0; k < a.rows; k++) px_mat_set(&pivots, k, 0, exchanged[k] - 1);
    store(t, call->out[0], &a);
    store(t, call->out[1], &pivots);
}

static void run_cholesky(px_tensors *t, const px_call *call, px_arena *arena) {
    px_mat a = copy_of(arena, t, call->in[0]);
    lapack_int n = (lapack_int)a.rows, info;
    if (px_fits_float(a.fmt))
        info = LAPACKE_spotrf_work(LAPACK_ROW_MAJOR, 'L', n, a.data, (lapack_int)a.ld);
    else
        info = LAPACKE_dpotrf_work(LAPACK_ROW_MAJOR, 'L', n, a.data, (lapack_int)a.ld);
    for (int64_t i = 0; i < a.rows; i++)
        for (int64_t j = 0; j < a.cols; j++) {
            if (j > i) px_mat_set(&a, i, j, 0);
            if (info > 0 && j >= info - 1 && j <= i) px_mat_set(&a, i, j, (double)NAN);
        }
    store(t, call->out[0], &a);
}

static void exchange_rows(px_mat *x, const px_mat *pivots) {
    for (int64_t k = 0; k < x->rows; k++) {
        int64_t p = (int64_t)px_mat_get(pivots, k, 0);
        for (int64_t j = 0; j < x->cols && p != k; j++) {
            double y = px_mat_get(x, k, j);
            px_mat_set(x, k, j, px_mat_get(x, p, j));
            px_mat_set(x, p, j, y);
        }
    }
}

static void run_solve(px_tensors *t, const px_call *call, px_arena *arena) {
    px_mat a = copy_of(arena, t, call->in[0]), x = copy_of(arena, t, call->in[1]);
    if (call->in[2].slot >= 0) {
        px_mat pivots = copy_of(arena, t, call->in[2]);
        exchange_rows(&x, &pivots);
    }
    enum CBLAS_UPLO uplo = call->attr[PX_TRSM_UPPER] != 0 ? CblasUpper : CblasLower;
    enum CBLAS_DIAG diag = call->attr[PX_TRSM_UNIT] != 0 ? CblasUnit : CblasNonUnit;
    blasint n = (blasint)x.rows, columns = (blasint)x.cols, lda = (blasint)a.ld, ldx = (blasint)x.ld;
    if (px_fits_float(a.fmt))
        cblas_strsm(CblasRowMajor, CblasLeft, uplo, CblasNoTrans, diag, n, columns, 1, a.data, lda, x.data, ldx);
    else
        cblas_dtrsm(CblasRowMajor, CblasLeft, uplo, CblasNoTrans, diag, n, columns, 1, a.data, lda, x.data, ldx);
    store(t, call->out[0], &x);
}

void px_lapack_run(px_tensors *t, const px_call *call, px_arena *arena) {
    if (call->out[0].rows == 0 || call->out[0].cols == 0) return;
    if (call->op == PX_OP_LU)
        run_lu(t, call, arena);
    else if (call->op == PX_OP_CHOLESKY)
        run_cholesky(t, call, arena);
    else
        run_solve(t, call, arena);
}
