/* Operations on single numbers, a thread a number: what all kernels are made of, to be tried word by word. By the
 * device's instructions, and by the arithmetic that the other kernels round with. */
#include "arith.cuh"
#include "exec.h"
#include "native.cuh"

/* On the device; operands that the operation lacks are the first once more. */
struct operands {
    const double *a, *b, *c;
    double *out;
    int64_t n;
};

template <class Arithmetic> static __global__ void by_instructions(px_scalar op, operands x) {
    typedef typename Arithmetic::number number;
    for (int64_t e = (int64_t)blockIdx.x * BLOCK + threadIdx.x; e < x.n; e += (int64_t)gridDim.x * BLOCK) {
        number a = Arithmetic::of(x.a[e]), b = Arithmetic::of(x.b[e]), y = a;
        switch (op) {
        case PX_SCALAR_ADD: y = Arithmetic::add(a, b); break;
        case PX_SCALAR_MUL: y = Arithmetic::mul(a, b); break;
        case PX_SCALAR_DIV: y = Arithmetic::div(a, b); break;
        case PX_SCALAR_FMA: y = Arithmetic::fma(a, b, Arithmetic::of(x.c[e])); break;
        case PX_SCALAR_SQRT: y = Arithmetic::sqrt(a); break;
        default: break; /* round: its operand is one of a wider format */
        }
        x.out[e] = Arithmetic::value(y);
    }
}

static __device__ inline double by_arithmetic_of(px_scalar op, const rounded &h, double a, double b, double c) {
    switch (op) {
    case PX_SCALAR_ADD: return h.add(a, b);
    case PX_SCALAR_MUL: return h.mul(a, b);
    case PX_SCALAR_DIV: return h.div(a, b);
    case PX_SCALAR_FMA: return px_fma(h.f, h.r, a, b, c, 0);
    case PX_SCALAR_SQRT: return h.sqrt(a);
    case PX_SCALAR_EXP: return h.exp(a);
    case PX_SCALAR_TANH: return h.tanh(a);
    case PX_SCALAR_ERF: return h.erf(a);
    case PX_SCALAR_LOG: return h.log(a);
    case PX_SCALAR_RSQRT: return h.rsqrt(a);
    default: return h.number(a);
    }
}

static __global__ void by_arithmetic(px_scalar op, px_fp f, operands x) {
    rounded h = {f, px_rounding_of(PX_NEAREST_EVEN)};
    for (int64_t e = (int64_t)blockIdx.x * BLOCK + threadIdx.x; e < x.n; e += (int64_t)gridDim.x * BLOCK)
        x.out[e] = by_arithmetic_of(op, h, x.a[e], x.b[e], x.c[e]);
}

static px_status start(const px_scalars *s, const operands &x, px_error *err) {
    int64_t grid = grid_for(s->n, BLOCK);
    if (!s->instructions)
        PX_START(by_arithmetic, grid, BLOCK, s->op, s->format, x);
    else if (is_named(s->format, "fp16"))
        PX_START(by_instructions<half_arithmetic>, grid, BLOCK, s->op, x);
    else if (is_named(s->format, "bf16"))
        PX_START(by_instructions<bf16_arithmetic>, grid, BLOCK, s->op, x);
    else if (is_named(s->format, "fp32"))
        PX_START(by_instructions<single_arithmetic>, grid, BLOCK, s->op, x);
    else
        PX_START(by_instructions<double_arithmetic>, grid, BLOCK, s->op, x);
    return PX_OK;
}

/* memory: an array an operand, then the results'. */
static px_status run(const px_scalars *s, double *memory, px_error *err) {
    const int count = px_scalar_operands(s->op);
    const size_t bytes = (size_t)s->n * sizeof *memory;
    for (int k = 0; k < count; k++) PX_CUDA_TRY(cudaMemcpy(memory + k * s->n, s->in[k], bytes, cudaMemcpyHostToDevice));
    double *out = memory + count * s->n;
    PX_CUDA_TRY(cudaMemset(out, 0xff, bytes)); /* a NaN where nobody writes */
    const operands x = {memory, count > 1 ? memory + s->n : memory, count > 2 ? memory + 2 * s->n : memory, out, s->n};
    PX_TRY(start(s, x, err));
    PX_CUDA_TRY(cudaDeviceSynchronize());
    PX_CUDA_TRY(cudaMemcpy(s->out, out, bytes, cudaMemcpyDeviceToHost));
    return PX_OK;
}

static bool has_instructions(const px_scalars *s) {
    bool format = is_named(s->format, "fp16") || is_named(s->format, "bf16") || is_named(s->format, "fp32") ||
                  is_named(s->format, "fp64");
    return format && s->op <= (is_named(s->format, "fp64") ? PX_SCALAR_SQRT : PX_SCALAR_ROUND);
}

px_status scalars_run(const px_scalars *s, px_error *err) {
    char name[24];
    if (s->instructions && !has_instructions(s))
        return px_fail(err, PX_SKIPPED, "no instruction for %s of %s", px_scalar_name(s->op),
                       px_fp_name(s->format, name));
    if (s->n == 0) return PX_OK;
    double *memory = nullptr;
    PX_CUDA_TRY(cudaMalloc(&memory, (size_t)(px_scalar_operands(s->op) + 1) * (size_t)s->n * sizeof *memory));
    px_status status = run(s, memory, err);
    cudaFree(memory);
    return status;
}
