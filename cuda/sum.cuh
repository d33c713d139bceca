/* Sums on the device, in every order of kernel/sum.h, whose words and step numbers these are.
 *
 * The order is part of the result, so what is parallel is what the order leaves free: orders that are chains run in one
 * thread a result (chain_sum), trees and blocks by all threads of a block (block_sum). Nothing depends on the number of
 * threads. Loops over additions are not unrolled: an addition is a call, and a kernel may have several block_sums. */
#ifndef PX_CUDA_SUM_CUH
#define PX_CUDA_SUM_CUH

#include "arith.cuh"
#include "task.h"

/* Numbers `stride` apart in a float or double array. */
struct numbers {
    const void *data;
    bool single;
    int64_t stride;
    __device__ double operator[](int64_t k) const {
        return single ? (double)static_cast<const float *>(data)[k * stride]
                      : static_cast<const double *>(data)[k * stride];
    }
};

static __device__ inline numbers row_of(const view &v, int64_t i) {
    bool single = px_fits_float(v.fmt);
    return {static_cast<const char *>(v.data) + i * v.rs * (single ? 4 : 8), single, v.cs};
}

static __device__ inline numbers column_of(const view &v, int64_t j) {
    bool single = px_fits_float(v.fmt);
    return {static_cast<const char *>(v.data) + j * v.cs * (single ? 4 : 8), single, v.rs};
}

static __device__ inline numbers array_of(const double *x) { return {x, false, 1}; }

/* c + sign (x_0 + x_1 + ...), x_k = a_k or, with products, a_k b_k. */
struct series {
    int64_t n;
    numbers a, b;
    bool products;
    double c, sign;
    uint64_t stream, element;
};

/* A term of a sum: a, or the product a b that is not rounded yet. */
struct addend {
    double a, b;
    bool product;
};

struct summation {
    const px_recipe &recipe;
    px_rounding r;
    series s;

    __device__ summation(const px_recipe &how, const series &what)
        : recipe(how), r{how.rounding, how.sr_bits}, s(what) {}

    __device__ uint64_t bits(uint64_t step) const { return px_bits_for(r, s.stream, s.element, step); }
    __device__ uint64_t after(int64_t k) const { return 2 * (uint64_t)s.n + (uint64_t)k; }

    __device__ addend at(int64_t k) const {
        double a = s.a[k];
        if (!s.products) return {s.sign * a, 1.0, false};
        double b = s.b[k];
        if (recipe.fused || px_fp_is_exact(recipe.mul)) return {s.sign * a, b, true};
        return {s.sign * px_mul(recipe.mul, r, a, b, bits(2 * (uint64_t)k)), 1.0, false};
    }
    __device__ double plus(double x, double y, uint64_t step) const { return px_add(recipe.acc, r, x, y, bits(step)); }
    __device__ double plus(double x, const addend &y, uint64_t step) const {
        return y.product ? px_fma(recipe.acc, r, y.a, y.b, x, bits(step)) : plus(x, y.a, step);
    }
    __device__ double plus(const addend &x, const addend &y, uint64_t step) const {
        if (!x.product) return plus(x.a, y, step);
        if (!y.product) return plus(y.a, x, step);
        px_exact sum = px_exact_sum(r, px_exact_mul(x.a, x.b, nullptr), px_exact_mul(y.a, y.b, nullptr), nullptr);
        return px_exact_round(recipe.acc, r, sum, bits(step), nullptr);
    }
    /* |x| <=> |y|, neither NaN. */
    __device__ int compare(const addend &x, const addend &y) const {
        if (!x.product && !y.product) return fabs(x.a) < fabs(y.a) ? -1 : fabs(x.a) > fabs(y.a);
        return px_exact_compare_magnitude(px_exact_mul(x.a, x.b, nullptr), px_exact_mul(y.a, y.b, nullptr));
    }
    __device__ static bool is_nan(const addend &x) { return isnan(x.a * x.b); }

    __device__ double finish(double sum) const { return px_round(recipe.out, r, sum, bits(UINT64_MAX)); }
    /* rnd(c + sum) unless c is +0: the end of orders that do not start with c. */
    __device__ double add_start(double sum) const {
        return s.c == 0.0 && !signbit(s.c) ? sum : plus(s.c, sum, UINT64_MAX - 1);
    }
};

/* Is the order run by one thread a result? Chains are, and blocks where there are results enough for all threads. */
static inline bool by_one_thread(const px_recipe &r, int64_t results) {
    if (r.order == PX_BLOCKED || r.order == PX_SPLITK) return results >= 256;
    return r.order != PX_PAIRWISE && r.order != PX_SORTED_UP && r.order != PX_SORTED_DOWN;
}

/* Terms of a block of the orders blocked and splitk; what their sums are rounded to. */
static __device__ inline int64_t block_length(const summation &q) {
    return q.recipe.order == PX_BLOCKED ? q.recipe.block : q.s.n / q.recipe.splits + (q.s.n % q.recipe.splits != 0);
}
static __device__ inline px_fp block_format(const summation &q) {
    return q.recipe.order == PX_SPLITK ? q.recipe.split : px_fp_exact();
}

