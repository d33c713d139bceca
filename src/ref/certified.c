#include "ref/certified.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/prefetch.h"
#include "ref/fill.h"
#include "ref/isa/isa.h"
#include "ref/sides.h"
#include "ref/split.h"
#include "ref/terms.h"

static const double share = 1 + 0x1p-20;      /* for what the bounds of certified.h neglect, and their own roundings */
static const double residue = 1.25 * 0x1p-52; /* R */
static const double v_f64 = 0x1p-53, v_f32 = 0x1p-24;

static double sum_to(double n) { return n * (n + 1) / 2 - 1; } /* 2 + 3 + ... + n */

px_ref_radius px_ref_radius_of(int64_t n) {
    double b = (double)(n < PX_REF_BLOCK ? n : PX_REF_BLOCK), q = ceil((double)n / b);
    return (px_ref_radius){.products = (double)n * 0x1p-105 * share,
                           .residues = q * sum_to(b) * v_f64 * residue * share,
                           .blocks = b * sum_to(q) * v_f64 * residue * share};
}

double px_ref_radius_of_magnitudes(int64_t n) {
    double b = (double)(n < PX_REF_SIZES_BLOCK ? n : PX_REF_SIZES_BLOCK), q = ceil((double)n / PX_REF_SIZES_BLOCK);
    double e = (b + 3) * v_f32;
    return (e / (1 - 2 * e) + q * v_f64) * share;
}

/* ---- One entry, exactly ---- */

typedef struct product {
    px_mat a, b;
    double sign;
} product;

static void exact_entry(const void *operands, int64_t i, int64_t j, mpfr_t sum, mpfr_t magnitudes) {
    const product *p = operands;
    int64_t k = p->a.cols;
    px_num *x = malloc(2 * (size_t)k * (sizeof *x + sizeof(double)));
    if (!x) px_out_of_memory(2ull * (size_t)k * (sizeof *x + sizeof(double)));
    double *numbers = (double *)(x + 2 * k);
    px_mat_get_row(&p->a, i, 0, k, numbers);
    px_mat_get_block(&p->b, 0, j, k, 1, numbers + k, 1, 1);
    for (int64_t t = 0; t < k; t++) {
        x[t] = px_num_of(p->sign * numbers[t]);
        x[k + t] = px_num_of(numbers[k + t]);
    }
    px_ref_terms terms = {.rows = 1, .cols = 1, .n = k, .a = x, .b = x + k, .n_a = k, .n_b = k, .b_step = 1};
    px_ref_find_range(&terms);
    px_ref_entry_of_terms(&terms, 0, 0, sum, magnitudes);
    free(x);
}

/* Are all products 0? Then *sum is too: -0 where all of them are, else +0. */
static bool all_zero(const product *p, int64_t i, int64_t j, double *sum) {
    bool minus = true;
    for (int64_t t = 0; t < p->a.cols; t++) {
        double a = p->sign * px_mat_get(&p->a, i, t), b = px_mat_get(&p->b, t, j);
        if (a != 0 && b != 0) return false;
        minus &= signbit(a) != signbit(b);
    }
    *sum = minus ? -0.0 : 0;
    return true;
}

/* ---- Tiles ---- */

typedef struct certificate {
    const product *p;
    const px_ref_isa *isa;
    px_ref_side a, b;
    px_truth *truth;
    bool plain, sizes;     /* the plain sums are exact (but for the rests); |A||B| is wanted, and no result itself */
    px_ref_rests rests;    /* of A */
    double radius, finest; /* of the scaled results; where the quanta of row and column add up to more, 0 */
    double least;          /* sums of magnitudes below may have lost something to underflow */
} certificate;

static double *at(const px_mat *m, int64_t i, int64_t j) { return m->data ? (double *)m->data + i * m->ld + j : NULL; }
static double number(const px_mat *m, int64_t i, int64_t j) { return m->data ? *at(m, i, j) : 0; }

/* Entries that the row as a whole is not certain of; b: the scaled sum of magnitudes. Zeros lack their sign only. */
static void settle_entry(const certificate *c, int64_t i, int64_t j, double b) {
    px_wide *v = &c->truth->v;
    double *hi = at(&v->hi, i, j), known = number(&v->radius, i, j);
    bool usable = isfinite(c->a.scale[i] * c->b.scale[j]) != 0, sized = !c->sizes || b >= c->least;
    if (usable && *hi == 0 && all_zero(c->p, i, j, hi)) {
        if (v->radius.data) *at(&v->radius, i, j) = 0;
    } else if (usable && sized && *hi == 0 && known == 0) {
        *hi = 0;
    } else if (!usable || !sized || !px_ref_is_certain(*hi, number(&v->lo, i, j), known)) {
        px_ref_fill_entry(c->truth, exact_entry, c->p, i, j);
    }
}

