#include "kernel/algorithm.h"

#include <math.h>

#include "arith/round.h"

static const px_rounding nearest = {PX_NEAREST_EVEN, 0};

/* ---- bf16xN ---- */

static double part_of(px_fp bf16, double x, int part) {
    double y = px_round(bf16, nearest, x, 0);
    for (int i = 0; i < part; i++) {
        x -= y; /* exact: 24 bits less their leading ones */
        y = px_round(bf16, nearest, x, 0);
    }
    return y;
}

static void expand_parts(const px_recipe *r, int side, int64_t n, const double *x, double *copies) {
    static const char pairs[9][2] = {{2, 2}, {1, 2}, {2, 1}, {0, 2}, {1, 1}, {2, 0}, {0, 1}, {1, 0}, {0, 0}};
    int count = px_algorithm_copies((px_algorithm)r->algorithm);
    px_fp bf16 = px_algorithm_operand((px_algorithm)r->algorithm, px_fp_exact());
    for (int c = 0; c < count; c++)
        for (int64_t k = 0; k < n; k++) copies[c * n + k] = part_of(bf16, x[k], pairs[9 - count + c][side]);
}

/* ---- block-scaled ---- */

static double largest_of(int64_t n, const double *x) {
    double largest = 0;
    for (int64_t k = 0; k < n; k++) {
        if (!isfinite(x[k])) return (double)INFINITY;
        if (fabs(x[k]) > largest) largest = fabs(x[k]);
    }
    return largest;
}

static void scale_block(px_fp element, int64_t n, const double *x, double *y) {
    double largest = largest_of(n, x);
    int e = 0;
    frexp(largest, &e);
    e -= 1 + element.emax;
    e = e < -127 ? -127 : e > 127 ? 127 : e;
    for (int64_t k = 0; k < n; k++) {
        double q = px_round(element, nearest, ldexp(x[k], -e), 0);
        y[k] = isinf(largest) ? (double)NAN : largest == 0 ? x[k] : ldexp(q, e);
    }
}

void px_algorithm_expand(const px_recipe *r, int side, int64_t n, const double *x, double *copies) {
    px_algorithm algorithm = (px_algorithm)r->algorithm;
    PX_ASSERT(px_algorithm_replaces(algorithm));
    if (px_algorithm_copies(algorithm) > 1) {
        expand_parts(r, side, n, x, copies);
        return;
    }
    PX_ASSERT(r->mx_block > 0);
    px_fp element = px_algorithm_element(algorithm);
    for (int64_t k = 0; k < n; k += r->mx_block)
        scale_block(element, n - k < r->mx_block ? n - k : r->mx_block, x + k, copies + k);
}

/* ---- ozaki ---- */

int px_ozaki_split(int slices, int64_t n, const double *x, int8_t *q) {
    double largest = largest_of(n, x);
    int e = 0;
    if (isinf(largest)) return PX_OZAKI_SPECIAL;
    frexp(largest, &e);
    for (int64_t k = 0; k < n; k++)
        for (int i = 0; i < slices; i++) {
            /* the bits of x below 2^(e - 7i) and not below 2^(e - 7i - 7), by exact steps */
            double above = i == 0 ? 0 : ldexp(trunc(ldexp(x[k], PX_OZAKI_BITS * i - e)), PX_OZAKI_BITS);
            q[i * n + k] = (int8_t)(trunc(ldexp(x[k], PX_OZAKI_BITS * (i + 1) - e)) - above);
        }
    return e;
}

static int64_t integer_dot(int64_t n, const int8_t *x, const int8_t *y) {
    enum { CHUNK = 1 << 16 }; /* 127^2 times this is below 2^31 */
    int64_t sum = 0;
    for (int64_t first = 0; first < n; first += CHUNK) {
        int64_t last = n - first < CHUNK ? n : first + CHUNK;
        int32_t part = 0;
        for (int64_t k = first; k < last; k++) part += x[k] * y[k];
        sum += part;
    }
    return sum;
}

double px_ozaki_sum(const px_recipe *r, int64_t n, const int8_t *qa, int e_a, const int8_t *qb, int e_b, double c) {
    int s = r->slices;
    if (e_a == PX_OZAKI_SPECIAL || e_b == PX_OZAKI_SPECIAL) return px_round(r->out, nearest, (double)NAN, 0);
    double sum = 0;
    for (int level = s + 1; level >= 2; level--)
        for (int i = 1; i < level; i++) {
            int64_t exact = integer_dot(n, qa + (i - 1) * n, qb + (level - i - 1) * n);
            sum = px_add(r->acc, nearest, sum, ldexp((double)exact, e_a + e_b - PX_OZAKI_BITS * level), 0);
        }
    if (c != 0.0 || signbit(c)) sum = px_add(r->acc, nearest, c, sum, 0);
    return px_round(r->out, nearest, sum, 0);
}

/* ---- dot2 ---- */

double px_dot2(const px_recipe *r, const px_terms *t) {
    px_fp f = r->acc;
    double p = t->c, s = 0;
    for (int64_t k = 0; k < t->n; k++) {
        double a = t->sign * t->a[k * t->stride_a], b = t->b[k * t->stride_b];
        double h = px_mul(f, nearest, a, b, 0), rest = px_fma(f, nearest, a, b, -h, 0);
        double sum = px_add(f, nearest, p, h, 0), z = px_sub(f, nearest, sum, p, 0);
        double of_p = px_sub(f, nearest, p, px_sub(f, nearest, sum, z, 0), 0);
        double q = px_add(f, nearest, of_p, px_sub(f, nearest, h, z, 0), 0);
        p = sum;
        s = px_add(f, nearest, s, px_add(f, nearest, q, rest, 0), 0);
    }
    return px_round(r->out, nearest, px_add(f, nearest, p, s, 0), 0);
}
