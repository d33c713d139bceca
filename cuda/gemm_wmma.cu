/* Matrix products by the device's matrix unit through WMMA: a warp a tile of 16 x 16, k ascending from the start value.
 * Operands are packed and padded with zeros to multiples of 16 (tf32: 8), which may turn a result of -0 into +0. What
 * the unit computes is compared with the model of its architecture (kernel/mma.h): class modelled. On sm_90 this is
 * HMMA, not wgmma. */
#include "families.h"
#include "pack.cuh"

namespace wmma = nvcuda::wmma;

/* Of a product A (rows x inner) B (inner x cols), padded. */
struct sizes {
    int64_t rows, inner, cols;
};

static constexpr int SIDE = 16, LANES = 32;

template <class T, class Stored, class Sum, int STEP>
static __global__ void tiles(sizes n, const Stored *a, const Stored *b, Sum *c) {
    wmma::fragment<wmma::matrix_a, SIDE, SIDE, STEP, T, wmma::row_major> left;
    wmma::fragment<wmma::matrix_b, SIDE, SIDE, STEP, T, wmma::row_major> right;
    wmma::fragment<wmma::accumulator, SIDE, SIDE, STEP, Sum> sum;
    int64_t i = (int64_t)blockIdx.x / (n.cols / SIDE) * SIDE, j = (int64_t)blockIdx.x % (n.cols / SIDE) * SIDE;
    unsigned inner = (unsigned)n.inner, cols = (unsigned)n.cols;
    Sum *tile = c + i * n.cols + j;
    wmma::load_matrix_sync(sum, tile, cols, wmma::mem_row_major);
    for (int64_t k = 0; k < n.inner; k += STEP) {
        wmma::load_matrix_sync(left, a + i * n.inner + k, inner);
        wmma::load_matrix_sync(right, b + k * n.cols + j, cols);
        wmma::mma_sync(sum, left, right, sum);
    }
    wmma::store_matrix_sync(tile, sum, cols, wmma::mem_row_major);
}

/* The model of the device's matrix unit, by its compute capability. */
static int find_device_model() {
    static const struct {
        int major, minor;
        px_model model;
    } units[] = {{7, 0, PX_MODEL_V100}, {7, 5, PX_MODEL_TURING}, {8, 0, PX_MODEL_A100},
                 {8, 9, PX_MODEL_ADA},  {9, 0, PX_MODEL_H100},   {10, 0, PX_MODEL_B200}};
    cudaDeviceProp device;
    if (cudaGetDeviceProperties(&device, 0) != cudaSuccess) return PX_MODEL_NONE;
    for (const auto &u : units)
        if (u.major == device.major && u.minor == device.minor) return u.model;
    return PX_MODEL_NONE;
}

static int device_model() {
    static const int model = find_device_model();
    return model;
}

/* Formats of the operands and of the sums. */
static bool formats_are(const task *t, const char *in, const char *sum) {
    return is_named(t->in[0].fmt, in) && is_named(t->in[1].fmt, in) && is_named(t->recipe.acc, sum) &&
           (!t->in[2].data || is_named(t->in[2].fmt, sum));
}

bool wmma_matches(const task *t) {
    const px_recipe &r = t->recipe;
    return r.model != PX_MODEL_NONE && r.order == PX_SEQUENTIAL && r.promote == 0 &&
           (formats_are(t, "fp16", "fp32") || formats_are(t, "fp16", "fp16") || formats_are(t, "bf16", "fp32") ||
            formats_are(t, "tf32", "fp32")) &&
           r.model == device_model();
}

static int64_t padded(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

template <class T, class Stored, class Sum, int STEP>
static px_status start(const task *t, workspace *w, px_error *err) {
    sizes n = {padded(t->out[0].rows, SIDE), padded(t->in[0].cols, STEP), padded(t->out[0].cols, SIDE)};
    int64_t of_a = n.rows * n.inner, of_b = n.inner * n.cols, of_c = n.rows * n.cols, grid = of_c / (SIDE * SIDE);
    if (grid == 0) return PX_OK;
    if (grid > INT_MAX || n.inner > INT_MAX || n.cols > INT_MAX)
        return px_fail(err, PX_INCOMPLETE, "a product too large for the matrix unit's kernel");
    void *memory; /* the sums first: a tile begins at a multiple of 32 bytes, as load_matrix_sync wants it */
    PX_TRY(workspace_take(w, (size_t)of_c * sizeof(Sum) + (size_t)(of_a + of_b) * sizeof(Stored), &memory, err));
    Sum *c = static_cast<Sum *>(memory);
    Stored *a = reinterpret_cast<Stored *>(c + of_c), *b = a + of_a;
    PX_START(pack<Stored>, grid_for(of_a, BLOCK), BLOCK, t->in[0], t->attr[0], a, n.rows, n.inner);
    PX_START(pack<Stored>, grid_for(of_b, BLOCK), BLOCK, t->in[1], 1.0, b, n.inner, n.cols);
    PX_START(pack<Sum>, grid_for(of_c, BLOCK), BLOCK, t->in[2], 1.0, c, n.rows, n.cols);
    PX_START((tiles<T, Stored, Sum, STEP>), grid, LANES, n, static_cast<const Stored *>(a),
             static_cast<const Stored *>(b), c);
    PX_START(unpack<Sum>, grid_for(of_c, BLOCK), BLOCK, *t, static_cast<const Sum *>(c), n.cols);
    return PX_OK;
}

px_status run_wmma(const task *t, workspace *w, px_error *err) {
    if (formats_are(t, "fp16", "fp32")) return start<__half, __half, float, 16>(t, w, err);
    if (formats_are(t, "fp16", "fp16")) return start<__half, __half, __half, 16>(t, w, err);
    if (formats_are(t, "bf16", "fp32")) return start<__nv_bfloat16, __nv_bfloat16, float, 16>(t, w, err);
    return start<wmma::precision::tf32, float, float, 8>(t, w, err); /* numbers of tf32: nothing to convert */
}
