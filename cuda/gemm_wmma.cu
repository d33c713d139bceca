/* Matrix products by the device's matrix unit through WMMA: a warp a tile of 16 x 16, k ascending from the start value;
 * promoted and split as kernel/mma.h says. Operands are packed and padded with zeros to multiples of 16 (tf32: 8), which
 * may turn a result of -0 into +0. What the unit computes is compared with the model of its architecture: class modelled.
 * On sm_90 this is HMMA, not wgmma. */
#include "exec.h"
#include "families.h"
#include "native.cuh"
#include "pack.cuh"

namespace wmma = nvcuda::wmma;

/* A product as it lies in the workspace. A stretch is the terms between two promotions, a whole chunk where there are
 * none; a chunk is one of splitk's, or all terms. Padded, there are rows x inner numbers of A and inner x cols of B
 * for each stretch, and rows x cols sums for each chunk. */
struct sizes {
    int64_t rows, inner, cols;
    int64_t terms, chunk, stretch; /* of all, of a chunk, of a stretch; the last ones may be shorter */

    __device__ __host__ int64_t stretches() const { return (chunk + stretch - 1) / stretch; } /* of a whole chunk */
    __device__ __host__ int64_t chunks() const { return (terms + chunk - 1) / chunk; }
    __device__ __host__ int64_t of_chunk(int64_t c) const { /* terms */
        return terms - c * chunk < chunk ? terms - c * chunk : chunk;
    }
};

static constexpr int SIDE = 16, LANES = 32;

template <int STEP, class Sum> using sums = wmma::fragment<wmma::accumulator, SIDE, SIDE, STEP, Sum>;

/* sum += the products of a tile's row of A and column of B. */
template <class T, int STEP, class Stored, class Sum>
static __device__ inline void multiply(const sizes &n, const Stored *a, const Stored *b, sums<STEP, Sum> &sum) {
    wmma::fragment<wmma::matrix_a, SIDE, SIDE, STEP, T, wmma::row_major> left;
    wmma::fragment<wmma::matrix_b, SIDE, SIDE, STEP, T, wmma::row_major> right;
    for (int64_t k = 0; k < n.inner; k += STEP) {
        wmma::load_matrix_sync(left, a + k, (unsigned)n.inner);
        wmma::load_matrix_sync(right, b + k * n.cols, (unsigned)n.cols);
        wmma::mma_sync(sum, left, right, sum);
    }
}

/* A tile of a chunk's sums, in c, where its start values are: stretch by stretch, each from +0 where they are promoted.
 * Fragments of one type agree on who has which element. */
template <class T, class Stored, class Sums, int STEP, bool PROMOTES>
static __device__ inline void tile_of_chunk(const sizes &n, const Stored *a, const Stored *b,
                                            typename Sums::number *c) {
    int64_t across = n.cols / SIDE, tiles = n.rows / SIDE * across, chunk = (int64_t)blockIdx.x / tiles;
    int64_t i = (int64_t)blockIdx.x % tiles / across * SIDE, j = (int64_t)blockIdx.x % tiles % across * SIDE;
    typename Sums::number *tile = c + (chunk * n.rows + i) * n.cols + j;
    sums<STEP, typename Sums::number> sum, part;
    wmma::load_matrix_sync(sum, tile, (unsigned)n.cols, wmma::mem_row_major);
    for (int64_t k = 0, s = chunk * n.stretches(); k < n.of_chunk(chunk); k += n.stretch, s++) {
        if (PROMOTES) wmma::fill_fragment(part, Sums::of(0.0));
        multiply<T, STEP>(n, a + (s * n.rows + i) * n.inner, b + s * n.inner * n.cols + j, PROMOTES ? part : sum);
        for (int e = 0; PROMOTES && e < part.num_elements; e++) sum.x[e] = Sums::add(sum.x[e], part.x[e]);
    }
    wmma::store_matrix_sync(tile, sum, (unsigned)n.cols, wmma::mem_row_major);
}

template <class T, class Stored, class Sums, int STEP>
static __global__ void tiles(sizes n, const Stored *a, const Stored *b, typename Sums::number *c) {
    tile_of_chunk<T, Stored, Sums, STEP, false>(n, a, b, c);
}

template <class T, class Stored, class Sums, int STEP>
static __global__ void promoted_tiles(sizes n, const Stored *a, const Stored *b, typename Sums::number *c) {
    tile_of_chunk<T, Stored, Sums, STEP, true>(n, a, b, c);
}

