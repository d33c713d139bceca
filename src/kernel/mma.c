#include "kernel/mma.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "arith/round.h"

/* A finite number as the unit holds it: (-1)^minus significand 2^(exponent - bits), bits the format's p - 1. */
typedef struct operand {
    uint64_t significand;
    int exponent;
    bool minus;
} operand;

/* x belongs to f, a format narrower than binary64, so x is zero or a normal double. */
static operand operand_of(px_fp f, double x) {
    uint64_t word;
    memcpy(&word, &x, sizeof word);
    int exponent = (int)(word >> 52 & 0x7ff) - 1023;
    uint64_t significand = (word & (UINT64_MAX >> 12)) | (uint64_t)1 << 52;
    bool subnormal = exponent < f.emin;
    if (x == 0.0 || (subnormal && !f.subnormals)) return (operand){0, f.emin, word >> 63};
    int drop = 53 - f.p + (subnormal ? f.emin - exponent : 0);
    return (operand){significand >> drop, subnormal ? f.emin : exponent, word >> 63};
}

/* A term of the sum: magnitude 2^(exponent - bits), magnitude < 4 * 2^bits. */
typedef struct term {
    uint64_t magnitude;
    int exponent, bits;
    bool minus, counts; /* counts: takes part in the largest exponent */
} term;

enum {
    ZERO_EXPONENT = -126, /* of a zero, where quirks let it count */
    MAX_WIDTH = 64        /* twice the widest unit of the list */
};

static term product_of(const px_mma *u, double a, double b) {
    operand x = operand_of(u->a, a), y = operand_of(u->b, b);
    term t = {x.significand * y.significand, x.exponent + y.exponent, u->a.p + u->b.p - 2, x.minus != y.minus, true};
    if (t.magnitude == 0) {
        t.counts = u->quirks.zero_product_counts;
        t.exponent = (x.significand ? x.exponent : ZERO_EXPONENT) + (y.significand ? y.exponent : ZERO_EXPONENT);
    } else if (u->normalised && t.magnitude >> (t.bits + 1)) {
        t.exponent++;
        t.bits++;
    }
    return t;
}

static term start_of(const px_mma *u, double c) {
    operand x = operand_of(u->out, c);
    term t = {x.significand, x.exponent, u->out.p - 1, x.minus, true};
    if (t.magnitude == 0) {
        t.counts = u->quirks.zero_c_counts && u->out.emin == ZERO_EXPONENT;
        t.exponent = ZERO_EXPONENT;
    } else if (u->quirks.normalised_c && u->out.p == 11) {
        for (; !(t.magnitude >> t.bits); t.bits--) t.exponent--;
    }
    return t;
}

/* The term in units of 2^(largest - fraction), cut toward zero: below 2^(fraction + 2). 32 bits would not hold the
 * sums: 16 products and a start value reach 2.2e9 at fraction 25. */
static int64_t cut(term t, int largest, int fraction) {
    int shift = (fraction - t.bits) - (largest - t.exponent);
    uint64_t m = shift >= 0 ? t.magnitude << shift : shift > -64 ? t.magnitude >> -shift : 0;
    return t.minus ? -(int64_t)m : (int64_t)m;
}

/* x, the sum of a block, rounded to the unit's acc format. */
static double round_sum(const px_mma *u, double x) {
    double y = px_round(u->acc, (px_rounding){u->rounding, 0}, x, 0);
    if (u->acc.overflow == PX_OVERFLOW_INF && fabs(x) >= ldexp(1.0, u->acc.emax + 1))
        return copysign((double)INFINITY, x);
    return y == 0.0 && u->quirks.positive_underflow ? 0.0 : y;
}

/* Steps 3 to 5 of the definition, for n finite terms. 2^(largest - fraction) times an integer of 40 bits is a double,
 * in the whole range of bf16 products. */
static double sum_of(const px_mma *u, const term *terms, int n) {
    int largest = INT_MIN;
    for (int i = 0; i < n; i++)
        if (terms[i].counts && terms[i].exponent > largest) largest = terms[i].exponent;
    if (largest == INT_MIN) return 0.0;
    if (u->floor != PX_MMA_NO_FLOOR && !u->quirks.no_floor && largest < u->floor) largest = u->floor;
    int64_t sum = 0;
    for (int i = 0; i < n; i++)
        if (terms[i].magnitude) sum += cut(terms[i], largest, u->fraction);
    return sum == 0 ? 0.0 : round_sum(u, ldexp((double)sum, largest - u->fraction));
}

