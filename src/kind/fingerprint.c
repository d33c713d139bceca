#include "kind/fingerprint.h"

#include <math.h>

#include "arith/rounding.h"

enum { TERMS = 32, LONG = 2048, MOST_BITS = 160 };

const char *px_products_name(px_products p) {
#define NAME(id, name, text) name,
    static const char *const names[] = {PX_PRODUCTS_LIST(NAME)};
#undef NAME
    return names[p];
}

static int least(int a, int b) { return a < b ? a : b; }

/* The fewest bits of the formats that a sum passes through. */
static int narrowest(const px_asked *w) {
    const px_recipe *r = &w->how.recipe;
    const px_fp formats[] = {r->mul, r->acc, r->out, r->split};
    int p = 53;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (!px_fp_is_exact(formats[i])) p = least(p, formats[i].p);
    return p;
}

/* ---- operands: (1 + 2^-g) 1 and 1 (1 + 2^-g) among zeros; what comes out are the bits that went in. --- */

static px_status keeps(const px_asked *w, px_arena *arena, int t, double x, double y, bool *kept, px_error *err) {
    px_sum s = px_sum_new(arena, TERMS);
    double answer;
    bool uniform = true;
    px_sum_product(&s, t, x, y);
    PX_TRY(px_sum_ask(w, &s, &answer, &uniform, err));
    *kept = answer == x * y && uniform;
    return PX_OK;
}

px_status px_operand_bits(const px_asked *w, int *bits, int *most, px_error *err) {
    *most = least(w->how.in.p, narrowest(w));
    *bits = 1;
    px_arena *arena = px_arena_new();
    px_status status = PX_OK;
    bool kept = true;
    for (int g = 1; g < *most && kept && status == PX_OK; g++) {
        double x = 1 + ldexp(1, -g);
        status = keeps(w, arena, g % TERMS, x, 1, &kept, err);
        if (status == PX_OK && kept) status = keeps(w, arena, g % TERMS, 1, x, &kept, err);
        if (status == PX_OK && kept) *bits = g + 1;
        px_arena_reset(arena);
    }
    px_arena_free(arena);
    return status;
}

/* ---- the order: 2^hi and -2^hi among units 2^lo swallow all units that are added before they meet. ---- */

/* big: the sign of the huge term at i; unit: that of the units. Directed roundings swallow only with some of them. */
typedef struct signs {
    int big, unit;
} signs;

/* One who asks about the order of sums of k terms. */
typedef struct order_question {
    const px_asked *asked;
    int k;
    signs sign;
    bool uniform; /* all entries have answered alike so far */
} order_question;

/* Terms below the node where i and j meet: all but the units that were left outside; 0 when the answer is no number of
 * units. */
static px_status ask_meeting(order_question *o, int i, int j, int *meeting, px_error *err) {
    px_arena *arena = px_arena_new();
    px_sum s = px_sum_new(arena, o->k);
    double answer;
    for (int t = 0; t < o->k; t++) px_sum_power(&s, t, o->sign.unit, o->asked->lo);
    px_sum_power(&s, i, o->sign.big, o->asked->hi);
    px_sum_power(&s, j, -o->sign.big, o->asked->hi);
    px_status status = px_sum_ask(o->asked, &s, &answer, &o->uniform, err);
    px_arena_free(arena);
    PX_TRY(status);
    double outside = o->sign.unit * ldexp(answer, -o->asked->lo);
    bool whole = outside >= 0 && outside <= o->k - 2 && floor(outside) == outside;
    *meeting = whole ? o->k - (int)outside : 0;
    return PX_OK;
}

/* The meetings of the terms below[0..n-1] (as FPRev finds them): the first one meets each other one somewhere; those
 * that it meets at the same node have met before among themselves, or are all summed there. Two that it meets at
 * different nodes meet at the upper one. */
static px_status ask_tree(order_question *o, const int *below, int n, px_sumtree *tree, px_error *err) {
    int at[PX_SUMTREE_MAX] = {0};
    for (int j = 1; j < n; j++) {
        PX_TRY(ask_meeting(o, below[0], below[j], &at[j], err));
        tree->meet[below[0]][below[j]] = tree->meet[below[j]][below[0]] = at[j];
    }
    for (int i = 1; i < n; i++)
        for (int j = i + 1; j < n; j++)
            if (at[i] != at[j])
                tree->meet[below[i]][below[j]] = tree->meet[below[j]][below[i]] = at[i] > at[j] ? at[i] : at[j];
    bool done[PX_SUMTREE_MAX] = {false};
    for (int i = 1; i < n; i++) {
        int together[PX_SUMTREE_MAX], size = 0;
        for (int j = i; j < n && !done[i]; j++)
            if (at[j] == at[i]) {
                together[size++] = below[j];
                done[j] = j > i || done[j];
            }
        if (size > 1) PX_TRY(ask_tree(o, together, size, tree, err));
    }
    return PX_OK;
}