/* Chunks are rounded to `split` and added from left to right, in the sums' format; then c is, unless it is +0. */
template <class Sum> static __global__ void join(task t, sizes n, const Sum *from) {
    rounded h = rounded_by(t.recipe);
    int64_t cols = t.out[0].cols, count = t.out[0].rows * cols;
    for (int64_t e = (int64_t)blockIdx.x * BLOCK + threadIdx.x; e < count; e += (int64_t)gridDim.x * BLOCK) {
        int64_t i = e / cols, j = e % cols;
        double sum = 0.0, start = t.in[2].data ? t.in[2].get(i, j) : 0.0;
        for (int64_t chunk = 0; chunk < n.chunks(); chunk++) {
            double part = px_round(t.recipe.split, h.r, unpack_number(from[(chunk * n.rows + i) * n.cols + j]), 0);
            sum = chunk == 0 ? part : h.add(sum, part);
        }
        if (start != 0.0 || signbit(start)) sum = h.add(start, sum);
        t.out[0].set(i, j, last_rounding(t.recipe, sum));
    }
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
    return r.model != PX_MODEL_NONE && (r.order == PX_SEQUENTIAL || r.order == PX_SPLITK) &&
           r.rounding == PX_NEAREST_EVEN &&
           (formats_are(t, "fp16", "fp32") || formats_are(t, "fp16", "fp16") || formats_are(t, "bf16", "fp32") ||
            formats_are(t, "tf32", "fp32")) &&
           r.model == device_model();
}

