/* The inner loops of the certified product (ref/certified.h), one table an instruction set; each translation unit
 * (portable.c, avx2.c, avx512.c) sets the width of its vectors and includes kernels.h. They need not agree in their
 * bits: what they return is certified. Nothing here is shared with emu/, whose results it helps to judge. */
#ifndef PX_REF_ISA_ISA_H
#define PX_REF_ISA_ISA_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    PX_REF_BLOCK = 32,   /* terms whose residues are added before their sum is put aside */
    PX_REF_MAX_ROWS = 4, /* of a strip; plain sums take two strips at a time */
    PX_REF_MAX_WIDTH = 16,
};

/* A strip of A (n x rows, the rows of one term side by side) against a strip of B (n x width). Every number is below 1
 * in magnitude. */
typedef struct px_ref_tile {
    int64_t n;
    const double *a, *b;
    double *hi, *lo; /* results, rows x width */
} px_ref_tile;

/* One row of scaled results and sums of magnitudes on their way to the truth: times 2^e. */
typedef struct px_ref_row {
    const double *hi, *lo, *b;
    double scale; /* of the row; inf: not usable */
    double quantum;
    const double *scales, *quanta; /* of the columns */
    double radius, finest;         /* of scaled results; those whose quanta add up to `finest` or more are exact */
    double *out_hi, *out_lo, *out_radius, *out_b; /* radius, b: NULL where not wanted */
} px_ref_row;

/* The nearest double of hi + lo +- radius is hi where both ends round to it; hi = 0 is for others to look at, for its
 * sign. 2^-51 |lo| covers the roundings of lo +- radius (as those of the radius are covered by the radius). */
static inline bool px_ref_is_certain(double hi, double lo, double radius) {
    double ends = radius > 0 ? radius + 0x1p-51 * fabs(lo) : 0;
    return hi + (lo + ends) == hi && hi + (lo - ends) == hi && hi != 0;
}

typedef struct px_ref_isa {
    const char *name;
    int rows, width; /* of a tile */
    /* sum a b as hi + lo, hi its nearest double, by the anchored sum of certified.h. */
    void (*anchored)(const px_ref_tile *tile);
    /* sum a b, and sum |a b|, by plain sums; hi alone. The tile has two strips of A, one behind the other, so that
     * there are enough sums to hide the time that a step takes: 2 rows x width. */
    void (*plain)(const px_ref_tile *tile);
    void (*magnitudes)(const px_ref_tile *tile);
    /* Is every result certain (px_ref_is_certain), and no sum of magnitudes, where wanted, 0? */
    bool (*finish)(const px_ref_row *row);
} px_ref_isa;

extern const px_ref_isa px_ref_portable, px_ref_avx2, px_ref_avx512;

/* The best of this processor, or the one that the environment variable PRECX_ISA names. Chosen once. */
const px_ref_isa *px_ref_isa_chosen(void);
void px_ref_isa_use(const px_ref_isa *isa);         /* from now on this one: for tests and the bench */
const px_ref_isa *const *px_ref_isa_usable(int *n); /* the portable one first */

#endif
