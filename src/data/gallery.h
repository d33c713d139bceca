/* The gallery: square test matrices of the literature by name, for linear systems and condition numbers. One home of
 * the names, formulas, closed forms and sources: `precx list matrices` prints THE list below.
 *
 * A formula's matrix is known to any precision (px_gallery_entry); a random one IS its doubles. Entries are functions
 * of (n, parameters) or (seed, rep, stream, index): integers, MPFR and precx's own functions, never libm. */
#ifndef PX_DATA_GALLERY_H
#define PX_DATA_GALLERY_H

#include <stdbool.h>
#include <stdint.h>

#include <mpfr.h>

#include "base/arena.h"
#include "data/data.h"
#include "matrix/wide.h"

/* Matrices with a formula, i and j from 1: X(id, formula, closed form of kappa_2, source). */
#define PX_GALLERY_FORMULA_LIST(X)                                                                                     \
    X(diagonal, "a_ii = kappa^-((i-1)/(n-1)), else 0; kappa = 1e5, n = 2: diag(1, 1e-5)", "kappa", "by construction")  \
    X(hilbert, "1/(i+j-1)", "", "Hilbert 1894; kappa_2 grows like (1 + sqrt 2)^(4n) / sqrt n (Todd 1954)")             \
    X(invhilb, "the inverse of hilbert, integers", "", "Choi, Tricks or treats with the Hilbert matrix, 1983")         \
    X(vandermonde, "(i/n)^(j-1): equidistant points of (0,1]", "", "Gautschi, Numer. Math. 24, 1975")                  \
    X(frank, "n+1-max(i,j) for j >= i-1, else 0", "", "Frank 1958; determinant 1")                                     \
    X(moler, "min(i,j) - 2, a_ii = i: U^T U, U unit upper triangular with -1", "", "Nash 1990; determinant 1")         \
    X(pascal, "binomial(i+j-2, i-1)", "", "Higham, ASNA 28.4; determinant 1")                                          \
    X(lotkin, "hilbert, its first row all ones", "", "Lotkin, MTAC 9, 1955")                                           \
    X(kahan, "s^(i-1) (1 on the diagonal, -c above it), s = sin 1.2, c = cos 1.2", "",                                 \
      "Kahan, Can. Math. Bull. 9, 1966")                                                                               \
    X(minij, "min(i,j)", "sin^2((2n-1) t) / sin^2 t, t = pi/(4n+2)", "Fortiana & Cuadras, LAA 264, 1997")              \
    X(tridiagonal, "2 on the diagonal, -1 beside it", "cot^2(pi/(2n+2))", "Higham, ASNA 28.5: second differences")     \
    X(wilkinson, "1 on the diagonal, -1 below, last column 1", "", "Wilkinson, J. ACM 8, 1961: growth 2^(n-1)")        \
    X(orthogonal, "sqrt(2/(n+1)) sin(i j pi/(n+1)), symmetric", "1", "eigenvectors of tridiagonal; ASNA 28.5")

/* Random matrices: X(id, formula, closed form of kappa_2, source). */
#define PX_GALLERY_RANDOM_LIST(X)                                                                                      \
    X(randsvd,                                                                                                         \
      "U S V^T, U and V random orthogonal; singular values by `mode`: 1 one large, 2 one small, 3 geometric, "         \
      "4 arithmetic, 5 log-uniform between the ends",                                                                  \
      "kappa, but for the rounding to doubles", "Stewart, SINUM 17, 1980; Higham, ASNA 28.3")                          \
    X(gaussian, "N(0,1)", "", "Edelman, SIMAX 9, 1988: median kappa_2 about 3.67 n")                                   \
    X(hpl_mxp, "U[-1/2,1/2) off the diagonal, a_ii = sum of |a_ij| of row i", "",                                      \
      "hpl-ai reference code (matgen.c); Dongarra & Luszczek, arXiv 2509.19618")                                       \
    X(xavier, "U[-1,1) sqrt(3/n): a square layer's weights", "", "Glorot & Bengio, AISTATS 2010")                      \
    X(he, "N(0,1) sqrt(2/n): a square layer's weights", "", "He, Zhang, Ren & Sun, ICCV 2015")                         \
    X(gpt2, "N(0,1) 0.02: weights of GPT-2", "", "Radford et al. 2019, and its code")

#define PX_GALLERY_LIST(X) PX_GALLERY_FORMULA_LIST(X) PX_GALLERY_RANDOM_LIST(X)

#define PX_GALLERY_ENUM(id, formula, kappa, source) PX_GALLERY_##id,
typedef enum px_gallery_id { PX_GALLERY_LIST(PX_GALLERY_ENUM) PX_GALLERY_COUNT } px_gallery_id;
#undef PX_GALLERY_ENUM

/* What `precx list matrices` says of one. */
typedef struct px_gallery_row {
    const char *name, *formula, *kappa_2, *source;
} px_gallery_row;
const px_gallery_row *px_gallery_rows(void); /* PX_GALLERY_COUNT of them */

typedef struct px_gallery {
    int which;    /* px_gallery_id */
    int64_t n;    /* the order, >= 1 */
    double kappa; /* diagonal, randsvd: 1 .. 1e300 */
    int mode;     /* randsvd: 1 to 5 */
    px_draw draw; /* of the random ones */
} px_gallery;

bool px_gallery_takes_kappa(int which);
bool px_gallery_takes_mode(int which);

/* Why there is no such matrix, or NULL: an entry would leave the range of doubles (static text). */
const char *px_gallery_refused(const px_gallery *g);

/* The n x n matrix: hi and lo (lo absent where doubles hold it). PX_ASSERT that it is not refused. */
px_wide px_gallery_fill(px_arena *arena, const px_gallery *g);

/* Entry (i, j), from 0, to the precision of x: rounded to nearest, or within 2 ulp where it is transcendental. `filled`
 * is what px_gallery_fill made of g: a random matrix is read from it. */
void px_gallery_entry(const px_gallery *g, const px_wide *filled, int64_t i, int64_t j, mpfr_t x);

/* kappa_2 of the ideal matrix by its closed form, to nearest; false where there is none. */
bool px_gallery_kappa_2(const px_gallery *g, double *kappa);

#endif
