/* The certificate. Let u = 2^-bits, and r the number of stages, each of disjoint plane rotations of columns.
 *
 * 1. The computed columns B are those of (A + E) V, V orthogonal, with ||E||_F <= ((1 + 12 u)^r - 1 + 4 u) ||A||_F
 *    (Higham, ASNA, lemma 19.9): the computed c and s differ from those of a rotation by 3 u and 4 u of
 *    themselves, products and sum add 2 u, so a pair of numbers turns with an error of 6 u (|c x| + |s y|), and 6
 *    sqrt 2 < 12; the entries of A were within 2 ulp (4 u of themselves).
 * 2. B = C D, D the lengths of the columns; ||C^T C - I||_F <= e gives sigma_i(B) = theta d_i, d sorted, theta between
 *    sqrt(1 - e) and sqrt(1 + e) (Ostrowski; Horn & Johnson, Matrix Analysis, 4.5.9). e is summed in the last sweep,
 *    which turns nothing, with (rows + 4) u for the rounding of each cosine.
 * 3. |sigma_i(A) - sigma_i(B)| <= ||E||_F (Weyl).
 * The bits are raised until both errors are below 2^-61 of sigma_min and sigma_max. */
#include "ref/svd.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>

enum { FIRST_BITS = 128, LAST_BITS = 1 << 15, SWEEPS_MAX = 60, WANTED = 62, CONSTANT = 12 };

typedef struct work {
    px_dense b;       /* columns as rows: n vectors of m numbers */
    px_dense squares; /* 1 x n: squared lengths */
    mpfr_t g, t, c, s, x, y;
    double cosines;   /* sum of the squared cosines that the sweep has met */
    double tolerance; /* a pair whose cosine is larger is turned */
    int64_t rotations, stages;
} work;

static void set_square(work *w, int64_t i) {
    mpfr_ptr sum = w->squares.x[i];
    mpfr_set_zero(sum, 1);
    for (int64_t k = 0; k < w->b.cols; k++) {
        mpfr_sqr(w->x, px_dense_at(&w->b, i, k), MPFR_RNDN);
        mpfr_add(sum, sum, w->x, MPFR_RNDN);
    }
}

/* x^T y / (|x| |y|) of vectors i and j as a double; w->g = x^T y. */
static double cosine(work *w, int64_t i, int64_t j) {
    mpfr_set_zero(w->g, 1);
    for (int64_t k = 0; k < w->b.cols; k++) {
        mpfr_mul(w->x, px_dense_at(&w->b, i, k), px_dense_at(&w->b, j, k), MPFR_RNDN);
        mpfr_add(w->g, w->g, w->x, MPFR_RNDN);
    }
    mpfr_mul(w->x, w->squares.x[i], w->squares.x[j], MPFR_RNDN);
    mpfr_abs(w->x, w->x, MPFR_RNDN); /* an updated square that is all rounding may be negative, until the next sweep */
    mpfr_sqrt(w->x, w->x, MPFR_RNDN);
    if (mpfr_zero_p(w->x)) return 0;
    mpfr_div(w->x, w->g, w->x, MPFR_RNDN);
    return fabs(mpfr_get_d(w->x, MPFR_RNDN));
}

/* t = sign(z) / (|z| + sqrt(1 + z^2)), z = (d_j - d_i) / (2 g): the smaller angle that makes the pair orthogonal. */
static void set_rotation(work *w, int64_t i, int64_t j) {
    mpfr_sub(w->x, w->squares.x[j], w->squares.x[i], MPFR_RNDN);
    mpfr_div(w->x, w->x, w->g, MPFR_RNDN);
    mpfr_div_2ui(w->x, w->x, 1, MPFR_RNDN);
    mpfr_sqr(w->t, w->x, MPFR_RNDN);
    mpfr_add_ui(w->t, w->t, 1, MPFR_RNDN);
    mpfr_sqrt(w->t, w->t, MPFR_RNDN);
    bool negative = mpfr_sgn(w->x) < 0;
    mpfr_abs(w->x, w->x, MPFR_RNDN);
    mpfr_add(w->t, w->t, w->x, MPFR_RNDN);
    mpfr_si_div(w->t, negative ? -1 : 1, w->t, MPFR_RNDN);
    mpfr_sqr(w->x, w->t, MPFR_RNDN);
    mpfr_add_ui(w->x, w->x, 1, MPFR_RNDN);
    mpfr_rec_sqrt(w->c, w->x, MPFR_RNDN);
    mpfr_mul(w->s, w->t, w->c, MPFR_RNDN);
}

/* (x, y) = (c x - s y, s x + c y) of the numbers of both vectors, whose squared lengths change by t g. */
static void turn(work *w, int64_t i, int64_t j) {
    for (int64_t k = 0; k < w->b.cols; k++) {
        mpfr_ptr p = px_dense_at(&w->b, i, k), q = px_dense_at(&w->b, j, k);
        mpfr_mul(w->x, w->s, p, MPFR_RNDN);
        mpfr_mul(w->y, w->s, q, MPFR_RNDN);
        mpfr_mul(p, w->c, p, MPFR_RNDN);
        mpfr_sub(p, p, w->y, MPFR_RNDN);
        mpfr_mul(q, w->c, q, MPFR_RNDN);
        mpfr_add(q, q, w->x, MPFR_RNDN);
    }
    mpfr_mul(w->x, w->t, w->g, MPFR_RNDN);
    mpfr_sub(w->squares.x[i], w->squares.x[i], w->x, MPFR_RNDN);
    mpfr_add(w->squares.x[j], w->squares.x[j], w->x, MPFR_RNDN);
}

