#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arith/round.h"
#include "base/parallel.h"
#include "support/exhaustive.h"
#include "support/values.h"

enum { WORDS = 65536 };

typedef struct pairs {
    px_values values;
    px_fp fp;
    char operation;
    uint64_t stride;
    double number[WORDS];
    px_tally tally[WORDS]; /* by first operand */
} pairs;

/* x 2^e, exact here; quicker than ldexp. */
static double scale(double x, int e) {
    double power;
    uint64_t word = (uint64_t)(e + 1023) << 52;
    memcpy(&power, &word, sizeof power);
    return x * power;
}

/* The binade of a normal double, 0 < |x| < inf; quicker than ilogb. */
static int binade(double x) {
    uint64_t word;
    memcpy(&word, &x, sizeof word);
    return (int)(word >> 52 & 0x7ff) - 1023;
}

/* The exponent of the quantum at |x| > 0: of the binade of x, not below the subnormals'. */
static int quantum_at(const px_values *v, double x) {
    int e = binade(x), least = 1 - v->bias;
    return (e > least ? e : least) - v->fraction_bits;
}

/* m 2^quantum, or what overflow gives; the sign of x. */
static double signed_result(const px_values *v, double m, int quantum, double x) {
    double y = scale(m, quantum);
    return copysign(y > v->at[v->n - 1] ? v->beyond : y, x);
}

/* x, exact in binary64, to nearest even: counted in quanta, rounded to a whole number by the machine. */
static double to_nearest(const px_values *v, double x) {
    if (x == 0 || !isfinite(x)) return x;
    int quantum = quantum_at(v, x);
    return signed_result(v, rint(scale(fabs(x), -quantum)), quantum, x);
}

/* Terms more than 44 binades apart: the smaller one is below a quarter of the larger one's quantum. Else exact. */
static double add(const px_values *v, double a, double b) {
    if (isfinite(a) && isfinite(b) && a != 0 && b != 0 && abs(binade(a) - binade(b)) > 44) return fabs(a) > fabs(b) ? a : b;
    return to_nearest(v, a + b);
}

/* |a| / |b| in quanta lies between whole numbers m and m + 1: found by comparing |a| with their products with |b|, which
 * are exact in binary64, as is the comparison with the midpoint. */
static double divide(const px_values *v, double a, double b) {
    double q = a / b, divisor = fabs(b);
    if (q == 0 || !isfinite(q)) return q;
    int quantum = quantum_at(v, q);
    double m = floor(scale(fabs(q), -quantum)), dividend = scale(fabs(a), -quantum);
    if (m * divisor > dividend) m--;
    if ((m + 1) * divisor <= dividend) m++;
    double middle = (m + 0.5) * divisor;
    if (dividend > middle || (dividend == middle && (int64_t)m % 2 == 1)) m++;
    return signed_result(v, m, quantum, q);
}

static double want(const pairs *p, double a, double b) {
    switch (p->operation) {
    case '+': return add(&p->values, a, b);
    case '-': return add(&p->values, a, -b);
    case '*': return to_nearest(&p->values, a * b);
    default: return divide(&p->values, a, b);
    }
}

static double got(const pairs *p, double a, double b) {
    px_rounding r = px_rounding_of(PX_NEAREST_EVEN);
    switch (p->operation) {
    case '+': return px_add(p->fp, r, a, b, 0);
    case '-': return px_sub(p->fp, r, a, b, 0);
    case '*': return px_mul(p->fp, r, a, b, 0);
    default: return px_div(p->fp, r, a, b, 0);
    }
}

static int same(double a, double b) { return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b)); }

static void one_row(void *context, int64_t first) {
    pairs *p = context;
    px_tally *t = &p->tally[first];
    uint64_t start = (p->stride - (uint64_t)first * WORDS % p->stride) % p->stride;
    for (uint64_t second = start; second < WORDS; second += p->stride) {
        double a = p->number[first], b = p->number[second], y = got(p, a, b), z = want(p, a, b);
        t->cases++;
        if (!same(y, z) && t->differences++ < 1) fprintf(stderr, "%a %c %a: got %a, want %a\n", a, p->operation, b, y, z);
    }
}

static pairs *pairs_new(const char *format, char operation, uint64_t stride) {
    pairs *p = calloc(1, sizeof *p);
    if (!p || !px_values_of(format, &p->values) || px_fp_parse(format, &p->fp, NULL) != PX_OK) abort();
    p->operation = operation;
    p->stride = stride;
    for (unsigned word = 0; word < WORDS; word++) p->number[word] = px_values_decode(&p->values, 16, word);
    return p;
}

px_tally px_exhaust_pairs(const char *format, char operation, uint64_t stride) {
    pairs *p = pairs_new(format, operation, stride);
    px_parallel_for(WORDS, one_row, p);
    px_tally sum = {0};
    for (int i = 0; i < WORDS; i++) {
        sum.cases += p->tally[i].cases;
        sum.differences += p->tally[i].differences;
    }
    free(p);
    return sum;
}

/* y = sqrt(a) to nearest when (y - half a quantum)^2 <= a <= (y + half a quantum)^2; a tie cannot be, since the middles
 * have a bit more than a half of a's can hold. Squares of 12 bits are exact in binary64. */
px_tally px_exhaust_sqrt(const char *format) {
    pairs *p = pairs_new(format, 's', 1);
    px_tally t = {0};
    for (unsigned word = 0; word < WORDS; word++) {
        double a = p->number[word], y = px_sqrt(p->fp, px_rounding_of(PX_NEAREST_EVEN), a, 0);
        int right;
        if (!(a > 0) || isinf(a)) {
            right = a == 0 ? same(a, y) : a > 0 ? isinf(y) : isnan(y);
        } else {
            double half = scale(0.5, quantum_at(&p->values, y)), low = y - half, high = y + half;
            right = same(to_nearest(&p->values, y), y) && low * low < a && a < high * high;
        }
        t.cases++;
        if (!right && t.differences++ < 3) fprintf(stderr, "sqrt(%a): got %a\n", a, y);
    }
    free(p);
    return t;
}