/* `count` terms from the `first`, `by` apart. */
static __device__ inline double chain(const summation &q, double start, int64_t first, int64_t count, int64_t by) {
    double sum = start;
#pragma unroll 1
    for (int64_t i = 0, k = first; i < count; i++, k += by) sum = q.plus(sum, q.at(k), 2 * (uint64_t)k + 1);
    return sum;
}

static __device__ inline double kahan_sum(const summation &q) {
    double sum = q.s.c, lost = 0.0;
#pragma unroll 1
    for (int64_t k = 0; k < q.s.n; k++) {
        double y = q.plus(-lost, q.at(k), q.after(3 * k)), t = q.plus(sum, y, 2 * (uint64_t)k + 1);
        lost = q.plus(q.plus(t, -sum, q.after(3 * k + 1)), -y, q.after(3 * k + 2));
        sum = t;
    }
    return sum;
}

static __device__ inline double neumaier_sum(const summation &q) {
    double sum = q.s.c, lost = 0.0;
#pragma unroll 1
    for (int64_t k = 0; k < q.s.n; k++) {
        addend x = q.at(k);
        double t = q.plus(sum, x, 2 * (uint64_t)k + 1);
        bool sum_first = !isnan(sum) && !q.is_nan(x) && q.compare({sum, 1.0, false}, x) >= 0;
        double inner = sum_first ? q.plus(sum, -t, q.after(3 * k)) : q.plus(-t, x, q.after(3 * k));
        double e = sum_first ? q.plus(inner, x, q.after(3 * k + 1)) : q.plus(inner, sum, q.after(3 * k + 1));
        lost = q.plus(lost, e, q.after(3 * k + 2));
        sum = t;
    }
    return q.plus(sum, lost, UINT64_MAX - 2);
}

/* The sum of block j, rounded. */
static __device__ inline double block_of_terms(const summation &q, int64_t length, int64_t j) {
    int64_t k = j * length, count = q.s.n - k < length ? q.s.n - k : length;
    return px_round(block_format(q), q.r, chain(q, 0.0, k, count, 1), q.bits(q.after(2 * j)));
}

static __device__ inline double blocks_in_turn(const summation &q) {
    int64_t length = block_length(q);
    double sum = block_of_terms(q, length, 0);
#pragma unroll 1
    for (int64_t j = 1; j * length < q.s.n; j++) sum = q.plus(sum, block_of_terms(q, length, j), q.after(2 * j + 1));
    return q.add_start(sum);
}

/* An order that by_one_thread accepts, by the calling thread alone, before the last rounding. */
static __device__ inline double chain_sum(const summation &q) {
    if (q.recipe.order == PX_BLOCKED || q.recipe.order == PX_SPLITK) return blocks_in_turn(q);
    if (q.recipe.order == PX_KAHAN) return kahan_sum(q);
    if (q.recipe.order == PX_NEUMAIER) return neumaier_sum(q);
    return q.recipe.order == PX_REVERSE ? chain(q, q.s.c, q.s.n - 1, q.s.n, -1) : chain(q, q.s.c, 0, q.s.n, 1);
}

/* The tree of neighbours, by a whole block. A tile of 2 TEAM consecutive terms is a subtree; its levels are made in
 * shared memory, an odd last element moving up. The tiles' sums are joined as binary counting goes: after t tiles there
 * is one finished subtree for each digit 1 of t. All threads get the result. */
static __device__ inline double tree_sum(const summation &q) {
    PX_SHARED(addend, level, [2][TEAM]); /* of one level and of the next, by turns */
    PX_SHARED(addend, finished, [64]);
    PX_SHARED(int64_t, first_term, [64]);
    int t = (int)threadIdx.x, top = 0;
    int64_t n = q.s.n;
#pragma unroll 1
    for (int64_t base = 0, tile = 0; base < n; base += 2 * TEAM, tile++) {
        int64_t k = base + 2 * t, size = 2;
        if (k + 1 < n)
            level[0][t] = {q.plus(q.at(k), q.at(k + 1), 2 * (uint64_t)(k + 1) + 1), 1.0, false};
        else if (k < n)
            level[0][t] = q.at(k);
        __syncthreads();
        int now = 0;
        int width = (int)((n - base < 2 * TEAM ? n - base : 2 * TEAM) + 1) / 2;
#pragma unroll 1
        for (; width > 1; width = (width + 1) / 2, size *= 2) {
            const addend *from = level[now];
            now = 1 - now;
            int left = 2 * t, right = left + 1;
            if (right < width)
                level[now][t] = {q.plus(from[left], from[right], 2 * (uint64_t)(base + right * size) + 1), 1.0, false};
            else if (left < width)
                level[now][t] = from[left];
            __syncthreads();
        }
        int joins = top; /* at the end all; before it, as many as tile + 1 has zeros below its lowest 1 */
        if (base + 2 * TEAM < n)
            for (joins = 0; !((tile + 1) >> joins & 1);) joins++;
        if (t == 0) {
            finished[top] = level[now][0];
            first_term[top] = base;
#pragma unroll 1
            for (int at = top; at > top - joins; at--) {
                double sum = q.plus(finished[at - 1], finished[at], 2 * (uint64_t)first_term[at] + 1);
                finished[at - 1] = {sum, 1.0, false};
            }
        }
        top += 1 - joins;
        __syncthreads();
    }
    addend whole = finished[0];
    __syncthreads(); /* nobody begins the next sum before all have read this one */
    return n == 1 ? q.plus(0.0, whole, 1) : whole.a;
}

