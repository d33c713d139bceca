/* Executors of matrix products by cublasGemmEx, in an order and on units of its own choice: class bounded. An executor
 * a way to call it (op/plugin.h); in each, the compute type follows from the formats of operands, sums and result. */
#include "exec.h"
#include "pack.cuh"
#include "px_cublas.h"

/* THE list of products: X(operands, sums, result, words of operands, of the result, which compute type of a way). */
enum width { OF_16, OF_32, OF_64, WIDTHS };
#define PX_COMPUTE_LIST(X)                                                                                             \
    X("fp16", "fp16", "fp16", CUDA_R_16F, CUDA_R_16F, OF_16)                                                           \
    X("fp16", "fp32", "fp16", CUDA_R_16F, CUDA_R_16F, OF_32)                                                           \
    X("fp16", "fp32", "fp32", CUDA_R_16F, CUDA_R_32F, OF_32)                                                           \
    X("bf16", "fp32", "bf16", CUDA_R_16BF, CUDA_R_16BF, OF_32)                                                         \
    X("bf16", "fp32", "fp32", CUDA_R_16BF, CUDA_R_32F, OF_32)                                                          \
    X("tf32", "fp32", "fp32", CUDA_R_32F, CUDA_R_32F, OF_32)                                                           \
    X("fp32", "fp32", "fp32", CUDA_R_32F, CUDA_R_32F, OF_32)                                                           \
    X("fp64", "fp64", "fp64", CUDA_R_64F, CUDA_R_64F, OF_64)

static const struct compute {
    const char *in, *sum, *out;
    cudaDataType word_in, word_out;
    width sums;
} computes[] = {
#define PX_COMPUTE_ROW(...) {__VA_ARGS__},
    PX_COMPUTE_LIST(PX_COMPUTE_ROW)
#undef PX_COMPUTE_ROW
};

static constexpr cublasComputeType_t NONE = (cublasComputeType_t)0;

/* A way to call it. */
struct manner {
    cublasComputeType_t types[WIDTHS];
    cublasMath_t math;
    px_liberties liberties;
};

static constexpr manner manners[] = {
#define PX_MANNER(context, id, suffix, type16, type32, type64, math, reduced, operands, text)                          \
    {{type16, type32, type64},                                                                                         \
     (cublasMath_t)(math | (reduced ? 0 : CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION)),                          \
     {operands, true, reduced}},
    PX_CUBLAS_LIST(PX_MANNER, )
#undef PX_MANNER
};

#if defined(__CUDACC__)
#define PX_CUBLAS_NAME "cublas"
#else
#define PX_CUBLAS_NAME "cublas_emu" /* the stand-in: for tests of this file */
#endif

static px_status open_handle(const px_exec *self, void **st, const px_prog *prog, px_error *err);
static px_status run(void *st, int first, int count, px_error *err);
static void close_handle(void *st);
static int takes(const manner &how, const px_prog *prog, const px_call *call, char *why, size_t n);

enum way {
#define PX_WAY(context, id, ...) WAY_##id,
    PX_CUBLAS_LIST(PX_WAY, ) WAYS
#undef PX_WAY
};
template <way W> static int supports(const px_prog *prog, const px_call *call, char *why, size_t n) {
    return takes(manners[W], prog, call, why, n);
}

