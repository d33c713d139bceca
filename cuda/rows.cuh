/* What a block does with a row of numbers, and the steps that rows have in common. */
#ifndef PX_CUDA_ROWS_CUH
#define PX_CUDA_ROWS_CUH

#include "sum.cuh"

/* A block's piece of the workspace: `arrays` arrays of n doubles, then block_sum's room. */
struct scratch {
    char *memory;
    int64_t bytes, n;
    int arrays;
    __device__ double *array(int k) const { return reinterpret_cast<double *>(memory + blockIdx.x * bytes) + k * n; }
    __device__ int64_t *room() const { return reinterpret_cast<int64_t *>(array(arrays)); }
};

/* For `things` rows or columns of n numbers, a block each: the grid, and scratch for it. */
static inline px_status scratch_for(const task *t, workspace *w, int64_t things, int arrays, int64_t n, int64_t *grid,
                                    scratch *s, px_error *err) {
    constexpr int64_t BLOCKS = 1024;
    *grid = things < 1 ? 1 : things > BLOCKS ? BLOCKS : things;
    s->n = n;
    s->arrays = arrays;
    s->bytes = (int64_t)((size_t)arrays * (size_t)n * sizeof(double) + sum_room(t->recipe, n));
    void *memory;
    PX_TRY(workspace_take(w, (size_t)*grid * (size_t)s->bytes, &memory, err));
    s->memory = static_cast<char *>(memory);
    return PX_OK;
}

/* The numbers j = threadIdx.x, + TEAM, ... of a row; not unrolled, as in sum.cuh. */
#define PX_EACH(j, n) _Pragma("unroll 1") for (int64_t j = threadIdx.x; j < (n); j += TEAM)

/* SUM_j a_j, DOT_j a_j b_j, in the words of op/layer.h: not rounded to recipe.out at the end. By the whole block. */
static __device__ inline double sum_of(const px_recipe &recipe, int64_t n, const numbers &a, int64_t *room) {
    series s = {};
    s.n = n;
    s.a = a;
    s.sign = 1.0;
    return block_sum(summation(recipe, s), room);
}

static __device__ inline double dot_of(const px_recipe &recipe, int64_t n, const numbers &a, const numbers &b,
                                       int64_t *room) {
    series s = {};
    s.n = n;
    s.a = a;
    s.b = b;
    s.products = true;
    s.sign = 1.0;
    return block_sum(summation(recipe, s), room);
}

/* NaN if one of the two is. */
static __device__ inline double larger(double a, double b) { return isnan(a) || b < a ? a : b; }

/* The last of the largest of n numbers, NaN if one is: that of all is found from neighbours, whose order is kept, since
 * -0 and +0 are alike. By the whole block. */
static __device__ inline double largest_of(int64_t n, const double *z, double sign = 1.0) {
    PX_SHARED(double, tops, [TEAM]);
    int64_t share = (n + TEAM - 1) / TEAM, first = threadIdx.x * share, last = first + share < n ? first + share : n;
    double top = -(double)INFINITY;
    for (int64_t j = first; j < last; j++) top = j == first ? sign * z[j] : larger(top, sign * z[j]);
    tops[threadIdx.x] = top;
    __syncthreads();
    for (int apart = 1; apart < TEAM; apart *= 2) {
        if (threadIdx.x % (2 * apart) == 0 && (threadIdx.x + apart) * share < n)
            tops[threadIdx.x] = larger(tops[threadIdx.x], tops[threadIdx.x + apart]);
        __syncthreads();
    }
    top = tops[0];
    __syncthreads();
    return top;
}

static __device__ inline double smallest_of(int64_t n, const double *z) { return -largest_of(n, z, -1.0); }

/* z becomes e^(z - top); returns their sum. By the whole block. */
static __device__ inline double powers_below(const px_recipe &recipe, int64_t n, double *z, double top, int64_t *room) {
    rounded h = rounded_by(recipe);
    PX_EACH(j, n) z[j] = h.exp(h.sub(z[j], top));
    __syncthreads();
    return sum_of(recipe, n, array_of(z), room);
}

/* What is stored is rounded to the format of the slot. */
static __device__ inline void store(const task &t, int k, int64_t i, int64_t j, double x) {
    t.out[k].set(i, j, px_round(t.out[k].fmt, {t.recipe.rounding, t.recipe.sr_bits}, x, 0));
}

#endif
