#include <math.h>

#include "base/error.h"
#include "data/data.h"
#include "data/elementary.h"

/* Four draws a pair and stream, so that a longer list of pairs begins with the shorter one. */
static uint64_t at(int64_t i, int draw) { return (uint64_t)i * 4 + (uint64_t)draw; }

/* Pair i: a[0] + a[1] and b[0] + b[1] (hi, lo; zeroed). */
static void fill_uniform(const px_pair *p, int64_t i, double a[2], double b[2]) {
    a[0] = px_draw_uniform(p->draw_a, at(i, 0));
    b[0] = px_draw_uniform(p->draw_b, at(i, 0));
}

static void fill_uniform_pm1(const px_pair *p, int64_t i, double a[2], double b[2]) {
    a[0] = 2 * px_draw_uniform(p->draw_a, at(i, 0)) - 1;
    b[0] = 2 * px_draw_uniform(p->draw_b, at(i, 0)) - 1;
}

static void fill_normal(const px_pair *p, int64_t i, double a[2], double b[2]) {
    a[0] = px_draw_normal(p->draw_a, at(i, 0));
    b[0] = px_draw_normal(p->draw_b, at(i, 0));
}

static double wide(px_draw d, int64_t i) {
    return (px_draw_uniform(d, at(i, 0)) - 0.5) * px_data_exp(2 * px_draw_normal(d, at(i, 1)));
}

static void fill_wide(const px_pair *p, int64_t i, double a[2], double b[2]) {
    a[0] = wide(p->draw_a, i);
    b[0] = wide(p->draw_b, i);
}

static void fill_cancelling(const px_pair *p, int64_t i, double a[2], double b[2]) {
    double v = px_draw_uniform(p->draw_b, at(i, 0)), g = floor(24 * px_draw_uniform(p->draw_b, at(i, 1)));
    a[0] = px_draw_normal(p->draw_a, at(i, 0));
    b[0] = -a[0] * (1 - ldexp(v, -(int)g));
}

/* +-[1, 2). */
static double one_to_two(px_draw d, int64_t i) {
    double x = 1 + px_draw_uniform(d, at(i, 0));
    return px_draw_bits(d, at(i, 1)) & 1 ? -x : x;
}

/* Sums: both terms in 2^(edge-8) .. 2^(edge+1), of one sign. Products: exponents that add up to edge-8 .. edge. */
static void fill_near_edge(const px_pair *p, int64_t i, double a[2], double b[2]) {
    int ea = (int)(p->edge - 8) + (int)floor(9 * px_draw_uniform(p->draw_a, at(i, 2)));
    int eb = (int)(p->edge - 8) + (int)floor(9 * px_draw_uniform(p->draw_b, at(i, 2)));
    if (p->product) {
        eb = ea / 2;
        ea -= eb;
    }
    a[0] = ldexp(one_to_two(p->draw_a, i), ea);
    b[0] = ldexp(one_to_two(p->draw_b, i), eb);
    if (!p->product) b[0] = copysign(b[0], a[0]);
}

static void fill_values(const px_pair *p, int64_t i, double a[2], double b[2]) {
    (void)i;
    px_data_decimal(p->a, &a[0], &a[1]);
    px_data_decimal(p->b, &b[0], &b[1]);
}

static const struct kind {
    const char *name, *help;
    void (*fill)(const px_pair *p, int64_t i, double a[2], double b[2]);
} kinds[] = {
#define ROW(id, text) {#id, text, fill_##id},
    PX_PAIR_LIST(ROW)
#undef ROW
};

const char *const *px_pair_names(void) {
#define NAME(id, text) #id,
    static const char *const names[] = {PX_PAIR_LIST(NAME) NULL};
#undef NAME
    return names;
}

const char *px_pair_help(int i) {
    PX_ASSERT(i >= 0 && i < PX_PAIR_COUNT);
    return kinds[i].help;
}

void px_pair_fill(px_arena *arena, const px_pair *p, px_wide *a, px_wide *b) {
    PX_ASSERT(p->which >= 0 && p->which < PX_PAIR_COUNT && p->n >= 1);
    px_wide *out[] = {a, b};
    bool whole[] = {true, true};
    for (int s = 0; s < 2; s++)
        *out[s] =
            (px_wide){.hi = px_mat_new(arena, px_fp_exact(), p->n, 1), .lo = px_mat_new(arena, px_fp_exact(), p->n, 1)};
    for (int64_t i = 0; i < p->n; i++) {
        double x[2][2] = {{0}};
        kinds[p->which].fill(p, i, x[0], x[1]);
        for (int s = 0; s < 2; s++) {
            px_mat_set(&out[s]->hi, i, 0, x[s][0]);
            px_mat_set(&out[s]->lo, i, 0, x[s][1]);
            whole[s] = whole[s] && x[s][1] == 0;
        }
    }
    for (int s = 0; s < 2; s++)
        if (whole[s]) *out[s] = px_wide_of(out[s]->hi);
}
