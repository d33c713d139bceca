#include <math.h>

#include "base/error.h"
#include "data/data.h"
#include "data/elementary.h"

/* Entry (i, j) of a random matrix: the row is the upper half of the index, a larger matrix begins with the smaller. */
static uint64_t at(int64_t i, int64_t j) { return (uint64_t)i << 32 | (uint64_t)j; }

static double uniform(px_draw d, int64_t i, int64_t j) { return px_draw_uniform(d, at(i, j)); }
static double uniform_pm1(px_draw d, int64_t i, int64_t j) { return 2 * px_draw_uniform(d, at(i, j)) - 1; }
static double normal(px_draw d, int64_t i, int64_t j) { return px_draw_normal(d, at(i, j)); }

static double wide(px_draw d, int64_t i, int64_t j) {
    uint64_t index = at(i, j) << 1;
    return (px_draw_uniform(d, index) - 0.5) * px_data_exp(2 * px_draw_normal(d, index + 1));
}

/* The other half of the pair of inner indices that t belongs to comes first. */
static bool second(int64_t t) { return t % 2 == 1; }

/* Entry (i, t) of A, entry (t, j) of B; t is the inner index. */
static double a_uniform(px_draw d, int64_t i, int64_t t) { return uniform(d, i, t); }
static double b_uniform(px_draw d, int64_t t, int64_t j) { return uniform(d, t, j); }
static double a_uniform_pm1(px_draw d, int64_t i, int64_t t) { return uniform_pm1(d, i, t); }
static double b_uniform_pm1(px_draw d, int64_t t, int64_t j) { return uniform_pm1(d, t, j); }
static double a_normal(px_draw d, int64_t i, int64_t t) { return normal(d, i, t); }
static double b_normal(px_draw d, int64_t t, int64_t j) { return normal(d, t, j); }
static double a_wide(px_draw d, int64_t i, int64_t t) { return wide(d, i, t); }
static double b_wide(px_draw d, int64_t t, int64_t j) { return wide(d, t, j); }
static double a_outlier(px_draw d, int64_t i, int64_t t) { return normal(d, i, t) * (t % 64 == 0 ? 32 : 1); }
static double b_outlier(px_draw d, int64_t t, int64_t j) { return normal(d, t, j); }
static double a_cancelling(px_draw d, int64_t i, int64_t t) {
    return second(t) ? -normal(d, i, t - 1) : normal(d, i, t);
}
static double b_cancelling(px_draw d, int64_t t, int64_t j) {
    return second(t) ? normal(d, t - 1, j) * (1 - 0x1p-8) : normal(d, t, j);
}
static double a_scaled(px_draw d, int64_t i, int64_t t) { return ldexp(normal(d, i, t), (int)(i % 9) - 4); }
static double b_scaled(px_draw d, int64_t t, int64_t j) { return ldexp(normal(d, t, j), 4 - (int)(j % 9)); }

typedef double entry(px_draw d, int64_t i, int64_t j);

static const struct kind {
    const char *name, *help;
    entry *a, *b;
} kinds[] = {
#define ROW(id, text) {#id, text, a_##id, b_##id},
    PX_MATRIX_LIST(ROW)
#undef ROW
};

const char *const *px_matrix_names(void) {
#define NAME(id, text) #id,
    static const char *const names[] = {PX_MATRIX_LIST(NAME) NULL};
#undef NAME
    return names;
}

const char *px_matrix_help(int i) {
    PX_ASSERT(i >= 0 && i < PX_MATRIX_COUNT);
    return kinds[i].help;
}

static px_wide fill(px_arena *arena, entry *value, px_draw d, int64_t rows, int64_t cols) {
    px_mat x = px_mat_new(arena, px_fp_exact(), rows, cols);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) px_mat_set(&x, i, j, value(d, i, j));
    return px_wide_of(x);
}

void px_matrix_fill(px_arena *arena, const px_matrix *p, px_wide *a, px_wide *b) {
    PX_ASSERT(p->which >= 0 && p->which < PX_MATRIX_COUNT && p->m >= 1 && p->n >= 1 && p->k >= 1);
    *a = fill(arena, kinds[p->which].a, p->draw_a, p->m, p->k);
    *b = fill(arena, kinds[p->which].b, p->draw_b, p->k, p->n);
}