static const px_exec execs[] = {
#define PX_EXEC_ROW(context, id, suffix, type16, type32, type64, math, reduced, operands, text)                        \
    {PX_EXEC_ABI,                                                                                                      \
     PX_CUBLAS_NAME suffix,                                                                                            \
     "products by cuBLAS: " text,                                                                                      \
     supports<WAY_##id>,                                                                                               \
     open_handle,                                                                                                      \
     state_put,                                                                                                        \
     run,                                                                                                              \
     state_get,                                                                                                        \
     state_census,                                                                                                     \
     close_handle,                                                                                                     \
     manners[WAY_##id].liberties},
    PX_CUBLAS_LIST(PX_EXEC_ROW, )
#undef PX_EXEC_ROW
};

const px_exec *cublas_execs(int *n) {
    *n = WAYS;
    return execs;
}

static const compute *compute_for(px_fp in, const px_recipe *r) {
    for (const compute &c : computes)
        if (is_named(in, c.in) && is_named(r->acc, c.sum) && is_named(r->out, c.out)) return &c;
    return nullptr;
}

static int takes(const manner &how, const px_prog *prog, const px_call *call, char *why, size_t n) {
    const px_recipe *r = &call->recipe;
    char in_name[24], acc_name[24], out_name[24];
    if (call->op != PX_OP_GEMM) return refuse(why, n, "%s", px_op_name(call->op));
    px_fp in = prog->slots[call->in[0].slot].fmt;
    if (!px_fp_equal(in, prog->slots[call->in[1].slot].fmt)) return refuse(why, n, "mixed input formats");
    const compute *c = compute_for(in, r);
    if (!c)
        return refuse(why, n, "%s products of %s summed in %s", px_fp_name(r->out, out_name), px_fp_name(in, in_name),
                      px_fp_name(r->acc, acc_name));
    if (how.types[c->sums] == NONE || (how.liberties.operands && c->word_in != CUDA_R_32F))
        return refuse(why, n, "%s operands that are rounded first", px_fp_name(in, in_name));
    if (call->in[2].slot >= 0 && !px_fp_equal(prog->slots[call->in[2].slot].fmt, r->out))
        return refuse(why, n, "start value of a format other than the result's");
    if (!px_fp_is_exact(r->mul) && !px_fp_equal(r->mul, r->acc)) return refuse(why, n, "product format of its own");
    if (r->fused) return refuse(why, n, "promise of fused operations");
    if (r->rounding != PX_NEAREST_EVEN) return refuse(why, n, "rounding other than nearest_even");
    if (r->order != PX_SEQUENTIAL) return refuse(why, n, "order of its caller's choice");
    if (r->model != PX_MODEL_NONE) return refuse(why, n, "models of matrix units");
    return r->algorithm == PX_ALGORITHM_NONE ? 1 : refuse(why, n, "algorithms of precx");
}

static px_status cublas_failed(cublasStatus_t status, const char *call, px_error *err) {
    return px_fail(err, PX_INCOMPLETE, "cuBLAS: %s (in %s)", cublasGetStatusName(status), call);
}

#define PX_CUBLAS_TRY(call)                                                                                            \
    do {                                                                                                               \
        cublasStatus_t px_cublas_status = (call);                                                                      \
        if (px_cublas_status != CUBLAS_STATUS_SUCCESS) return cublas_failed(px_cublas_status, #call, err);             \
    } while (0)

static const manner &manner_of(const px_exec *self) { return manners[self - execs]; }

static px_status make_handle(state *s, px_error *err) {
    cublasHandle_t handle;
    PX_CUBLAS_TRY(cublasCreate(&handle));
    s->library = handle;
    PX_CUBLAS_TRY(cublasSetMathMode(handle, manner_of(s->self).math));
    return PX_OK;
}

static px_status open_handle(const px_exec *self, void **st, const px_prog *prog, px_error *err) {
    PX_TRY(state_open(self, st, prog, err));
    px_status status = make_handle(static_cast<state *>(*st), err);
    if (status != PX_OK) {
        close_handle(*st);
        *st = nullptr;
    }
    return status;
}

static void close_handle(void *st) {
    state *s = static_cast<state *>(st);
    if (s && s->library) cublasDestroy(static_cast<cublasHandle_t>(s->library));
    state_close(st);
}

static size_t word_size(cudaDataType type) { return type == CUDA_R_64F ? 8 : type == CUDA_R_32F ? 4 : 2; }

static px_status pack_words(const view &v, double sign, cudaDataType type, void *to, int64_t rows, int64_t cols,
                            px_error *err) {
    int64_t grid = grid_for(rows * cols, BLOCK);
    switch (type) {
    case CUDA_R_16F: PX_START(pack<__half>, grid, BLOCK, v, sign, static_cast<__half *>(to), rows, cols); break;
    case CUDA_R_16BF:
        PX_START(pack<__nv_bfloat16>, grid, BLOCK, v, sign, static_cast<__nv_bfloat16 *>(to), rows, cols);
        break;
    case CUDA_R_32F: PX_START(pack<float>, grid, BLOCK, v, sign, static_cast<float *>(to), rows, cols); break;
    default: PX_START(pack<double>, grid, BLOCK, v, sign, static_cast<double *>(to), rows, cols); break;
    }
    return PX_OK;
}

static px_status unpack_words(const task &t, cudaDataType type, const void *from, px_error *err) {
    int64_t cols = t.out[0].cols, grid = grid_for(t.out[0].rows * cols, BLOCK);
    switch (type) {
    case CUDA_R_16F: PX_START(unpack<__half>, grid, BLOCK, t, static_cast<const __half *>(from), cols); break;
    case CUDA_R_16BF:
        PX_START(unpack<__nv_bfloat16>, grid, BLOCK, t, static_cast<const __nv_bfloat16 *>(from), cols);
        break;
    case CUDA_R_32F: PX_START(unpack<float>, grid, BLOCK, t, static_cast<const float *>(from), cols); break;
    default: PX_START(unpack<double>, grid, BLOCK, t, static_cast<const double *>(from), cols); break;
    }
    return PX_OK;
}

/* 0 and 1 in the format of the scalars, which is the sums'. */
static const void *scalar(const compute *c, bool one) {
    static const double doubles[] = {0, 1};
    static const float floats[] = {0, 1};
    static const uint16_t halves[] = {0, 0x3c00};
    if (strcmp(c->sum, "fp64") == 0) return &doubles[one];
    return strcmp(c->sum, "fp32") == 0 ? static_cast<const void *>(&floats[one]) : &halves[one];
}

/* Row-major C = A B is column-major C^T = B^T A^T: the operands change places, nothing is transposed. */
static px_status multiply(state *s, const task &t, px_error *err) {
    const compute *c = compute_for(t.in[0].fmt, &t.recipe);
    const manner &how = manner_of(s->self);
    int64_t m = t.out[0].rows, n = t.out[0].cols, k = t.in[0].cols;
    if (m == 0 || n == 0) return PX_OK;
    if (m > INT_MAX || n > INT_MAX || k > INT_MAX) return px_fail(err, PX_INCOMPLETE, "a product too large for cuBLAS");
    size_t of_a = (size_t)(m * k) * word_size(c->word_in), of_b = (size_t)(k * n) * word_size(c->word_in);
    size_t at_b = (of_a + 255) / 256 * 256, at_c = at_b + (of_b + 255) / 256 * 256;
    void *memory;
    PX_TRY(workspace_take(&s->work, at_c + (size_t)(m * n) * word_size(c->word_out), &memory, err));
    char *a = static_cast<char *>(memory), *b = a + at_b, *sums = a + at_c;
    PX_TRY(pack_words(t.in[0], t.attr[0], c->word_in, a, m, k, err));
    PX_TRY(pack_words(t.in[1], 1.0, c->word_in, b, k, n, err));
    PX_TRY(pack_words(t.in[2], 1.0, c->word_out, sums, m, n, err));
    if (k > 0)
        PX_CUBLAS_TRY(cublasGemmEx(static_cast<cublasHandle_t>(s->library), CUBLAS_OP_N, CUBLAS_OP_N, (int)n, (int)m,
                                   (int)k, scalar(c, true), b, c->word_in, (int)n, a, c->word_in, (int)k,
                                   scalar(c, t.in[2].data != nullptr), sums, c->word_out, (int)n, how.types[c->sums],
                                   CUBLAS_GEMM_DEFAULT));
    return unpack_words(t, c->word_out, sums, err);
}

static px_status run(void *st, int first, int count, px_error *err) {
    state *s = static_cast<state *>(st);
    for (int i = first; i < first + count; i++) {
        const px_call *call = &s->prog->calls[i];
        char why[128];
        if (!takes(manner_of(s->self), s->prog, call, why, sizeof why))
            return px_fail(err, PX_INCOMPLETE, "cuBLAS has no %s", why);
        PX_TRY(multiply(s, task_of(s->prog, call, s->slots), err));
    }
    PX_CUDA_TRY(cudaDeviceSynchronize());
    return PX_OK;
}