static bool sees_no_rounding(const px_sumtree *t) {
    for (int j = 1; j < t->n; j++)
        if (t->meet[0][j] != 2) return false;
    return t->n > 3;
}

/* Tries the signs until the answers make a tree; depth -1 when none does. */
static px_status find_tree(order_question *o, px_sumtree *tree, int *depth, px_error *err) {
    static const signs all[] = {{1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
    int below[PX_SUMTREE_MAX];
    for (int i = 0; i < tree->n; i++) below[i] = i;
    *depth = -1;
    for (size_t v = 0; v < sizeof all / sizeof *all && *depth < 0; v++) {
        o->sign = all[v];
        o->uniform = true;
        PX_TRY(ask_tree(o, below, tree->n, tree, err));
        *depth = sees_no_rounding(tree) ? -1 : px_sumtree_depth(tree);
    }
    return PX_OK;
}

/* Do the terms up to j, at least, follow each other? In a later block one term may meet term 0 as if they did, the last
 * one, but not two in a row. */
static px_status ask_follows(order_question *o, int j, bool *follows, px_error *err) {
    int meeting, before;
    PX_TRY(ask_meeting(o, 0, j, &meeting, err));
    PX_TRY(ask_meeting(o, 0, j - 1, &before, err));
    *follows = meeting == j + 1 && before == j;
    return PX_OK;
}

/* Sums of up to 2048 terms, the first 32 of which follow each other: the first one that does not begins the second
 * block; 0 when all follow. By bisection. */
static px_status find_block(order_question o, int *block, px_error *err) {
    int p = narrowest(o.asked), low = TERMS - 1, high;
    bool follows;
    o.k = p >= 11 ? LONG : 1 << p;
    high = o.k - 2;
    *block = 0;
    if (o.k <= TERMS) return PX_OK;
    PX_TRY(ask_follows(&o, high, &follows, err));
    if (follows) return PX_OK;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        PX_TRY(ask_follows(&o, middle, &follows, err));
        if (follows)
            low = middle;
        else
            high = middle;
    }
    *block = high;
    return PX_OK;
}

/* ---- bits and rounding: 2^hi, x, -2^hi; what comes out of x is what the sum has kept of it. ---- */

typedef struct place {
    int big, small, minus; /* indices of the three terms; 2^hi and x are added before -2^hi is */
} place;

static px_status ask_kept(const px_asked *w, place at, double big, double x, int e, double *answer, px_error *err) {
    px_arena *arena = px_arena_new();
    px_sum s = px_sum_new(arena, TERMS);
    bool ignored = true;
    px_sum_power(&s, at.big, big, w->hi);
    px_sum_power(&s, at.small, x, e);
    px_sum_power(&s, at.minus, -big, w->hi);
    px_status status = px_sum_ask(w, &s, answer, &ignored, err);
    px_arena_free(arena);
    return status;
}

/* Bits of the running sum at a place, by bisection: b bits keep 2^(hi - b + 1) and not half of it. Less than *bits (0:
 * any): stored there with the place. Nothing when they are more than the formats can show. */
static px_status bits_at(const px_asked *w, place at, int *bits, place *where, px_error *err) {
    int top = least(w->hi - w->lo, MOST_BITS), low = 0, high = top + 1;
    while (high - low > 1) {
        int gap = (low + high) / 2;
        double answer;
        PX_TRY(ask_kept(w, at, 1.5, 1, w->hi - gap, &answer, err));
        if (answer == ldexp(1, w->hi - gap))
            low = gap;
        else
            high = gap;
    }
    if (low == top || (*bits > 0 && low + 1 >= *bits)) return PX_OK;
    *bits = low + 1;
    *where = at;
    return PX_OK;
}

/* The fewest bits over places of x between the first and the last term, and one of these places: 2^hi on the side on
 * which x is added. */
static px_status find_bits(const px_asked *w, const px_sumtree *tree, int *bits, place *where, px_error *err) {
    int last = tree->n - 1;
    *bits = 0;
    for (int z = 1; z < last; z += z < 4 ? 1 : 4) {
        bool with_last = tree->meet[last][z] < tree->meet[0][z];
        PX_TRY(bits_at(w, with_last ? (place){last, z, 0} : (place){0, z, last}, bits, where, err));
    }
    return PX_OK;
}

static px_status find_join(const px_asked *w, int *bits, px_error *err) {
    static const place near[] = {{0, 1, 2}, {0, 2, 1}, {1, 2, 0}};
    place ignored;
    *bits = 0;
    for (int i = 0; i < 3; i++) PX_TRY(bits_at(w, near[i], bits, &ignored, err));
    return PX_OK;
}

/* Of +-3/4, +-1/4 and 1/2 of an ulp beside a sum of the same sign whose last bit is 0, in ulps: what each rounding
 * makes of them. */
static const double quarters[5] = {3, 1, -3, -1, 2};
static const struct rounding {
    px_rounding_mode mode;
    double ulps[5];
} roundings[] = {
    {PX_NEAREST_EVEN, {1, 0, -1, 0, 0}}, {PX_NEAREST_AWAY, {1, 0, -1, 0, 1}},
    {PX_TOWARD_ZERO, {0, 0, 0, 0, 0}},   {PX_UP, {1, 1, 0, 0, 1}},
    {PX_DOWN, {0, 0, -1, -1, 0}},        {PX_ODD, {1, 1, -1, -1, 1}},
};

static px_status find_rounding(const px_asked *w, int bits, place at, const char **name, px_error *err) {
    int ulp = w->hi - bits + 1;
    double got[5];
    *name = "";
    if (ulp - 2 < w->lo) return PX_OK;
    for (int q = 0; q < 5; q++)
        PX_TRY(ask_kept(w, at, quarters[q] < 0 ? -1.5 : 1.5, quarters[q], ulp - 2, &got[q], err));
    for (size_t i = 0; i < sizeof roundings / sizeof *roundings; i++) {
        bool all = true;
        for (int q = 0; q < 5; q++) all &= got[q] == ldexp(roundings[i].ulps[q], ulp);
        if (all) *name = px_rounding_name(roundings[i].mode);
    }
    return PX_OK;
}

/* ---- products: (1 + 2^-h)^2 has 2h + 1 bits; beside -(1 + 2^(1-h)) its last bit is what remains, if it got there. Of
 * two that are added the later one may be fused. ---- */

static px_status find_products(const px_asked *w, int sum_bits, place where, px_products *products, px_error *err) {
    const int at[][2] = {{where.big, where.small}, {where.small, where.big}};
    int h = w->how.in.p - 1;
    *products = PX_PRODUCTS_UNKNOWN;
    if (sum_bits == 0 || h < 1 || -2 * h < w->lo) return PX_OK;
    *products = PX_PRODUCTS_FIT;
    if (2 * h + 1 <= sum_bits) return PX_OK;
    *products = PX_PRODUCTS_ROUNDED;
    double a = 1 + ldexp(1, -h), answer;
    for (int q = 0; q < 2; q++) {
        px_arena *arena = px_arena_new();
        px_sum s = px_sum_new(arena, TERMS);
        bool ignored = true;
        px_sum_product(&s, at[q][0], -1, 1 + ldexp(1, 1 - h));
        px_sum_product(&s, at[q][1], a, a);
        px_status status = px_sum_ask(w, &s, &answer, &ignored, err);
        px_arena_free(arena);
        PX_TRY(status);
        if (answer == ldexp(1, -2 * h)) *products = PX_PRODUCTS_FUSED;
    }
    return PX_OK;
}

px_status px_fingerprint_take(const px_asked *w, px_fingerprint *f, px_error *err) {
    int most, p = narrowest(w), depth;
    *f = (px_fingerprint){.rounding = "", .order = PX_SHAPE_OTHER};
    PX_TRY(px_operand_bits(w, &f->operand_bits, &most, err));
    px_sumtree tree = {.n = p < 5 ? 1 << p : TERMS};
    order_question o = {.asked = w, .k = tree.n};
    PX_TRY(find_tree(&o, &tree, &depth, err));
    if (depth < 0) return PX_OK;
    f->depth = depth;
    f->uniform = o.uniform;
    f->order = px_sumtree_shape(&tree, &f->block);
    if (f->order == PX_SHAPE_SEQUENTIAL) {
        PX_TRY(find_block(o, &f->block, err));
        if (f->block > 0) f->order = PX_SHAPE_BLOCKED;
    }
    place where = {0, 1, 2};
    PX_TRY(find_bits(w, &tree, &f->sum_bits, &where, err));
    PX_TRY(find_join(w, &f->join_bits, err));
    if (f->sum_bits > 0) PX_TRY(find_rounding(w, f->sum_bits, where, &f->rounding, err));
    return find_products(w, f->sum_bits, where, &f->products, err);
}
