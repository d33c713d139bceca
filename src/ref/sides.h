/* The operands of a certified product: rows of A, columns of B, each scaled by its own power of two to a norm below 1,
 * and packed for the kernels of isa.h. */
#ifndef PX_REF_SIDES_H
#define PX_REF_SIDES_H

#include <stdbool.h>

#include "matrix/mat.h"
#include "ref/isa/isa.h"

typedef struct px_ref_side {
    const px_mat *m;
    double sign;          /* of all numbers */
    bool rows;            /* lines are rows of m, else its columns */
    int64_t n, k, strips; /* lines, terms, strips of `width` lines, an even number */
    int width;
    double *x;       /* strips, k x width each, missing lines as zeros */
    float *sizes;    /* the magnitudes of x, rounded to binary32; NULL: not wanted */
    double *scale;   /* of a line (strips width of them): 2^e, by which its results are multiplied; inf: not usable */
    double *quantum; /* exponent of a power of two that all scaled numbers of the line are multiples of */
    bool *negative;  /* of a strip: some number has a minus sign, or is a NaN */
} px_ref_side;

/* Lines are not usable when they hold an infinity or NaN, or when scaling them could leave the range of double; they
 * are packed as zeros. */
px_ref_side px_ref_side_new(const px_mat *m, bool rows, double sign, bool sizes, const px_ref_isa *isa);
void px_ref_side_free(px_ref_side *s);

double px_ref_side_finest(const px_ref_side *s); /* the smallest quantum */
bool px_ref_side_usable(const px_ref_side *s);   /* all of its lines are */
bool px_ref_side_negative(const px_ref_side *s);

#endif
