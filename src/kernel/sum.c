#include "kernel/sum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/round.h"

/* A term; its exact value is the product a b. A number, or a product already rounded, has b = 1. */
typedef struct term {
    double a, b;
} term;

/* What every step needs. */
typedef struct summer {
    const px_terms *terms;
    px_fp mul, acc, split;
    px_rounding rounding;
    bool exact_products;
} summer;

enum { PRODUCT, SUM }; /* steps 2k, 2k + 1 */
#define STEP_OUT      UINT64_MAX
#define STEP_C        (UINT64_MAX - 1)
#define STEP_NEUMAIER (UINT64_MAX - 2)

static uint64_t step_of(int64_t k, int which) { return 2 * (uint64_t)k + (uint64_t)which; }
static uint64_t step_after(const summer *s, int64_t k) { return 2 * (uint64_t)s->terms->n + (uint64_t)k; }

static uint64_t bits_at(const summer *s, uint64_t step) {
    return px_bits_for(s->rounding, s->terms->stream, s->terms->element, step);
}

static term number(double x) { return (term){x, 1.0}; }
static term minus(double x) { return (term){-x, 1.0}; }

static term term_at(const summer *s, int64_t k) {
    const px_terms *t = s->terms;
    double a = t->a[k * t->stride_a];
    if (!t->b) return number(t->sign * a);
    double b = t->b[k * t->stride_b];
    if (s->exact_products) return (term){t->sign * a, b};
    return number(t->sign * px_mul(s->mul, s->rounding, a, b, bits_at(s, step_of(k, PRODUCT))));
}

/* rnd(x + y), the one rounding of a step. */
static double add(const summer *s, double x, term y, uint64_t step) {
    uint64_t bits = bits_at(s, step);
    if (y.b == 1.0) return px_add(s->acc, s->rounding, x, y.a, bits);
    return px_fma(s->acc, s->rounding, y.a, y.b, x, bits);
}

static double add_terms(const summer *s, term x, term y, uint64_t step) {
    if (x.b == 1.0) return add(s, x.a, y, step);
    if (y.b == 1.0) return add(s, y.a, x, step);
    px_exact sum = px_exact_sum(s->rounding, px_exact_mul(x.a, x.b, NULL), px_exact_mul(y.a, y.b, NULL), NULL);
    return px_exact_round(s->acc, s->rounding, sum, bits_at(s, step), NULL);
}

static bool is_nan(term x) { return isnan(x.a * x.b); }

/* |x| <=> |y|, neither NaN. */
static int compare_magnitude(term x, term y) {
    if (x.b == 1.0 && y.b == 1.0) return fabs(x.a) < fabs(y.a) ? -1 : fabs(x.a) > fabs(y.a);
    return px_exact_compare_magnitude(px_exact_mul(x.a, x.b, NULL), px_exact_mul(y.a, y.b, NULL));
}

/* Terms first, first + by, ... one after another. */
static double chain(const summer *s, double start, int64_t first, int64_t count, int64_t by, int64_t *last_change) {
    double sum = start;
    for (int64_t i = 0, k = first; i < count; i++, k += by) {
        double next = add(s, sum, term_at(s, k), step_of(k, SUM));
        if (last_change && memcmp(&next, &sum, sizeof sum) != 0) *last_change = k + 1;
        sum = next;
    }
    return sum;
}

typedef struct key {
    term x;
    int64_t k;
} key;

static int compare_keys(const key *x, const key *y, int direction) {
    bool nan_x = is_nan(x->x), nan_y = is_nan(y->x);
    int order = nan_x || nan_y ? nan_x - nan_y : direction * compare_magnitude(x->x, y->x);
    return order ? order : (x->k > y->k) - (x->k < y->k);
}

static int smaller_first(const void *x, const void *y) { return compare_keys(x, y, 1); }
static int larger_first(const void *x, const void *y) { return compare_keys(x, y, -1); }

static double sorted(const summer *s, int (*compare)(const void *, const void *)) {
    int64_t n = s->terms->n;
    key *keys = (uint64_t)n <= SIZE_MAX / sizeof *keys ? malloc((size_t)n * sizeof *keys) : NULL;
    if (!keys) px_out_of_memory((unsigned long long)n * sizeof *keys);
    for (int64_t k = 0; k < n; k++) keys[k] = (key){term_at(s, k), k};
    qsort(keys, (size_t)n, sizeof *keys, compare);
    double sum = s->terms->c;
    for (int64_t i = 0; i < n; i++) sum = add(s, sum, keys[i].x, step_of(keys[i].k, SUM));
    free(keys);
    return sum;
}

/* The tree of neighbours, from the left, without storing the levels: after k terms the stack holds one finished subtree
 * for each binary digit 1 of k, the largest at the bottom. Joining what is left from the top down is what moving up odd
 * last elements comes to. */
