#include "data/gallery_random.h"

#include <math.h>

#include "base/error.h"
#include "data/elementary.h"

/* The row is the upper half of the index: a larger matrix begins with the smaller. */
static uint64_t at(int64_t i, int64_t j) { return (uint64_t)i << 32 | (uint64_t)j; }

static double gaussian(const px_gallery *g, int64_t i, int64_t j) { return px_draw_normal(g->draw, at(i, j)); }
static double xavier(const px_gallery *g, int64_t i, int64_t j) {
    return (2 * px_draw_uniform(g->draw, at(i, j)) - 1) * sqrt(3 / (double)g->n);
}
static double he(const px_gallery *g, int64_t i, int64_t j) { return gaussian(g, i, j) * sqrt(2 / (double)g->n); }
static double gpt2(const px_gallery *g, int64_t i, int64_t j) { return gaussian(g, i, j) * 0.02; }

/* Multiples of 2^-32, so that the sum of a row's magnitudes is exact. */
static double hpl_mxp(const px_gallery *g, int64_t i, int64_t j) {
    if (i != j) return (double)(px_draw_bits(g->draw, at(i, j)) >> 32) * 0x1p-32 - 0.5;
    double sum = 0;
    for (int64_t k = 0; k < g->n; k++)
        if (k != i) sum += fabs(hpl_mxp(g, i, k));
    return sum;
}

void px_gallery_singular_values(const px_gallery *g, double *sigma) {
    double n = (double)g->n, least = 1 / g->kappa, log_kappa = px_data_log(g->kappa);
    for (int64_t k = 0; k < g->n; k++) {
        double part = g->n > 1 ? (double)k / (n - 1) : 0;
        switch (g->mode) {
        case 1: sigma[k] = k == 0 ? 1 : least; break;
        case 2: sigma[k] = 1; break;
        case 3: sigma[k] = px_data_exp(-part * log_kappa); break;
        case 4: sigma[k] = 1 - part * (1 - least); break;
        case 5: sigma[k] = px_data_exp(-px_draw_uniform(g->draw, at(g->n, k) | (uint64_t)1 << 63) * log_kappa); break;
        default: PX_ASSERT(g->mode >= 1 && g->mode <= 5);
        }
    }
    sigma[0] = 1;
    if (g->n > 1) sigma[g->n - 1] = least;
}

/* The reflections of rows from cols on would meet zeros alone. */
void px_random_orthogonal(px_draw draw, int side, int64_t rows, int64_t cols, double *b, double *scratch) {
    double *x = scratch, *y = scratch + rows;
    for (int64_t k = cols - 1; k >= 0; k--) {
        double square = 0;
        for (int64_t i = k; i < rows; i++) {
            x[i] = px_draw_normal(draw, at(k, i) | (uint64_t)side << 62);
            square += x[i] * x[i];
        }
        double norm = x[k] < 0 ? -sqrt(square) : sqrt(square), sign = x[k] < 0 ? 1 : -1;
        double beta = norm * (x[k] += norm);
        for (int64_t j = 0; j < cols; j++) y[j] = 0;
        for (int64_t i = k; i < rows; i++)
            for (int64_t j = 0; j < cols; j++) y[j] += x[i] * b[i * cols + j];
        for (int64_t j = 0; j < cols; j++) y[j] /= beta;
        for (int64_t i = k; i < rows; i++)
            for (int64_t j = 0; j < cols; j++) b[i * cols + j] -= x[i] * y[j];
        for (int64_t j = 0; j < cols; j++) b[k * cols + j] *= sign;
    }
}

static void transpose(double *b, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++) {
            double t = b[i * n + j];
            b[i * n + j] = b[j * n + i];
            b[j * n + i] = t;
        }
}

static px_mat randsvd(px_arena *arena, const px_gallery *g) {
    px_mat a = px_mat_new(arena, px_fp_exact(), g->n, g->n);
    double *b = a.data, *scratch = PX_NEW_ARRAY(arena, double, 2 * g->n);
    PX_ASSERT(a.ld == g->n);
    px_gallery_singular_values(g, scratch);
    for (int64_t i = 0; i < g->n; i++) b[i * g->n + i] = scratch[i];
    px_random_orthogonal(g->draw, 0, g->n, g->n, b, scratch);
    transpose(b, g->n);
    px_random_orthogonal(g->draw, 1, g->n, g->n, b, scratch);
    transpose(b, g->n);
    return a;
}

px_mat px_gallery_random(px_arena *arena, const px_gallery *g) {
    typedef double entry(const px_gallery *g, int64_t i, int64_t j);
    static entry *const entries[PX_GALLERY_COUNT] = {[PX_GALLERY_gaussian] = gaussian,
                                                     [PX_GALLERY_hpl_mxp] = hpl_mxp,
                                                     [PX_GALLERY_xavier] = xavier,
                                                     [PX_GALLERY_he] = he,
                                                     [PX_GALLERY_gpt2] = gpt2};
    if (g->which == PX_GALLERY_randsvd) return randsvd(arena, g);
    px_mat a = px_mat_new(arena, px_fp_exact(), g->n, g->n);
    PX_ASSERT(entries[g->which]);
    for (int64_t i = 0; i < g->n; i++)
        for (int64_t j = 0; j < g->n; j++) px_mat_set(&a, i, j, entries[g->which](g, i, j));
    return a;
}