static void treat_pair(work *w, int64_t i, int64_t j) {
    double cos = cosine(w, i, j);
    w->cosines += 2 * cos * cos;
    if (cos <= w->tolerance) return;
    set_rotation(w, i, j);
    turn(w, i, j);
    w->rotations++;
}

/* All pairs in stages of disjoint ones: a round robin of n players, n made even by a bye. The lengths are computed
 * anew, so that after a sweep which turned nothing they are those of the vectors. */
static void sweep(work *w) {
    int64_t n = w->b.rows, even = n + n % 2;
    for (int64_t i = 0; i < n; i++) set_square(w, i);
    w->cosines = 0;
    w->rotations = 0;
    for (int64_t round = 0; round < even - 1; round++, w->stages++)
        for (int64_t k = 0; k < even / 2; k++) {
            int64_t i = k == 0 ? even - 1 : (round + k) % (even - 1), j = (round + even - 1 - k) % (even - 1);
            if (i < n && j < n) treat_pair(w, i < j ? i : j, i < j ? j : i);
        }
}

/* The least and the largest of the lengths, and an upper bound on log2 of the relative error of both, from the
 * certificate; in whole numbers, so that libm decides nothing. */
typedef struct ends {
    int64_t least, largest;
    long error;
} ends;

/* x < 2^exponent_of(x), for 0 a very small one. */
static long exponent_of(double x) {
    int e;
    return x > 0 ? (frexp(x, &e), (long)e) : -1000000;
}

static long larger(long a, long b) { return a > b ? a : b; }

static ends find_ends(const work *w) {
    ends e = {0, 0, 0};
    mpfr_t sum;
    mpfr_init2(sum, 64);
    mpfr_set_zero(sum, 1);
    for (int64_t i = 0; i < w->b.rows; i++) {
        if (mpfr_cmp(w->squares.x[i], w->squares.x[e.least]) < 0) e.least = i;
        if (mpfr_cmp(w->squares.x[i], w->squares.x[e.largest]) > 0) e.largest = i;
        mpfr_add(sum, sum, w->squares.x[i], MPFR_RNDU);
    }
    if (mpfr_zero_p(w->squares.x[e.least])) {
        e.error = LONG_MAX / 2;
    } else {
        /* ||B||_F < 2^norm is ||A||_F but for a factor far below 2; the least length is at least 2^length. */
        long norm = mpfr_get_exp(sum) / 2 + 1, length = (mpfr_get_exp(w->squares.x[e.least]) - 2) / 2 - 1;
        long backward = exponent_of(CONSTANT * (double)w->stages + 4) + 1 - (long)w->b.bits + norm - length;
        /* Point 2, and the rounding of lengths and cosines. */
        double rounding = (double)w->b.rows * ((double)w->b.cols + 4);
        long angle = larger(exponent_of(sqrt(w->cosines)), exponent_of(rounding) - (long)w->b.bits) + 1;
        e.error = larger(backward, angle) + 1;
    }
    mpfr_clear(sum);
    return e;
}

static bool converge(work *w) {
    for (int k = 0; k < SWEEPS_MAX; k++) {
        sweep(w);
        if (w->rotations == 0) return true;
    }
    return false;
}

/* One attempt at that precision; the vectors are the columns of a (its rows where there are fewer of them). */
static work start(const px_ref_matrix *a, mpfr_prec_t bits) {
    bool by_rows = a->rows < a->cols;
    work w = {.tolerance = ldexp(1, -WANTED - 2) / (double)(by_rows ? a->rows : a->cols)};
    px_dense all = px_dense_load(a, bits);
    w.b = px_dense_new(by_rows ? a->rows : a->cols, by_rows ? a->cols : a->rows, bits);
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t j = 0; j < a->cols; j++)
            mpfr_swap(px_dense_at(&all, i, j), by_rows ? px_dense_at(&w.b, i, j) : px_dense_at(&w.b, j, i));
    px_dense_free(&all);
    w.squares = px_dense_new(1, w.b.rows, bits);
    mpfr_inits2(bits, w.g, w.t, w.c, w.s, w.x, w.y, (mpfr_ptr)NULL);
    return w;
}

static void finish(work *w) {
    px_dense_free(&w->b);
    px_dense_free(&w->squares);
    mpfr_clears(w->g, w->t, w->c, w->s, w->x, w->y, (mpfr_ptr)NULL);
}

static void set_result(work *w, const ends *e, px_ref_svd *result) {
    mpfr_sqrt(w->x, w->squares.x[e->largest], MPFR_RNDN);
    mpfr_sqrt(w->y, w->squares.x[e->least], MPFR_RNDN);
    result->sigma_max = mpfr_get_d(w->x, MPFR_RNDN);
    result->sigma_min = mpfr_get_d(w->y, MPFR_RNDN);
    mpfr_div(w->x, w->x, w->y, MPFR_RNDN);
    result->kappa_2 = mpfr_get_d(w->x, MPFR_RNDN);
    result->bits = w->b.bits;
}

px_status px_ref_svd_find(const px_ref_matrix *a, px_ref_svd *result, px_error *err) {
    mpfr_prec_t bits = FIRST_BITS;
    while (bits <= LAST_BITS) {
        work w = start(a, bits);
        bool converged = converge(&w);
        ends e = find_ends(&w);
        bool certain = converged && e.error <= -WANTED;
        if (certain) set_result(&w, &e, result);
        finish(&w);
        if (certain) return PX_OK;
        /* What is missing, and a margin; a length that is all error says little: twice as many then. */
        long missing = e.error + WANTED + 4;
        bits += converged && missing < bits ? missing : bits;
    }
    return px_fail(err, PX_INCOMPLETE, "%d bits do not tell the matrix from a singular one", LAST_BITS);
}