static double pairwise(const summer *s) {
    struct {
        term x;
        int64_t first;
    } stack[65];
    int64_t n = s->terms->n;
    int top = 0;
    for (int64_t k = 0; k < n; k++) {
        stack[top].x = term_at(s, k);
        stack[top++].first = k;
        int64_t joins = k + 1 < n ? __builtin_ctzll((uint64_t)k + 1) : top - 1;
        for (; joins > 0; joins--) {
            top--;
            uint64_t step = step_of(stack[top].first, SUM);
            stack[top - 1].x = number(add_terms(s, stack[top - 1].x, stack[top].x, step));
        }
    }
    return n == 1 ? add(s, 0.0, stack[0].x, step_of(0, SUM)) : stack[0].x.a;
}

static double blocked(const summer *s, int64_t length) {
    PX_ASSERT(length > 0);
    int64_t n = s->terms->n;
    double sum = 0.0;
    for (int64_t j = 0, first = 0; first < n; j++, first += length) {
        double partial = chain(s, 0.0, first, n - first < length ? n - first : length, 1, NULL);
        partial = px_round(s->split, s->rounding, partial, bits_at(s, step_after(s, 2 * j)));
        sum = j == 0 ? partial : add(s, sum, number(partial), step_after(s, 2 * j + 1));
    }
    return sum;
}

static double kahan(const summer *s) {
    double sum = s->terms->c, correction = 0.0;
    for (int64_t k = 0; k < s->terms->n; k++) {
        double y = add(s, -correction, term_at(s, k), step_after(s, 3 * k));
        double t = add(s, sum, number(y), step_of(k, SUM));
        double gained = add(s, t, minus(sum), step_after(s, 3 * k + 1));
        correction = add(s, gained, minus(y), step_after(s, 3 * k + 2));
        sum = t;
    }
    return sum;
}

static double neumaier(const summer *s) {
    double sum = s->terms->c, correction = 0.0;
    for (int64_t k = 0; k < s->terms->n; k++) {
        term x = term_at(s, k);
        double t = add(s, sum, x, step_of(k, SUM)), e;
        if (!isnan(sum) && !is_nan(x) && compare_magnitude(number(sum), x) >= 0)
            e = add(s, add(s, sum, minus(t), step_after(s, 3 * k)), x, step_after(s, 3 * k + 1));
        else
            e = add(s, add(s, -t, x, step_after(s, 3 * k)), number(sum), step_after(s, 3 * k + 1));
        correction = add(s, correction, number(e), step_after(s, 3 * k + 2));
        sum = t;
    }
    return add(s, sum, number(correction), STEP_NEUMAIER);
}

/* rnd(c + sum), unless c is +0. */
static double add_start(const summer *s, double sum) {
    double c = s->terms->c;
    return c == 0.0 && !signbit(c) ? sum : add(s, c, number(sum), STEP_C);
}

static double in_order(const px_recipe *recipe, const summer *s, int64_t *last_change) {
    double c = s->terms->c;
    int64_t n = s->terms->n;
    switch ((px_order)recipe->order) {
    case PX_SEQUENTIAL: return chain(s, c, 0, n, 1, last_change);
    case PX_REVERSE: return chain(s, c, n - 1, n, -1, NULL);
    case PX_SORTED_UP: return sorted(s, smaller_first);
    case PX_SORTED_DOWN: return sorted(s, larger_first);
    case PX_PAIRWISE: return add_start(s, pairwise(s));
    case PX_BLOCKED: return add_start(s, blocked(s, recipe->block));
    case PX_SPLITK:
        PX_ASSERT(recipe->splits > 0);
        return add_start(s, blocked(s, n / recipe->splits + (n % recipe->splits != 0)));
    case PX_KAHAN: return kahan(s);
    case PX_NEUMAIER: return neumaier(s);
    case PX_ORDER_COUNT: break;
    }
    PX_ASSERT(recipe->order < PX_ORDER_COUNT);
    return 0.0;
}

double px_sum(const px_recipe *recipe, const px_terms *terms, int64_t *last_change) {
    PX_ASSERT(!px_fp_is_exact(recipe->acc) && terms->n >= 0 && fabs(terms->sign) == 1.0);
    summer s = {.terms = terms,
                .mul = recipe->mul,
                .acc = recipe->acc,
                .split = recipe->order == PX_SPLITK ? recipe->split : px_fp_exact(),
                .rounding = px_recipe_rounding(recipe),
                .exact_products = recipe->fused || px_fp_is_exact(recipe->mul)};
    if (last_change) *last_change = 0;
    double sum = terms->n ? in_order(recipe, &s, last_change) : terms->c;
    return px_round(recipe->out, s.rounding, sum, bits_at(&s, STEP_OUT));
}
