/* Operands of products in the order in which kernels read them, in the host's format. */
#ifndef PX_EMU_PACK_H
#define PX_EMU_PACK_H

#include "emu/emu.h"

enum { PX_MAX_PERIOD = 8, PX_MAX_WIDTH = 128 };

typedef struct px_packing {
    bool binary32; /* the host; else binary64 */
    bool reversed; /* k descending */
    int height;    /* rows of a strip of A */
    int width;     /* columns of a panel of B */
    int copies;    /* of B: 1, or 2 side by side in each row */
    double sign;   /* A is multiplied by it */
    /* Each copy of row k of B is multiplied by its own number, which leaves it exact: they come again after `period`
     * rows, and at the beginning of each block. */
    int period;
    int64_t block;
    double factors[2 * PX_MAX_PERIOD];
} px_packing;

/* Strip s of A, rows s height ...: k columns of `height` numbers. Panel p of B: k rows of copies * width numbers. Zeros
 * fill what is missing. */
void px_pack_strip(const px_packing *how, const px_view *a, int64_t s, void *strip);
void px_pack_panel(const px_packing *how, const px_view *b, int64_t p, void *panel);

/* The least of rows k of panel p in the host binary32, see px_isa's least_across. */
void px_pack_least(const px_packing *how, const px_view *b, int64_t p, uint32_t *least);

#endif