/* Block j of the step that begins at k0. The blocks of a step take its elements in turn, two at a time. */
static double block(const px_mma *u, const px_terms *t, int64_t k0, int j, double start) {
    term terms[MAX_WIDTH + 1];
    int n = 0;
    double special = isfinite(start) ? 0.0 : start; /* infinities and NaNs, added by the rules of IEEE 754 */
    for (int i = 0; i < u->width; i++) {
        int64_t k = k0 + (int64_t)(i / 2) * 2 * u->blocks + 2 * j + i % 2;
        if (k >= t->n) break;
        double a = t->sign * t->a[k * t->stride_a], b = t->b[k * t->stride_b];
        if (isfinite(a) && isfinite(b))
            terms[n++] = product_of(u, a, b);
        else
            special += a * b;
    }
    if (isnan(special)) return (double)NAN;
    if (special != 0.0) return special;
    terms[n++] = start_of(u, start);
    return sum_of(u, terms, n);
}

double px_mma_sum(const px_mma *u, const px_terms *t) {
    PX_ASSERT(t->a && t->b && u->width >= 1 && u->width <= MAX_WIDTH);
    PX_ASSERT(u->fraction != PX_MMA_UNCUT || u->width == 1);
    const px_rounding nearest = px_rounding_of(PX_NEAREST_EVEN);
    int64_t step = (int64_t)u->width * u->blocks, steps = (t->n + step - 1) / step;
    double d = t->c;
    for (int64_t s = 0; s < steps; s++) {
        int64_t k0 = (u->descending ? steps - 1 - s : s) * step;
        if (u->fraction == PX_MMA_UNCUT) {
            d = px_fma(u->out, nearest, t->sign * t->a[k0 * t->stride_a], t->b[k0 * t->stride_b], d, 0);
            continue;
        }
        double sum = u->late_c ? 0.0 : d;
        for (int j = 0; j < u->blocks; j++) sum = block(u, t, k0, j, sum);
        d = u->late_c ? px_add(u->out, nearest, sum, d, 0) : sum;
    }
    return d;
}

/* Terms first .. first + n - 1, from c. */
static double stretch(const px_mma *u, const px_terms *t, int64_t first, int64_t n, double c) {
    px_terms part = *t;
    part.n = n;
    part.a += first * t->stride_a;
    part.b += first * t->stride_b;
    part.c = c;
    return px_mma_sum(u, &part);
}

static int64_t smaller(int64_t x, int64_t y) { return x < y ? x : y; }

static double chain(const px_mma *u, const px_recipe *r, const px_terms *t, int64_t first, int64_t n, double c) {
    if (r->promote == 0) return stretch(u, t, first, n, c);
    double sum = c;
    for (int64_t k = 0; k < n; k += r->promote) {
        double part = stretch(u, t, first + k, smaller(r->promote, n - k), 0.0);
        sum = px_add(r->acc, px_rounding_of(PX_NEAREST_EVEN), sum, part, 0);
    }
    return sum;
}

double px_mma_entry(const px_mma *u, const px_recipe *r, const px_terms *t) {
    const px_rounding nearest = px_rounding_of(PX_NEAREST_EVEN);
    PX_ASSERT(r->order == PX_SEQUENTIAL || (r->order == PX_SPLITK && r->splits > 0));
    if (r->order == PX_SEQUENTIAL) return px_round(r->out, nearest, chain(u, r, t, 0, t->n, t->c), 0);
    double sum = 0.0;
    int64_t length = t->n / r->splits + (t->n % r->splits != 0);
    for (int64_t first = 0; first < t->n; first += length) {
        double part = px_round(r->split, nearest, chain(u, r, t, first, smaller(length, t->n - first), 0.0), 0);
        sum = first == 0 ? part : px_add(r->acc, nearest, sum, part, 0);
    }
    if (t->c != 0.0 || signbit(t->c)) sum = px_add(r->acc, nearest, t->c, sum, 0);
    return px_round(r->out, nearest, sum, 0);
}
