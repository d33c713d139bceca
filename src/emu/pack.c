#include "emu/pack.h"

#define INLINE static inline __attribute__((always_inline))

/* to[i] = factor from[k], exact; constant flags make four loops of each caller: from float or double to float or double. */
INLINE void move(void *to, bool to32, int64_t i, double factor, const void *from, bool from32, int64_t k) {
    const float *f32 = from;
    const double *f64 = from;
    if (to32 && from32)
        ((float *)to)[i] = (float)factor * f32[k];
    else if (to32)
        ((float *)to)[i] = (float)(factor * f64[k]);
    else
        ((double *)to)[i] = factor * (from32 ? (double)f32[k] : f64[k]);
}

INLINE void clear(void *to, bool to32, int64_t i) {
    if (to32)
        ((float *)to)[i] = 0;
    else
        ((double *)to)[i] = 0;
}

INLINE void strip_as(const px_packing *how, bool from32, bool to32, const px_view *a, int64_t s, void *strip) {
    int64_t n = a->cols, step = how->reversed ? -a->cs : a->cs;
    for (int64_t i = 0; i < how->height; i++) {
        int64_t row = s * how->height + i, first = row * a->rs + (how->reversed ? (n - 1) * a->cs : 0);
        for (int64_t k = 0; k < n && row < a->rows; k++)
            move(strip, to32, k * how->height + i, how->sign, a->data, from32, first + k * step);
        for (int64_t k = 0; k < n && row >= a->rows; k++) clear(strip, to32, k * how->height + i);
    }
}

INLINE void panel_as(const px_packing *how, bool from32, bool to32, const px_view *b, int64_t p, void *panel) {
    int64_t n = b->rows, first = p * how->width, columns = b->cols - first < how->width ? b->cols - first : how->width;
    for (int64_t k = 0; k < n; k++)
        for (int copy = 0; copy < how->copies; copy++) {
            int64_t from = (how->reversed ? n - 1 - k : k) * b->rs + first * b->cs;
            int64_t to = (k * how->copies + copy) * how->width;
            if (b->cs == 1) /* the usual case apart, for the compiler */
                for (int64_t j = 0; j < columns; j++)
                    move(panel, to32, to + j, how->factor[copy], b->data, from32, from + j);
            else
                for (int64_t j = 0; j < columns; j++)
                    move(panel, to32, to + j, how->factor[copy], b->data, from32, from + j * b->cs);
            for (int64_t j = columns; j < how->width; j++) clear(panel, to32, to + j);
        }
}

void px_pack_strip(const px_packing *how, const px_view *a, int64_t s, void *strip) {
    bool from32 = px_fits_float(a->fmt);
    if (from32 && how->binary32)
        strip_as(how, true, true, a, s, strip);
    else if (from32)
        strip_as(how, true, false, a, s, strip);
    else if (how->binary32)
        strip_as(how, false, true, a, s, strip);
    else
        strip_as(how, false, false, a, s, strip);
}

void px_pack_panel(const px_packing *how, const px_view *b, int64_t p, void *panel) {
    bool from32 = px_fits_float(b->fmt);
    if (from32 && how->binary32)
        panel_as(how, true, true, b, p, panel);
    else if (from32)
        panel_as(how, true, false, b, p, panel);
    else if (how->binary32)
        panel_as(how, false, true, b, p, panel);
    else
        panel_as(how, false, false, b, p, panel);
}
