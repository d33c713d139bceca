/* The census of a tensor, where it lies. A block counts into places of its own and adds these to everybody's: both by
 * integer atomics, so that no order shows. */
#include "exec.h"

typedef unsigned long long word; /* what atomics take */

/* The places: a count of the list each, then the exponents. */
#define PX_CENSUS_PLACE(field, text) PLACE_##field,
enum { PX_CENSUS_COUNTS(PX_CENSUS_PLACE) BINS, PLACES = BINS + PX_CENSUS_HIGHEST - PX_CENSUS_LOWEST + 1 };
#undef PX_CENSUS_PLACE

/* What the numbers should be, on the device, in the tensor's order; a part that is NULL is 0 everywhere. */
struct exact_numbers {
    const double *hi, *lo, *radius;
    bool known;
};

static __device__ inline double part(const double *of, int64_t e) { return of ? of[e] : 0.0; }

/* floor(log2 x) of a finite x > 0, from its word; a subnormal one is made normal first. */
static __device__ inline int exponent_of(double x) {
    bool subnormal = x < DBL_MIN;
    long long bits = __double_as_longlong(subnormal ? __dmul_rn(x, 0x1p54) : x);
    return (int)(bits >> 52) - 1023 - (subnormal ? 54 : 0);
}

/* A block's counts: fewer numbers than an unsigned holds. */
struct places {
    unsigned *count;
    __device__ void add(int place, bool holds) const {
        if (holds) atomicAdd(&count[place], 1u);
    }
    __device__ void number(double x, double least_normal) const {
        double size = fabs(x);
        add(PLACE_n_zero, x == 0);
        add(PLACE_n_inf, isinf(x));
        add(PLACE_n_nan, isnan(x));
        add(PLACE_n_subnormal, x != 0 && size < least_normal);
        if (x != 0 && isfinite(x)) add(BINS + exponent_of(size) - PX_CENSUS_LOWEST, true);
    }
    __device__ void beside(double x, px_fp fmt, double hi, double lo, double radius) const {
        if (!isfinite(hi)) return;
        bool zero = fabs(__dadd_rn(hi, lo)) <= radius;
        bool stopped = !px_fp_is_exact(fmt) && fabs(x) == fmt.max_finite && fabs(hi) > fmt.max_finite;
        add(PLACE_n_ref_zero, zero);
        add(PLACE_n_flushed, x == 0 && !zero);
        add(PLACE_n_overflowed, !isfinite(x) || stopped);
    }
};

static __global__ void count_numbers(view tensor, exact_numbers exact, word *everybodys) {
    PX_SHARED(unsigned, own, [PLACES]);
    places here = {own};
    for (int k = (int)threadIdx.x; k < PLACES; k += BLOCK) own[k] = 0;
    __syncthreads();
    double least_normal = px_fp_is_exact(tensor.fmt) ? DBL_MIN : px_fp_min_normal(tensor.fmt);
    for (int64_t e = (int64_t)blockIdx.x * BLOCK + threadIdx.x; e < tensor.cols; e += (int64_t)gridDim.x * BLOCK) {
        double x = tensor.get(0, e);
        here.number(x, least_normal);
        if (exact.known) here.beside(x, tensor.fmt, part(exact.hi, e), part(exact.lo, e), part(exact.radius, e));
    }
    __syncthreads();
    for (int k = (int)threadIdx.x; k < PLACES; k += BLOCK)
        if (own[k] > 0) atomicAdd(&everybodys[k], (word)own[k]);
}

/* A part of the truth, which others have made, to the device; *sent stays NULL where it is absent. */
static px_status send(const px_mat *m, double *to, const double **sent, px_error *err) {
    if (!m->data) return PX_OK;
    size_t bytes = (size_t)m->rows * (size_t)m->cols * sizeof(double);
    double *x = static_cast<double *>(malloc(bytes));
    if (!x) px_out_of_memory(bytes);
    px_mat_get_block(m, 0, 0, m->rows, m->cols, x, m->cols, 1);
    cudaError_t error = cudaMemcpy(to, x, bytes, cudaMemcpyHostToDevice);
    free(x);
    *sent = to;
    return error == cudaSuccess ? PX_OK : cuda_failed(error, "cudaMemcpy to the device", err);
}

static px_status send_truth(const px_wide *truth, int64_t n, double *to, exact_numbers *exact, px_error *err) {
    *exact = {};
    if (!truth) return PX_OK;
    exact->known = true;
    PX_TRY(send(&truth->hi, to, &exact->hi, err));
    PX_TRY(send(&truth->lo, to + n, &exact->lo, err));
    return send(&truth->radius, to + 2 * n, &exact->radius, err);
}

static void add_counts(px_census *census, int64_t n, const word *found) {
    census->n += n;
#define PX_CENSUS_SUM(field, text) census->field += (int64_t)found[PLACE_##field];
    PX_CENSUS_COUNTS(PX_CENSUS_SUM)
#undef PX_CENSUS_SUM
    for (int e = PX_CENSUS_LOWEST; e <= PX_CENSUS_HIGHEST; e++) {
        word entries = found[BINS + e - PX_CENSUS_LOWEST];
        if (entries == 0) continue;
        census->bin[e - PX_CENSUS_LOWEST] += (int64_t)entries;
        if (e < census->lowest) census->lowest = e;
        if (e > census->highest) census->highest = e;
    }
}

px_status state_census(void *st, int slot, const px_wide *truth, px_census *census, px_error *err) {
    state *s = static_cast<state *>(st);
    PX_ASSERT(slot >= 0 && slot < s->prog->n_slots);
    const px_slot *of = &s->prog->slots[slot];
    PX_ASSERT(!truth || !truth->hi.data || (truth->hi.rows == of->rows && truth->hi.cols == of->cols));
    int64_t n = of->rows * of->cols;
    if (n == 0) return PX_OK;
    word found[PLACES];
    void *memory;
    size_t of_truth = truth ? 3 * (size_t)n * sizeof(double) : 0;
    PX_TRY(workspace_take(&s->work, sizeof found + of_truth, &memory, err));
    word *counts = static_cast<word *>(memory);
    exact_numbers exact;
    PX_TRY(send_truth(truth, n, reinterpret_cast<double *>(counts + PLACES), &exact, err));
    PX_CUDA_TRY(cudaMemset(counts, 0, sizeof found));
    view tensor = {s->slots[slot], of->fmt, 1, n, n, 1};
    PX_START(count_numbers, grid_for(n, 16 * BLOCK), BLOCK, tensor, exact, counts);
    PX_CUDA_TRY(cudaMemcpy(found, counts, sizeof found, cudaMemcpyDeviceToHost)); /* after the kernel */
    add_counts(census, n, found);
    return PX_OK;
}