/* What the rows of a tile have in common. */
static px_ref_row row_of(const certificate *c, int64_t first) {
    return (px_ref_row){.scales = c->b.scale + first,
                        .quanta = c->b.quantum + first,
                        .radius = c->radius,
                        .finest = c->finest,
                        .least = c->least};
}

/* A row of results, scaled, to its place; ragged ones by way of a full one. */
static void finish_row(const certificate *c, px_ref_row *row, int64_t i, int64_t first, int64_t columns) {
    px_wide *v = &c->truth->v;
    double room[4][2 * PX_REF_MAX_WIDTH];
    double *to[] = {at(&v->hi, i, first), at(&v->lo, i, first), at(&v->radius, i, first),
                    c->sizes ? at(&c->truth->absab.hi, i, first) : NULL};
    double **out[] = {&row->out_hi, &row->out_lo, &row->out_radius, &row->out_b};
    bool ragged = columns < 2 * c->b.width;
    row->scale = c->a.scale[i];
    row->quantum = c->a.quantum[i];
    for (int p = 0; p < 4; p++) *out[p] = to[p] && ragged ? room[p] : to[p];
    bool certain = c->isa->finish(row);
    for (int p = 0; p < 4 && ragged; p++)
        if (to[p]) memcpy(to[p], room[p], (size_t)columns * sizeof *to[p]);
    for (int64_t j = 0; j < columns && !certain; j++) settle_entry(c, i, first + j, row->b[j]);
}

/* Asks for the places of some rows of a tile of results long before finish_row writes them. */
static void expect_rows(const certificate *c, int64_t from, int64_t to, int64_t first) {
    const px_mat *places[] = {&c->truth->v.hi, &c->truth->v.lo, &c->truth->v.radius};
    int64_t width = 2 * c->b.width, columns = c->b.n - first < width ? c->b.n - first : width;
    for (int64_t i = from; i < to && i < c->a.n; i++)
        for (int p = 0; p < 3; p++)
            if (places[p]->data) px_prefetch_l1(at(places[p], i, first), (size_t)columns * sizeof(double));
}

/* Results of a tile as the kernels leave them. */
enum { MOST = 4 * PX_REF_MAX_ROWS * PX_REF_MAX_WIDTH };
typedef struct results {
    double hi[MOST], lo[MOST], b[MOST];
} results;

/* Strips `pair` of A (two of them) against strips `panel` of B. */
static void multiply(const certificate *c, int64_t pair, int64_t panel, results *r) {
    int64_t k = c->a.k, rows = c->a.width, width = c->b.width;
    const double *a = c->a.x + 2 * pair * k * rows, *b = c->b.x + 2 * panel * k * width;
    for (int part = 0; part < 4; part++) {
        int64_t down = part / 2, across = part % 2, to = 2 * down * rows * width + across * width;
        px_ref_tile tile = {.n = k, .a = a + down * k * rows, .b = b + across * k * width};
        tile.hi = r->hi + to;
        tile.lo = r->lo + to;
        if ((2 * panel + across) * width >= c->b.n || (c->plain && down)) continue;
        int64_t quarter = rows / 2, row = (4 * pair + part) * quarter; /* of the tile's rows */
        expect_rows(c, row, row + quarter, 2 * panel * width);
        if (c->plain)
            c->isa->plain(&tile);
        else
            c->isa->anchored(&tile);
    }
    px_ref_sizes sizes = {.n = k, .a = c->a.sizes + 2 * pair * k * rows, .sum = r->b};
    sizes.b = c->b.sizes + 2 * panel * k * width;
    if (c->sizes) c->isa->sizes(&sizes);
}

/* Adds what was put aside of a line of A times its numbers in B to what lies behind the sums; all exact. */
static void add_rests(const certificate *c, int64_t line, int64_t panel, double *lo) {
    int width = c->b.width;
    const px_ref_rest *r = c->rests.rest + c->rests.first[line], *last = c->rests.rest + c->rests.first[line + 1];
    const double *numbers = c->b.x + 2 * panel * c->b.k * width;
    for (; r < last; r++)
        for (int part = 0; part < 2; part++) {
            const double *y = numbers + (part * c->b.k + r->t) * width;
            for (int j = 0; j < width; j++) lo[part * width + j] += r->x * y[j];
        }
}

/* Tiles in an order in which a block of strips of A stays in a cache while B passes by. */
enum { BLOCK = 8 };

