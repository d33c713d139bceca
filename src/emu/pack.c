#include "emu/pack.h"

#include "emu/isa/isa.h"
#include "emu/view.h"

#define INLINE static inline __attribute__((always_inline))

/* to[i] = factor from[i step], i = 0 .. n-1, exact; constant flags make four loops of each caller: from float
 * or double to float or double. */
INLINE void move(bool from32, bool to32, int64_t n, double factor, const void *from, int64_t step, void *to) {
    const float *f32 = from;
    const double *f64 = from;
    float *t32 = to;
    double *t64 = to;
    for (int64_t i = 0; i < n; i++, f32 += step, f64 += step, t32++, t64++) {
        if (to32 && from32)
            *t32 = (float)factor * *f32;
        else if (to32)
            *t32 = (float)(factor * *f64);
        else
            *t64 = factor * (from32 ? (double)*f32 : *f64);
    }
}

INLINE void clear(bool to32, int64_t n, void *to) {
    for (int64_t i = 0; i < n; i++) {
        if (to32)
            ((float *)to)[i] = 0;
        else
            ((double *)to)[i] = 0;
    }
}

INLINE const void *element(bool binary32, const void *data, int64_t i) {
    return (const char *)data + i * (int64_t)(binary32 ? sizeof(float) : sizeof(double));
}

INLINE void strip_as(const px_packing *how, bool from32, bool to32, const px_view *a, int64_t s, void *strip) {
    int64_t n = a->cols, row = s * how->height, rows = a->rows - row < how->height ? a->rows - row : how->height;
    for (int64_t k = 0; k < n; k++) {
        int64_t from = row * a->rs + (how->reversed ? n - 1 - k : k) * a->cs;
        char *to = (char *)strip + k * how->height * (int64_t)(to32 ? sizeof(float) : sizeof(double));
        move(from32, to32, rows, how->sign, element(from32, a->data, from), a->rs, to);
        clear(to32, how->height - rows, (void *)element(to32, to, rows));
    }
}

static const double *factors_of(const px_packing *how, int64_t k) {
    return how->factors + k % how->block % how->period * how->copies;
}

INLINE void panel_as(const px_packing *how, bool from32, bool to32, const px_view *b, int64_t p, void *panel) {
    int64_t n = b->rows, first = p * how->width, columns = b->cols - first < how->width ? b->cols - first : how->width;
    char *to = panel;
    for (int64_t k = 0; k < n; k++)
        for (int copy = 0; copy < how->copies; copy++) {
            int64_t at = (how->reversed ? n - 1 - k : k) * b->rs + first * b->cs;
            const void *from = element(from32, b->data, at);
            move(from32, to32, columns, factors_of(how, k)[copy], from, b->cs, to);
            clear(to32, how->width - columns, (void *)element(to32, to, columns));
            to += how->width * (int)(to32 ? sizeof(float) : sizeof(double));
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

/* A whole panel of numbers that lie together and have the host's format already: by a kernel. */
static void panel_by_kernel(const px_packing *how, const px_view *b, int64_t p, void *panel) {
    int64_t first = how->reversed ? (b->rows - 1) * b->rs : 0, step = how->reversed ? -b->rs : b->rs;
    for (int64_t k = 0; k < b->rows; k += how->block) {
        int64_t n = b->rows - k < how->block ? b->rows - k : how->block;
        const void *from = element(how->binary32, b->data, first + k * step + p * how->width);
        void *to = (void *)element(how->binary32, panel, k * how->copies * how->width);
        if (how->binary32)
            px_isa_chosen()->pack_f32(n, how->width, how->copies, how->period, how->factors, from, step, to);
        else
            px_isa_chosen()->pack_f64(n, how->width, how->copies, how->period, how->factors, from, step, to);
    }
}

void px_pack_least(const px_packing *how, const px_view *b, int64_t p, uint32_t *least) {
    int64_t n = b->rows, first = p * how->width, columns = b->cols - first < how->width ? b->cols - first : how->width;
    if (px_fits_float(b->fmt) && b->cs == 1 && !how->reversed) {
        px_isa_chosen()->least_across_f32(n, (int)columns, (const float *)b->data + first, b->rs, least);
        return;
    }
    float row[PX_MAX_WIDTH];
    for (int64_t k = 0; k < n; k++) {
        for (int64_t j = 0; j < columns; j++) row[j] = (float)px_view_get(b, how->reversed ? n - 1 - k : k, first + j);
        px_isa_chosen()->least_across_f32(1, (int)columns, row, 0, least + k);
    }
}

void px_pack_panel(const px_packing *how, const px_view *b, int64_t p, void *panel) {
    bool from32 = px_fits_float(b->fmt), whole = (p + 1) * how->width <= b->cols;
    if (whole && b->cs == 1 && how->width > 1 && from32 == how->binary32) {
        panel_by_kernel(how, b, p, panel);
        return;
    }
    if (from32 && how->binary32)
        panel_as(how, true, true, b, p, panel);
    else if (from32)
        panel_as(how, true, false, b, p, panel);
    else if (how->binary32)
        panel_as(how, false, true, b, p, panel);
    else
        panel_as(how, false, false, b, p, panel);
}
