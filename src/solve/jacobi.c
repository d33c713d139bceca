/* The certificate. Let u = 2^-53, m the length of a column, r the number of stages, each of disjoint rotations.
 *
 * 1. The computed columns B are those of (A + E) V, V orthogonal, with ||E||_F <= ((1 + 9 u)^r - 1) ||A||_F (Higham,
 *    ASNA, lemma 19.9): the computed c and s differ from those of a rotation by 3 u and 4 u of themselves, products
 *    and sum add 2 u, so a pair of numbers turns with an error of at most 6 u (|c x| + |s y|), and 6 sqrt 2 < 9.
 * 2. B = C D, D the lengths of the columns; ||C^T C - I||_F <= e gives sigma_i(B) = theta d_i, d sorted, theta between
 *    sqrt(1 - e) and sqrt(1 + e) (Ostrowski; Horn & Johnson, Matrix Analysis, 4.5.9). e is summed in the last sweep,
 *    which turns nothing; a computed cosine is within (m/8 + 12) u, by the order of the sums.
 * 3. |sigma_i(A) - sigma_i(B)| <= ||E||_F (Weyl).
 * Entries are scaled by a power of two to at most 1. Columns shorter than 2^-480 then may have lost bits to underflow:
 * no radius. */
#include "solve/jacobi.h"

#include <math.h>
#include <stdlib.h>

enum { LANES = 8, SWEEPS_MAX = 60 };
#define U 0x1p-53

typedef struct work {
    double *b;       /* n columns of A, each `stride` numbers, a multiple of LANES, the rest 0 */
    double *squares; /* of the columns' lengths */
    int64_t n, m, stride;
    double tolerance, cosines;
    int64_t rotations, stages;
} work;

/* x^T y: eight sums, then they pairwise; m/8 + 3 roundings deep. */
static double dot(const double *x, const double *y, int64_t n) {
    double sum[LANES] = {0};
    for (int64_t k = 0; k < n; k += LANES)
        for (int l = 0; l < LANES; l++) sum[l] += x[k + l] * y[k + l];
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

static void turn(double *restrict x, double *restrict y, int64_t n, double c, double s) {
    for (int64_t k = 0; k < n; k++) {
        double p = x[k], q = y[k];
        x[k] = c * p - s * q;
        y[k] = s * p + c * q;
    }
}

/* Makes columns i and j orthogonal by the smaller of the two angles, when they are not yet. */
static void treat_pair(work *w, int64_t i, int64_t j) {
    double *x = w->b + i * w->stride, *y = w->b + j * w->stride;
    double g = dot(x, y, w->stride), lengths = sqrt(w->squares[i]) * sqrt(w->squares[j]);
    if (lengths == 0) return;
    double cosine = fabs(g) / lengths;
    w->cosines += 2 * cosine * cosine;
    if (cosine <= w->tolerance) return;
    double z = (w->squares[j] - w->squares[i]) / (2 * g);
    double t = fabs(z) > 0x1p500 ? 0.5 / fabs(z) : 1 / (fabs(z) + sqrt(1 + z * z));
    if (z < 0) t = -t;
    double c = 1 / sqrt(1 + t * t), s = t * c;
    turn(x, y, w->stride, c, s);
    w->squares[i] = dot(x, x, w->stride);
    w->squares[j] = dot(y, y, w->stride);
    w->rotations++;
}

/* All pairs in stages of disjoint ones: a round robin of n players, n made even by a bye. */
static void sweep(work *w) {
    int64_t even = w->n + w->n % 2;
    w->cosines = 0;
    w->rotations = 0;
    for (int64_t round = 0; round < even - 1; round++, w->stages++)
        for (int64_t k = 0; k < even / 2; k++) {
            int64_t i = k == 0 ? even - 1 : (round + k) % (even - 1), j = (round + even - 1 - k) % (even - 1);
            if (i < w->n && j < w->n) treat_pair(w, i < j ? i : j, i < j ? j : i);
        }
}

/* The columns of m, or its rows where they are fewer, times 2^-exponent. */
static work load(px_arena *arena, const px_mat *m, int exponent) {
    bool by_rows = m->rows < m->cols;
    work w = {.n = by_rows ? m->rows : m->cols, .m = by_rows ? m->cols : m->rows};
    w.stride = (w.m + LANES - 1) / LANES * LANES;
    w.b = PX_NEW_ARRAY(arena, double, w.n *w.stride);
    w.squares = PX_NEW_ARRAY(arena, double, w.n);
    w.tolerance = (double)(w.stride / LANES + 12) * U;
    for (int64_t i = 0; i < w.n; i++) {
        double *x = w.b + i * w.stride;
        for (int64_t k = 0; k < w.m; k++) {
            double entry = by_rows ? px_mat_get(m, i, k) : px_mat_get(m, k, i);
            x[k] = ldexp(entry, -exponent);
        }
        w.squares[i] = dot(x, x, w.stride);
    }
    return w;
}

static int descending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* A bound on |kappa_2 / exact - 1|; 1.01 covers the rounding of the bound itself. */
static double radius_of(const work *w, double largest, double least) {
    double square = 0;
    if (!(least >= 0x1p-480)) return (double)INFINITY;
    for (int64_t i = 0; i < w->n; i++) square += w->squares[i];
    double backward = 9 * (double)w->stages * U * sqrt(square) * 1.01;
    double rounding = (double)(w->stride / LANES + 12) * U; /* of a cosine; and of a length */
    double angle = sqrt(w->cosines) + (double)w->n * rounding;
    double of_least = backward / least + angle + rounding, of_largest = backward / largest + angle + rounding;
    if (of_least > 0.25) return (double)INFINITY;
    return (of_least + of_largest) / (1 - of_least) * 1.01;
}

px_spectrum px_jacobi_spectrum(px_arena *arena, const px_mat *m) {
    int exponent = 0;
    double top = 0;
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) top = fmax(top, fabs(px_mat_get(m, i, j)));
    if (top > 0) frexp(top, &exponent);
    work w = load(arena, m, exponent);
    px_spectrum s = {.sigma = PX_NEW_ARRAY(arena, double, w.n), .n = w.n};
    for (int k = 0; k < SWEEPS_MAX && !s.converged; k++) {
        sweep(&w);
        s.converged = w.rotations == 0;
    }
    for (int64_t i = 0; i < w.n; i++) s.sigma[i] = sqrt(w.squares[i]);
    qsort(s.sigma, (size_t)w.n, sizeof *s.sigma, descending);
    double largest = s.sigma[0], least = s.sigma[w.n - 1];
    s.kappa_2 = least > 0 ? largest / least : (double)INFINITY;
    s.radius = s.converged ? radius_of(&w, largest, least) : (double)INFINITY;
    for (int64_t i = 0; i < w.n; i++) s.sigma[i] = ldexp(s.sigma[i], exponent);
    return s;
}
