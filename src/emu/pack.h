/* Operands of products in the order in which kernels read them, in the host's format. */
#ifndef PX_EMU_PACK_H
#define PX_EMU_PACK_H

#include "emu/emu.h"

typedef struct px_packing {
    bool binary32;    /* the host; else binary64 */
    bool reversed;    /* k descending */
    int height;       /* rows of a strip of A */
    int width;        /* columns of a panel of B */
    int copies;       /* of B: 1, or 2 side by side in each row */
    double sign;      /* A is multiplied by it */
    double factor[2]; /* each copy of B by its own, a number that makes the products exact */
} px_packing;

/* Strip s of A, rows s height ...: k columns of `height` numbers. Panel p of B: k rows of copies * width numbers. Zeros
 * fill what is missing. */
void px_pack_strip(const px_packing *how, const px_view *a, int64_t s, void *strip);
void px_pack_panel(const px_packing *how, const px_view *b, int64_t p, void *panel);

#endif
