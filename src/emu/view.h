/* Reading and writing views element by element, whatever their carrier. */
#ifndef PX_EMU_VIEW_H
#define PX_EMU_VIEW_H

#include "base/room.h"
#include "emu/emu.h"

static inline bool px_view_present(const px_view *v) { return v->data != NULL; }

static inline double px_view_get(const px_view *v, int64_t i, int64_t j) {
    int64_t at = i * v->rs + j * v->cs;
    return px_fits_float(v->fmt) ? (double)((const float *)v->data)[at] : ((const double *)v->data)[at];
}

static inline void px_view_set(const px_view *v, int64_t i, int64_t j, double x) {
    int64_t at = i * v->rs + j * v->cs;
    if (px_fits_float(v->fmt))
        ((float *)v->data)[at] = (float)x;
    else
        ((double *)v->data)[at] = x;
}

#endif
