#include "support/mma_oracle.h"

#include <math.h>
#include <mpfr.h>

#include "support/oracle.h"

enum { MAX_TERMS = 33, BITS = 700 }; /* BITS: any sum of products of bf16, exact */

typedef struct addend {
    double a, b; /* the product a b */
    int exponent;
} addend;

static int exponent_of(px_fp f, double x) {
    int e;
    frexp(x, &e);
    return e - 1 > f.emin ? e - 1 : f.emin;
}

/* NaN, an infinity, or 0 when every term is finite. */
static double special_of(const addend *t, int n) {
    bool plus = false, minus = false;
    for (int i = 0; i < n; i++) {
        if (isnan(t[i].a) || isnan(t[i].b)) return (double)NAN;
        if (!isinf(t[i].a) && !isinf(t[i].b)) continue;
        if (t[i].a == 0 || t[i].b == 0) return (double)NAN;
        if (signbit(t[i].a) == signbit(t[i].b)) plus = true;
        if (signbit(t[i].a) != signbit(t[i].b)) minus = true;
    }
    if (plus && minus) return (double)NAN;
    return plus ? (double)INFINITY : minus ? -(double)INFINITY : 0.0;
}

static void exactly(int ternary) { PX_ASSERT(ternary == 0); }

/* The sum of terms, each cut toward zero to a multiple of 2^grid. */
static double sum_on_grid(const addend *t, int n, int grid) {
    mpfr_t sum, x;
    mpfr_inits2(BITS, sum, x, (mpfr_ptr)0);
    mpfr_set_zero(sum, 1);
    for (int i = 0; i < n; i++) {
        mpfr_set_d(x, t[i].a, MPFR_RNDN);
        exactly(mpfr_mul_d(x, x, t[i].b, MPFR_RNDN));
        exactly(mpfr_mul_2si(x, x, -grid, MPFR_RNDN));
        mpfr_trunc(x, x);
        exactly(mpfr_add(sum, sum, x, MPFR_RNDN));
    }
    exactly(mpfr_mul_2si(sum, sum, grid, MPFR_RNDN));
    double y = mpfr_get_d(sum, MPFR_RNDN);
    PX_ASSERT(mpfr_cmp_d(sum, y) == 0);
    mpfr_clears(sum, x, (mpfr_ptr)0);
    return y;
}

static double block(const px_mma *u, addend *t, int n) {
    double special = special_of(t, n);
    if (special != 0) return special; /* NaN too */
    int largest = -100000, left = 0;
    for (int i = 0; i < n; i++)
        if (t[i].a != 0 && t[i].b != 0) {
            t[left++] = t[i];
            if (t[i].exponent > largest) largest = t[i].exponent;
        }
    if (left == 0) return 0.0;
    if (u->floor != PX_MMA_NO_FLOOR && largest < u->floor) largest = u->floor;
    double x[3] = {sum_on_grid(t, left, largest - u->fraction)};
    if (x[0] == 0) return 0.0;
    if (fabs(x[0]) >= ldexp(1.0, u->out.emax + 1)) return copysign((double)INFINITY, x[0]);
    unsigned flags;
    return px_oracle(OP_ROUND, u->acc, (px_rounding){u->rounding, 0}, x, 0, &flags);
}

double mma_oracle(const px_mma *u, int n, const double *a, const double *b, double c) {
    const px_rounding nearest = px_rounding_of(PX_NEAREST_EVEN);
    int step = u->width * u->blocks;
    double d = c;
    unsigned flags;
    for (int first = 0; first < n; first += step) {
        if (u->fraction == PX_MMA_UNCUT) {
            d = px_oracle(OP_FMA, u->out, nearest, (double[3]){a[first], b[first], d}, 0, &flags);
            continue;
        }
        double sum = u->late_c ? 0.0 : d;
        for (int j = 0; j < u->blocks; j++) {
            addend t[MAX_TERMS];
            int terms = 0;
            for (int k = first; k < first + step && k < n; k++)
                if (u->blocks == 1 || k % 4 / 2 == j)
                    t[terms++] = (addend){a[k], b[k], exponent_of(u->a, a[k]) + exponent_of(u->b, b[k])};
            t[terms++] = (addend){sum, 1.0, exponent_of(u->out, sum)};
            sum = block(u, t, terms);
        }
        d = u->late_c ? px_oracle(OP_ADD, u->out, nearest, (double[3]){sum, d}, 0, &flags) : sum;
    }
    return d;
}