static int64_t padded(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

static sizes sizes_of(const task *t, int step) {
    const px_recipe &r = t->recipe;
    int64_t k = t->in[0].cols, chunk = r.order == PX_SPLITK ? k / r.splits + (k % r.splits != 0) : k;
    if (chunk < 1) chunk = 1;
    int64_t stretch = r.promote > 0 && r.promote < chunk ? r.promote : chunk;
    return {padded(t->out[0].rows, SIDE), padded(stretch, step), padded(t->out[0].cols, SIDE), k, chunk, stretch};
}

/* The view from its element (i, j) on. */
static view part_of(view v, int64_t i, int64_t j, int64_t rows, int64_t cols) {
    size_t size = px_fits_float(v.fmt) ? sizeof(float) : sizeof(double);
    return {static_cast<char *>(v.data) + (size_t)(i * v.rs + j * v.cs) * size, v.fmt, rows, cols, v.rs, v.cs};
}

/* Each stretch of A and B to its place. */
template <class Stored>
static px_status pack_stretches(const task *t, const sizes &n, Stored *a, Stored *b, px_error *err) {
    int64_t of_a = n.rows * n.inner, of_b = n.inner * n.cols;
    for (int64_t c = 0, s = 0; c < n.chunks(); c++)
        for (int64_t k = 0; k < n.of_chunk(c); k += n.stretch, s++) {
            int64_t first = c * n.chunk + k, terms = n.of_chunk(c) - k < n.stretch ? n.of_chunk(c) - k : n.stretch;
            view left = part_of(t->in[0], 0, first, t->in[0].rows, terms);
            view right = part_of(t->in[1], first, 0, terms, t->in[1].cols);
            PX_START(pack<Stored>, grid_for(of_a, BLOCK), BLOCK, left, t->attr[0], a + s * of_a, n.rows, n.inner);
            PX_START(pack<Stored>, grid_for(of_b, BLOCK), BLOCK, right, 1.0, b + s * of_b, n.inner, n.cols);
        }
    return PX_OK;
}

template <class T, class Stored, class Sums, int STEP>
static px_status start(const task *t, workspace *w, px_error *err) {
    typedef typename Sums::number Sum;
    const sizes n = sizes_of(t, STEP);
    bool split = t->recipe.order == PX_SPLITK;
    int64_t planes = split ? n.chunks() : 1, stretches = n.chunks() * n.stretches();
    int64_t of_a = stretches * n.rows * n.inner, of_b = stretches * n.inner * n.cols, of_c = planes * n.rows * n.cols;
    int64_t grid = of_c / (SIDE * SIDE), results = t->out[0].rows * t->out[0].cols;
    if (results == 0) return PX_OK;
    if (grid > INT_MAX || n.inner > INT_MAX || n.cols > INT_MAX)
        return px_fail(err, PX_INCOMPLETE, "a product too large for the matrix unit's kernel");
    void *memory; /* the sums first: a tile begins at a multiple of 32 bytes, as load_matrix_sync wants it */
    size_t bytes_c = (size_t)of_c * sizeof(Sum);
    PX_TRY(workspace_take(w, bytes_c + (size_t)(of_a + of_b) * sizeof(Stored), &memory, err));
    Sum *c = static_cast<Sum *>(memory);
    Stored *a = reinterpret_cast<Stored *>(static_cast<char *>(memory) + bytes_c), *b = a + of_a;
    const Stored *left = a, *right = b;
    PX_TRY(pack_stretches(t, n, a, b, err));
    if (split)
        PX_CUDA_TRY(cudaMemset(c, 0, bytes_c));
    else
        PX_START(pack<Sum>, grid_for(of_c, BLOCK), BLOCK, t->in[2], 1.0, c, n.rows, n.cols);
    if (grid > 0 && t->recipe.promote > 0)
        PX_START((promoted_tiles<T, Stored, Sums, STEP>), grid, LANES, n, left, right, c);
    else if (grid > 0)
        PX_START((tiles<T, Stored, Sums, STEP>), grid, LANES, n, left, right, c);
    const Sum *sums = c;
    if (split)
        PX_START(join<Sum>, grid_for(results, BLOCK), BLOCK, *t, n, sums);
    else
        PX_START(unpack<Sum>, grid_for(results, BLOCK), BLOCK, *t, sums, n.cols);
    return PX_OK;
}

px_status run_wmma(const task *t, workspace *w, px_error *err) {
    if (formats_are(t, "fp16", "fp32")) return start<__half, __half, single_arithmetic, 16>(t, w, err);
    if (formats_are(t, "fp16", "fp16")) return start<__half, __half, half_arithmetic, 16>(t, w, err);
    if (formats_are(t, "bf16", "fp32")) return start<__nv_bfloat16, __nv_bfloat16, single_arithmetic, 16>(t, w, err);
    return start<wmma::precision::tf32, float, single_arithmetic, 8>(t, w,
                                                                     err); /* numbers of tf32: nothing to convert */
}

/* ---- one dot product, in words ---- */

/* dot->a is the first row of A, dot->b the first column of B, dot->c the first sum; all others are 0. */
template <class Stored, class Sums> static px_status run_dot(px_unit_dot *dot, char *memory, px_error *err) {
    typedef typename Sums::number Sum;
    constexpr int N = SIDE * SIDE, AT_B = N * sizeof(Stored), AT_C = 2 * AT_B;
    char here[AT_C + N * sizeof(Sum)] = {0};
    for (int k = 0; k < SIDE; k++) { /* little-endian, as the device */
        memcpy(here + (size_t)k * sizeof(Stored), &dot->a[k], sizeof(Stored));
        memcpy(here + AT_B + (size_t)(k * SIDE) * sizeof(Stored), &dot->b[k], sizeof(Stored));
    }
    memcpy(here + AT_C, &dot->c, sizeof(Sum));
    PX_CUDA_TRY(cudaMemcpy(memory, here, sizeof here, cudaMemcpyHostToDevice));
    const sizes n = {SIDE, SIDE, SIDE, SIDE, SIDE, SIDE};
    PX_START((tiles<Stored, Stored, Sums, SIDE>), 1, LANES, n, reinterpret_cast<const Stored *>(memory),
             reinterpret_cast<const Stored *>(memory + AT_B), reinterpret_cast<Sum *>(memory + AT_C));
    PX_CUDA_TRY(cudaDeviceSynchronize());
    dot->d = 0;
    PX_CUDA_TRY(cudaMemcpy(&dot->d, memory + AT_C, sizeof(Sum), cudaMemcpyDeviceToHost));
    return PX_OK;
}

px_status unit_dot(px_unit_dot *dot, px_error *err) {
    static_assert(PX_UNIT_TERMS == SIDE, "an instruction's terms");
    const bool half = is_named(dot->in, "fp16"), sums = is_named(dot->out, "fp32");
    if (!(sums && (half || is_named(dot->in, "bf16"))) && !(half && is_named(dot->out, "fp16")))
        return px_fail(err, PX_SKIPPED, "no matrix unit for these formats");
    char *memory = nullptr;
    PX_CUDA_TRY(cudaMalloc(&memory, 3 * SIDE * SIDE * sizeof(float)));
    px_status status = !half  ? run_dot<__nv_bfloat16, single_arithmetic>(dot, memory, err)
                       : sums ? run_dot<__half, single_arithmetic>(dot, memory, err)
                              : run_dot<__half, half_arithmetic>(dot, memory, err);
    cudaFree(memory);
    return status;
}
