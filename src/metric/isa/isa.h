/* The loops of rough.h over the entries of a row, one table an instruction set: plain C, compiled for each
 * (portable.c, avx2.c, avx512.c include loops.h). No operation is fused and every sum has its lanes, so all tables
 * return the same bits. Arrays do not overlap; n of each. */
#ifndef PX_METRIC_ISA_ISA_H
#define PX_METRIC_ISA_ISA_H

#include <stdint.h>

#include "metric/rough.h"

enum { PX_ROUGH_LANES = 32 }; /* of a sum */

/* A row of a result and of the truth; what is absent is zeros. */
typedef struct px_rough_parts {
    const double *hi, *lo, *radius, *b, *b_radius; /* b NULL: there is no B */
    double relative, b_relative;
} px_rough_parts;

/* Sums of squares, of entry j in lane j % LANES. */
typedef struct px_rough_squares {
    double least[PX_ROUGH_LANES], most[PX_ROUGH_LANES], exact[PX_ROUGH_LANES]; /* of |E|, of `exact` */
} px_rough_squares;

struct px_rough_loops {
    const char *name;
    /* All that px_rough says of a row; `computed` is there, `ratio` is scratch. */
    void (*ends)(px_rough *r, const px_rough_parts *parts);
    /* ratio = x / y (1 + 2^-48), x / (beta y + eta) (1 + 2^-48), and |E| in ulps; the largest of them. */
    double (*quotients)(int64_t n, const double *x, const double *y, double *ratio);
    double (*affine)(int64_t n, const double *x, const double *y, double beta, double eta, double *ratio);
    double (*ulps)(int64_t n, const double *error, const double *exact, double low, double high, double ulps,
                   double *ratio);
    double (*largest)(int64_t n, const double *x);
    void (*squares)(const px_rough *r, double by_error, double by_exact, px_rough_squares *s);
    /* most = the upper end of |E| / B; the largest of them among ordinary entries whose lower end is not within `near` of
     * it, relatively; -1: there is none. */
    double (*scaled)(const px_rough *r, double near, double *most);
    /* How many of n enclosures reach into [low, high]? *below grows by those that end before it. (least may be most.) */
    int64_t (*within)(int64_t n, const double *least, const double *most, double low, double high, int64_t *below);
};

extern const px_rough_loops px_rough_portable, px_rough_avx2, px_rough_avx512;

const px_rough_loops *px_rough_loops_chosen(void);          /* by base/isa.h */
const px_rough_loops *const *px_rough_loops_usable(int *n); /* the portable one first */

#endif
