#include "ref/rank.h"

#include <math.h>

#include "base/error.h"

/* Products of two residues fit 64 bits. */
enum { TOP = 0x7fffffff }; /* 2^31 - 1 */

static uint64_t power(uint64_t base, uint64_t exponent, uint64_t p) {
    uint64_t result = 1;
    for (; exponent; exponent >>= 1, base = base * base % p)
        if (exponent & 1) result = result * base % p;
    return result;
}

/* Miller-Rabin with the bases 2, 3, 5, 7: no composite below 3215031751 passes (Pomerance, Selfridge & Wagstaff 1980).
 */
static bool is_prime(uint64_t p) {
    static const uint64_t bases[] = {2, 3, 5, 7};
    int twos = __builtin_ctzll(p - 1);
    for (int b = 0; b < 4; b++) {
        uint64_t x = power(bases[b], (p - 1) >> twos, p);
        bool passes = x == 1 || x == p - 1;
        for (int k = 1; k < twos && !passes; k++) {
            x = x * x % p;
            passes = x == p - 1;
        }
        if (!passes) return false;
    }
    return true;
}

static uint64_t next_prime(uint64_t p) {
    do p -= 2;
    while (!is_prime(p));
    return p;
}

/* x = m 2^e, m an integer of at most 53 bits; m = 0 for 0. */
static int64_t integer_part(double x, int *e) {
    int64_t m = (int64_t)ldexp(frexp(x, e), 53);
    *e -= 53;
    return m;
}

/* The matrix with at most as many rows as columns, and the least exponent of its entries. */
typedef struct integers {
    const px_mat *m;
    bool transposed;
    int64_t rows, cols;
    int least;
} integers;

static double entry(const integers *a, int64_t i, int64_t j) {
    return a->transposed ? px_mat_get(a->m, j, i) : px_mat_get(a->m, i, j);
}

/* An upper bound on log2 of every minor of order rows, entries divided by 2^least: the product of the rows' norms. */
static double hadamard_bits(const integers *a) {
    double bits = 0;
    for (int64_t i = 0; i < a->rows; i++) {
        int top = a->least;
        for (int64_t j = 0; j < a->cols; j++) {
            int e;
            if (integer_part(entry(a, i, j), &e) != 0 && e + 53 > top) top = e + 53;
        }
        int length = 0; /* cols < 2^length: the norm is below sqrt(cols) times the largest entry */
        while ((int64_t)1 << length <= a->cols) length++;
        bits += top - a->least + (length + 1) / 2.0;
    }
    return bits;
}

static void load(const integers *a, uint64_t p, uint64_t *x) {
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t j = 0; j < a->cols; j++) {
            int e;
            int64_t m = integer_part(entry(a, i, j), &e);
            uint64_t residue = (uint64_t)(m < 0 ? -m : m) % p;
            if (m != 0) residue = residue * power(2, (uint64_t)(e - a->least), p) % p;
            x[i * a->cols + j] = m < 0 && residue ? p - residue : residue;
        }
}

/* Gaussian elimination; a row without a pivot in any column left is a dependent one. */
static bool full_rank(uint64_t *x, int64_t rows, int64_t cols, uint64_t p) {
    for (int64_t k = 0; k < rows; k++) {
        int64_t pivot = 0;
        uint64_t *row = x + k * cols;
        while (pivot < cols && row[pivot] == 0) pivot++;
        if (pivot == cols) return false;
        uint64_t inverse = power(row[pivot], p - 2, p);
        for (int64_t i = k + 1; i < rows; i++) {
            uint64_t *other = x + i * cols, factor = (p - other[pivot]) * inverse % p;
            if (factor == 0) continue;
            for (int64_t j = 0; j < cols; j++) other[j] = (other[j] + factor * row[j]) % p;
        }
    }
    return true;
}

bool px_ref_singular(px_arena *arena, const px_mat *m) {
    integers a = {.m = m, .transposed = m->rows > m->cols, .least = 2000};
    a.rows = a.transposed ? m->cols : m->rows;
    a.cols = a.transposed ? m->rows : m->cols;
    for (int64_t i = 0; i < a.rows; i++)
        for (int64_t j = 0; j < a.cols; j++) {
            int e;
            PX_ASSERT(isfinite(entry(&a, i, j)));
            if (integer_part(entry(&a, i, j), &e) != 0 && e < a.least) a.least = e;
        }
    if (a.least == 2000) return true; /* nothing but zeros */
    uint64_t *x = PX_NEW_ARRAY(arena, uint64_t, a.rows * a.cols), p = TOP;
    for (double bits = hadamard_bits(&a); bits >= 0; bits -= 30, p = next_prime(p)) {
        load(&a, p, x);
        if (full_rank(x, a.rows, a.cols, p)) return false;
    }
    return true;
}