/* Each block of terms by one thread; their sums from left to right. */
static __device__ inline double blocked_sum(const summation &q) {
    PX_SHARED(double, partial, [TEAM]);
    PX_SHARED(double, result, [1]);
    int t = (int)threadIdx.x;
    int64_t length = block_length(q), blocks = (q.s.n + length - 1) / length;
#pragma unroll 1
    for (int64_t first = 0; first < blocks; first += TEAM) {
        if (first + t < blocks) partial[t] = block_of_terms(q, length, first + t);
        __syncthreads();
        if (t == 0) {
            double sum = first == 0 ? partial[0] : result[0];
#pragma unroll 1
            for (int i = first == 0 ? 1 : 0; i < TEAM && first + i < blocks; i++)
                sum = q.plus(sum, partial[i], q.after(2 * (first + i) + 1));
            result[0] = sum;
        }
        __syncthreads();
    }
    double sum = result[0];
    __syncthreads();
    return sum;
}

/* Does term x come before term y? By magnitude, NaN last, ties by index. */
static __device__ inline bool comes_before(const summation &q, int64_t x, int64_t y) {
    addend a = q.at(x), b = q.at(y);
    bool nan_a = q.is_nan(a), nan_b = q.is_nan(b);
    int order = nan_a || nan_b ? (int)nan_a - (int)nan_b : q.compare(a, b) * (q.recipe.order == PX_SORTED_UP ? 1 : -1);
    return order ? order < 0 : x < y;
}

/* Merge sort by ranks: in each round every term finds its place by bisection in the run beside its own. room: 2 n. */
static __device__ inline double sorted_sum(const summation &q, int64_t *room) {
    PX_SHARED(double, result, [1]);
    int64_t n = q.s.n, *from = room, *to = room + n;
    for (int64_t k = threadIdx.x; k < n; k += TEAM) from[k] = k;
    __syncthreads();
#pragma unroll 1
    for (int64_t run = 1; run < n; run *= 2) {
#pragma unroll 1
        for (int64_t k = threadIdx.x; k < n; k += TEAM) {
            int64_t own = k / run * run, other = own / run % 2 ? own - run : own + run;
            int64_t low = other < n ? other : n, high = other + run < n ? other + run : n, end = low;
            while (low < high) {
                int64_t half = low + (high - low) / 2;
                if (comes_before(q, from[half], from[k]))
                    low = half + 1;
                else
                    high = half;
            }
            to[(own < other ? own : other) + (k - own) + (low - end)] = from[k];
        }
        __syncthreads();
        int64_t *swap = from;
        from = to;
        to = swap;
    }
    if (threadIdx.x == 0) {
        double sum = q.s.c;
#pragma unroll 1
        for (int64_t i = 0; i < n; i++) sum = q.plus(sum, q.at(from[i]), 2 * (uint64_t)from[i] + 1);
        result[0] = sum;
    }
    __syncthreads();
    double sum = result[0];
    __syncthreads();
    return sum;
}

static __device__ inline double lone_chain(const summation &q) {
    PX_SHARED(double, result, [1]);
    if (threadIdx.x == 0) result[0] = chain_sum(q);
    __syncthreads();
    double sum = result[0];
    __syncthreads();
    return sum;
}

/* The whole sum before the last rounding, by all TEAM threads of a block together; all get it. room: 2 n if sorted. */
static __device__ inline double block_sum(const summation &q, int64_t *room) {
    if (q.s.n == 0) return q.s.c;
    switch ((px_order)q.recipe.order) {
    case PX_PAIRWISE: return q.add_start(tree_sum(q));
    case PX_BLOCKED:
    case PX_SPLITK: return q.add_start(blocked_sum(q));
    case PX_SORTED_UP:
    case PX_SORTED_DOWN: return sorted_sum(q, room);
    default: return lone_chain(q);
    }
}

/* Bytes of block_sum's room for a block. */
static inline size_t sum_room(const px_recipe &r, int64_t n) {
    return r.order == PX_SORTED_UP || r.order == PX_SORTED_DOWN ? 2 * (size_t)n * sizeof(int64_t) : 0;
}

#endif
