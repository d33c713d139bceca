/* Matrix products by the device's own instructions: an accumulator in the operands' format, k ascending, two roundings
 * a step (a product, a sum: never contracted) or one. A thread an entry, tiles of the operands in shared memory. */
#include "families.h"
#include "native.cuh"

static constexpr int TILE = 16;

/* Terms beyond k are left out, not made zero: a zero added to -0 would be +0. */
template <class Arithmetic, bool FUSED> static __global__ void products(task t) {
    typedef typename Arithmetic::number number;
    PX_SHARED(number, left, [TILE][TILE]);
    PX_SHARED(number, right, [TILE][TILE]);
    int x = (int)threadIdx.x, y = (int)threadIdx.y;
    int64_t tiles = (t.out[0].cols + TILE - 1) / TILE, k = t.in[0].cols;
    int64_t i = (int64_t)blockIdx.x / tiles * TILE + y, j = (int64_t)blockIdx.x % tiles * TILE + x;
    bool inside = i < t.out[0].rows && j < t.out[0].cols;
    number sum = Arithmetic::of(inside && t.in[2].data ? t.in[2].get(i, j) : 0.0);
    for (int64_t first = 0; first < k; first += TILE) {
        if (i < t.out[0].rows && first + x < k) left[y][x] = Arithmetic::of(t.attr[0] * t.in[0].get(i, first + x));
        if (j < t.out[0].cols && first + y < k) right[y][x] = Arithmetic::of(t.in[1].get(first + y, j));
        __syncthreads();
        int terms = (int)(k - first < TILE ? k - first : TILE);
        for (int p = 0; p < terms && inside; p++)
            sum = FUSED ? Arithmetic::fma(left[y][p], right[p][x], sum)
                        : Arithmetic::add(sum, Arithmetic::mul(left[y][p], right[p][x]));
        __syncthreads();
    }
    if (inside) t.out[0].set(i, j, Arithmetic::value(sum));
}

static bool one_rounding(const px_recipe &r) { return r.fused || px_fp_is_exact(r.mul); }

static bool all_in(const task *t, const char *name) {
    const px_recipe &r = t->recipe;
    px_fp f;
    PX_ASSERT(px_fp_parse(name, &f, nullptr) == PX_OK);
    return px_fp_equal(t->in[0].fmt, f) && px_fp_equal(t->in[1].fmt, f) &&
           (!t->in[2].data || px_fp_equal(t->in[2].fmt, f)) && px_fp_equal(t->out[0].fmt, f) &&
           (one_rounding(r) || px_fp_equal(r.mul, f)) && px_fp_equal(r.acc, f) && px_fp_equal(r.out, f) &&
           r.order == PX_SEQUENTIAL && r.rounding == PX_NEAREST_EVEN && r.model == PX_MODEL_NONE;
}

bool half_matches(const task *t) { return all_in(t, "fp16"); }
bool bf16_matches(const task *t) { return all_in(t, "bf16"); }
bool single_matches(const task *t) { return all_in(t, "fp32"); }
bool double_matches(const task *t) { return all_in(t, "fp64"); }

template <class Arithmetic> static px_status start(const task *t, px_error *err) {
    int64_t grid = ((t->out[0].rows + TILE - 1) / TILE) * ((t->out[0].cols + TILE - 1) / TILE);
    if (grid == 0) return PX_OK;
    if (grid > INT_MAX) return px_fail(err, PX_INCOMPLETE, "a product of more than 2^31 tiles");
    if (one_rounding(t->recipe))
        PX_START((products<Arithmetic, true>), grid, dim3(TILE, TILE), *t);
    else
        PX_START((products<Arithmetic, false>), grid, dim3(TILE, TILE), *t);
    return PX_OK;
}

px_status run_native(const task *t, workspace *, px_error *err) {
    if (half_matches(t)) return start<half_arithmetic>(t, err);
    if (bf16_matches(t)) return start<bf16_arithmetic>(t, err);
    return single_matches(t) ? start<single_arithmetic>(t, err) : start<double_arithmetic>(t, err);
}
