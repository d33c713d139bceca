/* Only products of short formats, and right ones: cblas_sbgemm (words of bf16 to fp32; the scalars float, as OpenBLAS
 * has it) and cblas_hgemm (words of fp16; the scalars words too, as oneMKL has it). A product and a sum are each rounded
 * to the format of the result, k ascending. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "naive.h"

/* Number of a word of 16 bits, `bits` of them the fraction. */
static double number(uint16_t word, int bits) {
    int top = 1 << (15 - bits), field = word >> bits & (top - 1), fraction = word & ((1 << bits) - 1);
    double m = field == top - 1 ? (fraction ? (double)NAN : (double)INFINITY)
                                : ldexp(fraction + (field ? 1 << bits : 0), (field ? field : 1) - top / 2 + 1 - bits);
    return word >> 15 ? -m : m;
}

/* x, a sum or a product of two numbers of fp16, rounded to fp16: to nearest even, as rint does. */
static double to_half(double x) {
    int e;
    if (!(fabs(x) < 65520)) return isnan(x) ? x : copysign((double)INFINITY, x);
    frexp(x, &e);
    double quantum = ldexp(1, e > -13 ? e - 11 : -24);
    return rint(x / quantum) * quantum;
}

static uint16_t half(double x) {
    int e;
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    if (!isfinite(x)) return sign | (isnan(x) ? 0x7E00 : 0x7C00);
    frexp(x, &e);
    if (e < -13) return (uint16_t)(sign | (int)ldexp(fabs(x), 24));
    return (uint16_t)(sign | ((e + 13) * 1024 + (int)ldexp(fabs(x), 11 - e)));
}

static double entry(bool single, int k, const uint16_t *a, const uint16_t *b, int ldb) {
    const int bits = single ? 7 : 10;
    double sum = 0;
    for (int t = 0; t < k; t++) {
        double product = number(a[t], bits) * number(b[t * ldb], bits);
        sum = single ? px_naive_round(true, sum + px_naive_round(true, product)) : to_half(sum + to_half(product));
    }
    return sum;
}

static void check(int order, int trans_a, int trans_b) {
    if (order != 101 || trans_a != 111 || trans_b != 111) abort(); /* what precx asks for */
}

void cblas_sbgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const uint16_t *a, int lda,
                  const uint16_t *b, int ldb, float beta, float *c, int ldc);
void cblas_hgemm(int order, int trans_a, int trans_b, int m, int n, int k, uint16_t alpha, const uint16_t *a, int lda,
                 const uint16_t *b, int ldb, uint16_t beta, uint16_t *c, int ldc);

void cblas_sbgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const uint16_t *a, int lda,
                  const uint16_t *b, int ldb, float beta, float *c, int ldc) {
    check(order, trans_a, trans_b);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            double s = (double)alpha * entry(true, k, a + i * lda, b + j, ldb), start = (double)c[i * ldc + j];
            c[i * ldc + j] = (float)((beta > 0 || beta < 0) ? s + (double)beta * start : s);
        }
}

void cblas_hgemm(int order, int trans_a, int trans_b, int m, int n, int k, uint16_t alpha, const uint16_t *a, int lda,
                 const uint16_t *b, int ldb, uint16_t beta, uint16_t *c, int ldc) {
    check(order, trans_a, trans_b);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            double s = number(alpha, 10) * entry(false, k, a + i * lda, b + j, ldb);
            c[i * ldc + j] =
                half((beta & 0x7FFF) != 0 ? to_half(s + number(beta, 10) * number(c[i * ldc + j], 10)) : s);
        }
}
