/* The inner loops of the certified product (ref/certified.h), one table an instruction set; each translation unit
 * (portable.c, avx2.c, avx512.c) sets the width of its vectors and includes kernels.h. They need not agree in their
 * bits: what they return is certified. Nothing here is shared with emu/, whose results it helps to judge. */
#ifndef PX_REF_ISA_ISA_H
#define PX_REF_ISA_ISA_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    PX_REF_BLOCK = 128,       /* terms whose residues are added before their sum is put aside */
    PX_REF_SIZES_BLOCK = 128, /* terms whose magnitudes are added in binary32 before their sum is put aside */
    PX_REF_MAX_ROWS = 4,      /* of a strip of A */
    PX_REF_MAX_WIDTH = 32,    /* of a strip of B */
};

/* Strips lie one behind the other: of A n x rows numbers each, the rows of one term side by side, of B n x width. A
 * tile is two strips of A against two of B; its results have rows of 2 width numbers. Every number of a strip is below
 * 1 in magnitude. */
typedef struct px_ref_tile {
    int64_t n;
    const double *a, *b;
    double *hi, *lo;
} px_ref_tile;

/* The magnitudes of the same numbers, rounded to binary32. */
typedef struct px_ref_sizes {
    int64_t n;
    const float *a, *b;
    double *sum;
} px_ref_sizes;

/* What the lines of a strip look like: their squared norms, their smallest magnitudes other than 0 (inf: none), and
 * whether a number has a minus sign. */
typedef struct px_ref_survey {
    double squares[PX_REF_MAX_WIDTH], least[PX_REF_MAX_WIDTH];
    bool negative[PX_REF_MAX_WIDTH];
} px_ref_survey;

/* One row of scaled results hi + lo and sums of magnitudes on their way to the truth: 2 width of them, hi made the
 * nearest double of hi + lo, all times 2^e. */
typedef struct px_ref_row {
    const double *hi, *lo, *b;
    double scale; /* of the row; inf: not usable */
    double quantum;
    const double *scales, *quanta; /* of the columns */
    double radius, finest;         /* of scaled results; those whose quanta add up to `finest` or more are exact */
    double least;                  /* a sum of magnitudes below is not certain */
    double *out_hi, *out_lo, *out_radius, *out_b; /* lo, radius, b: NULL where not wanted */
} px_ref_row;

/* The nearest double of hi + lo +- radius is hi where both ends round to it; hi = 0 is for others to look at, for its
 * sign. 2^-51 |lo| covers the roundings of lo +- radius (as those of the radius are covered by the radius). */
static inline bool px_ref_is_certain(double hi, double lo, double radius) {
    double ends = radius > 0 ? radius + 0x1p-51 * fabs(lo) : 0;
    return hi + (lo + ends) == hi && hi + (lo - ends) == hi && hi != 0;
}

typedef struct px_ref_isa {
    const char *name;
    int rows, width;
    /* sum a b as hi + lo by the anchored sum of certified.h: one strip of A, one of B. */
    void (*anchored)(const px_ref_tile *tile);
    /* sum a b by plain sums, hi alone: two strips of A, so that there are enough sums to hide the time that a step
     * takes, one of B. */
    void (*plain)(const px_ref_tile *tile);
    /* sum |a b|, the whole tile. */
    void (*sizes)(const px_ref_sizes *tile);
    /* Of a strip of A (rows) or B, k terms. */
    void (*survey)(const double *x, int64_t k, bool rows, px_ref_survey *v);
    /* x *= factor of its line, and the magnitudes of that, rounded to binary32 (NULL: not wanted). */
    void (*scale)(double *x, float *sizes, int64_t k, bool rows, const double *factor);
    /* Is every result certain (px_ref_is_certain), and every sum of magnitudes, where wanted? */
    bool (*finish)(const px_ref_row *row);
} px_ref_isa;

extern const px_ref_isa px_ref_portable, px_ref_avx2, px_ref_avx512;

/* The best of this processor, or the one that the environment variable PRECX_ISA names. Chosen once. */
const px_ref_isa *px_ref_isa_chosen(void);
void px_ref_isa_use(const px_ref_isa *isa);         /* from now on this one: for tests and the bench */
const px_ref_isa *const *px_ref_isa_usable(int *n); /* the portable one first */

#endif
