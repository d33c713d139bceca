/* Operands of a matrix unit's products in the frames of its kernels (isa/isa.h): a line is a row of A, or a panel of
 * columns of B. A row or column with infinities or NaNs is `special`: zeros stand in their place. */
#ifndef PX_EMU_MMA_PACK_H
#define PX_EMU_MMA_PACK_H

#include "arith/model.h"
#include "emu/emu.h"
#include "emu/isa/isa.h"

typedef struct px_mma_line {
    px_mma_frame frame;
    int most;     /* the largest exponent; frame.least is the smallest */
    bool framed;  /* no further apart than bytes can say */
    bool heavy;   /* a row: the sum of a block may need more than 31 bits */
    bool special; /* something in it is an infinity or a NaN */
} px_mma_line;

typedef struct px_mma_side {
    const px_view *view;
    const px_isa *isa;
    const px_mma *unit;
    px_fp fmt;
    bool panels;                             /* of B; else rows of A */
    double sign;                             /* A is multiplied by it */
    int64_t k, padded, columns, lines, size; /* padded: k, with the zeros that kernels read; size: numbers in a line */
    px_mma_line *line;
    float *values;
    void *bytes;         /* a uint32_t a value of A, a byte a value of B */
    float *significands; /* NULL before px_mma_split_side */
    int32_t *exponents;
    bool *special; /* row by row, or column by column */
} px_mma_side;

/* Packs A (sign as in px_call) or the panels of B; lines of A up to a whole tile. Lines beyond the view are zeros. */
px_mma_side px_mma_pack_side(const px_view *view, const px_mma *unit, bool panels, double sign);

/* Makes the significands and exponents that the general kernel reads. */
void px_mma_split_side(px_mma_side *side);

void px_mma_free_side(px_mma_side *side);

#endif