static void one_tile(void *context, int64_t task) {
    const certificate *c = context;
    int64_t pairs = c->a.strips / 2, panels = c->b.strips / 2, start = task / (BLOCK * panels) * BLOCK;
    int64_t block = pairs - start < BLOCK ? pairs - start : BLOCK;
    int64_t place = task - start * panels, pair = start + place % block, panel = place / block;
    int height = 2 * c->a.width, width = 2 * c->b.width;
    int64_t top = pair * height, first = panel * width;
    int64_t rows = c->a.n - top < height ? c->a.n - top : height;
    int64_t columns = c->b.n - first < width ? c->b.n - first : width;
    results r;
    if (columns < width)
        memset(&r, 0, sizeof r);
    else if (c->plain)
        memset(r.lo, 0, sizeof r.lo);
    multiply(c, pair, panel, &r);
    px_ref_row row = row_of(c, first);
    for (int64_t i = 0; i < rows; i++) {
        row.hi = r.hi + i * width;
        row.lo = r.lo + i * width;
        row.b = r.b + i * width;
        if (c->rests.first) add_rests(c, top + i, panel, r.lo + i * width);
        finish_row(c, &row, top + i, first, columns);
    }
}

/* ---- The whole ---- */

enum { MOST_TERMS = 1 << 30 };

bool px_ref_can_certify(const px_call *call, const px_mat *in, int n_in) {
    return call->op == PX_OP_GEMM && n_in >= 2 && (n_in < 3 || !in[2].data) && in[0].cols >= 1 &&
           in[0].cols <= MOST_TERMS;
}

/* Are the sums exact when A is rounded to multiples of 2^unit, so that its products with B are multiples of 2^-52, and
 * the rest, below 2^(unit-1), is treated on its own? By the exponents a, b of the quanta. */
static void split_a(certificate *c, double a, double b, int terms) {
    double unit = -52 - b;
    if (unit - 1 + terms - (a + b) > 53 || unit > -16) return;
    c->rests = px_ref_split(&c->a, (int)unit);
    c->plain = c->rests.first != NULL;
}

static void prepare(certificate *c, px_arena *arena, bool sizes) {
    const product *p = c->p;
    int64_t m = p->a.rows, n = p->b.cols, k = p->a.cols;
    px_ref_radius radius = px_ref_radius_of(k);
    bool exact = px_ref_side_usable(&c->a) && px_ref_side_usable(&c->b);
    double quantum = px_ref_side_finest(&c->a) + px_ref_side_finest(&c->b);
    c->radius = radius.products + radius.residues + radius.blocks;
    int terms;
    frexp(1.25 * (double)k, &terms); /* 1.25 k < 2^terms */
    c->finest = terms - 105;
    c->plain = quantum >= -53;
    if (exact && !c->plain && quantum >= c->finest)
        split_a(c, px_ref_side_finest(&c->a), px_ref_side_finest(&c->b), terms);
    c->sizes = sizes && (px_ref_side_negative(&c->a) || px_ref_side_negative(&c->b));
    c->least = (double)k * 0x1p-100;
    px_fp any = px_fp_exact();
    px_wide *v = &c->truth->v;
    v->hi = px_mat_room(arena, any, m, n);
    if (!exact || !c->plain || c->rests.first) v->lo = px_mat_room(arena, any, m, n);
    if (!exact || quantum < c->finest) v->radius = px_mat_room(arena, any, m, n);
    if (sizes) c->truth->absab = *v;
    if (!c->sizes) return;
    c->truth->absab = (px_wide){.hi = px_mat_room(arena, any, m, n)};
    if (!exact || quantum < -24) c->truth->absab.relative = px_ref_radius_of_magnitudes(k);
    if (!exact) c->truth->absab.radius = px_mat_new(arena, any, m, n); /* of entries near underflow */
}

void px_ref_certify(px_arena *arena, const px_call *call, const px_mat *in, bool sizes, px_truth *truth) {
    PX_ASSERT(px_ref_can_certify(call, in, 2) && in[1].rows == in[0].cols);
    product *p = PX_NEW(arena, product);
    *p = (product){.a = in[0], .b = in[1], .sign = call->attr[0]};
    *truth = (px_truth){.context = NULL};
    px_ref_sharpens(arena, exact_entry, p, truth);
    certificate c = {.p = p, .isa = px_ref_isa_chosen(), .truth = truth};
    c.a = px_ref_side_new(&in[0], true, p->sign, sizes, c.isa);
    c.b = px_ref_side_new(&in[1], false, 1, sizes, c.isa);
    prepare(&c, arena, sizes);
    double work = (double)in[0].rows * (double)in[0].cols * (double)in[1].cols;
    px_parallel_for_work(work, c.a.strips / 2 * (c.b.strips / 2), one_tile, &c);
    px_ref_rests_free(&c.rests);
    px_ref_side_free(&c.a);
    px_ref_side_free(&c.b);
}
