#include "ref/certified.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "ref/fill.h"
#include "ref/isa/isa.h"
#include "ref/sides.h"
#include "ref/split.h"
#include "ref/terms.h"

static const double share = 1 + 0x1p-20;      /* for what the bounds of certified.h neglect, and their own roundings */
static const double residue = 1.25 * 0x1p-52; /* R */
static const double v_f64 = 0x1p-53;

static double sum_to(double n) { return n * (n + 1) / 2 - 1; } /* 2 + 3 + ... + n */

px_ref_radius px_ref_radius_of(int64_t n) {
    double b = (double)(n < PX_REF_BLOCK ? n : PX_REF_BLOCK), q = ceil((double)n / b);
    return (px_ref_radius){.products = (double)n * 0x1p-105 * share,
                           .residues = q * sum_to(b) * v_f64 * residue * share,
                           .blocks = b * sum_to(q) * v_f64 * residue * share};
}

/* Relative to the sum found, not to the exact one: the share covers that, too. */
double px_ref_radius_of_magnitudes(int64_t n) { return ((double)n + 1) * v_f64 * share; }

/* ---- One entry, exactly ---- */

typedef struct product {
    px_mat a, b;
    double sign;
} product;

/* Column j, in x of m->rows numbers. */
static void get_column(const px_mat *m, int64_t j, double *x) {
    for (int64_t t = 0; t < m->rows; t++)
        x[t] = px_fits_float(m->fmt) ? (double)((const float *)m->data)[t * m->ld + j]
                                     : ((const double *)m->data)[t * m->ld + j];
}

static void exact_entry(const void *operands, int64_t i, int64_t j, mpfr_t sum, mpfr_t magnitudes) {
    const product *p = operands;
    int64_t k = p->a.cols;
    px_num *x = malloc(2 * (size_t)k * (sizeof *x + sizeof(double)));
    if (!x) px_out_of_memory(2ull * (size_t)k * (sizeof *x + sizeof(double)));
    double *numbers = (double *)(x + 2 * k);
    px_mat_get_row(&p->a, i, 0, k, numbers);
    get_column(&p->b, j, numbers + k);
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
    bool plain, magnitudes; /* the plain sums are exact (but for the rests); |A||B| is no result itself */
    px_ref_rests rests;     /* of A */
    double radius, finest;  /* of the scaled results; where the quanta of row and column add up to more, 0 */
} certificate;

static double *at(const px_mat *m, int64_t i, int64_t j) { return m->data ? (double *)m->data + i * m->ld + j : NULL; }

/* Entries that the row as a whole is not certain of. Zeros lack their sign only. (Products of scaled numbers do not
 * underflow: b = 0 means that all of them are 0.) */
static void settle_entry(const certificate *c, int64_t i, int64_t j, double b) {
    double *hi = at(&c->truth->v.hi, i, j), *radius = at(&c->truth->v.radius, i, j), known = radius ? *radius : 0;
    bool usable = isfinite(c->a.scale[i] * c->b.scale[j]) != 0;
    if (usable && *hi == 0 && (known == 0 || (c->magnitudes && b == 0))) {
        if (!all_zero(c->p, i, j, hi)) *hi = 0;
        if (radius) *radius = 0;
    } else if (!usable || !px_ref_is_certain(*hi, *at(&c->truth->v.lo, i, j), known)) {
        px_ref_fill_entry(c->truth, exact_entry, c->p, i, j);
    }
}

/* A row of results, scaled, to its place; ragged ones by way of a full one. */
static void finish_row(const certificate *c, int64_t i, int64_t first, int64_t columns, const double *hi,
                       const double *lo, const double *b) {
    px_wide *v = &c->truth->v;
    double room[4][PX_REF_MAX_WIDTH];
    double *to[] = {at(&v->hi, i, first), at(&v->lo, i, first), at(&v->radius, i, first),
                    c->magnitudes ? at(&c->truth->absab.hi, i, first) : NULL};
    bool ragged = columns < c->b.width;
    px_ref_row row = {.hi = hi, .lo = lo, .b = b, .scale = c->a.scale[i], .quantum = c->a.quantum[i]};
    row.scales = c->b.scale + first;
    row.quanta = c->b.quantum + first;
    row.radius = c->radius;
    row.finest = c->finest;
    double **out[] = {&row.out_hi, &row.out_lo, &row.out_radius, &row.out_b};
    for (int p = 0; p < 4; p++) *out[p] = to[p] && ragged ? room[p] : to[p];
    bool certain = c->isa->finish(&row);
    for (int p = 0; p < 4 && ragged; p++)
        if (to[p]) memcpy(to[p], room[p], (size_t)columns * sizeof *to[p]);
    for (int64_t j = 0; j < columns && !certain; j++) settle_entry(c, i, first + j, b[j]);
}

/* Results of a tile as the kernels leave them. */
typedef struct results {
    double hi[2 * PX_REF_MAX_ROWS * PX_REF_MAX_WIDTH], lo[2 * PX_REF_MAX_ROWS * PX_REF_MAX_WIDTH];
    double b[2 * PX_REF_MAX_ROWS * PX_REF_MAX_WIDTH];
} results;

static void multiply(const certificate *c, int64_t strip, int64_t panel, results *r) {
    px_ref_tile tile = {.n = c->a.k, .a = c->a.x + strip * c->a.k * c->a.width, .hi = r->hi, .lo = r->lo};
    tile.b = c->b.x + panel * c->b.k * c->b.width;
    px_ref_tile second = tile;
    second.a += c->a.k * c->a.width;
    second.hi += c->a.width * c->b.width;
    second.lo += c->a.width * c->b.width;
    if (c->plain) {
        c->isa->plain(&tile);
    } else {
        c->isa->anchored(&tile);
        c->isa->anchored(&second);
    }
    tile.hi = r->b;
    if (c->magnitudes) c->isa->magnitudes(&tile);
}

/* x + y = *x + *y, exactly (Knuth's two-sum). */
static void two_sum(int n, double *x, double *y) {
    for (int j = 0; j < n; j++) {
        double s = x[j] + y[j], z = s - x[j];
        y[j] = (x[j] - (s - z)) + (y[j] - z);
        x[j] = s;
    }
}

/* Adds what was put aside of a line of A times its numbers in B; all exact, but for the last rounding of b. */
static void add_rests(const certificate *c, int64_t line, int64_t panel, double *hi, double *lo, double *b) {
    int width = c->b.width;
    const px_ref_rest *r = c->rests.rest + c->rests.first[line], *last = c->rests.rest + c->rests.first[line + 1];
    const double *numbers = c->b.x + panel * c->b.k * width;
    double sizes[PX_REF_MAX_WIDTH] = {0};
    if (r == last) return;
    for (; r < last; r++)
        for (int j = 0; j < width; j++) {
            double y = numbers[r->t * width + j];
            lo[j] += r->x * y;
            sizes[j] += r->magnitude * fabs(y);
        }
    two_sum(width, hi, lo);
    for (int j = 0; j < width; j++) b[j] += sizes[j];
}

/* Tiles in an order in which a block of strips of A stays in a cache while B passes by. */
enum { BLOCK = 8 };

/* A tile: two strips of A, one of B. */
static void one_tile(void *context, int64_t task) {
    const certificate *c = context;
    int64_t pairs = c->a.strips / 2, start = task / (BLOCK * c->b.strips) * BLOCK;
    int64_t block = pairs - start < BLOCK ? pairs - start : BLOCK;
    int64_t place = task - start * c->b.strips, pair = start + place % block, panel = place / block;
    results r = {.lo = {0}};
    multiply(c, 2 * pair, panel, &r);
    int height = 2 * c->a.width, width = c->b.width;
    int64_t top = pair * height, first = panel * width;
    int64_t rows = c->a.n - top < height ? c->a.n - top : height;
    int64_t columns = c->b.n - first < width ? c->b.n - first : width;
    for (int64_t i = 0; i < rows; i++) {
        double *hi = r.hi + i * width, *lo = r.lo + i * width, *b = r.b + i * width;
        if (c->rests.first) add_rests(c, top + i, panel, hi, lo, b);
        finish_row(c, top + i, first, columns, hi, lo, b);
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

static void prepare(certificate *c, px_arena *arena) {
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
    c->magnitudes = px_ref_side_negative(&c->a) || px_ref_side_negative(&c->b);
    px_fp any = px_fp_exact();
    px_wide *v = &c->truth->v;
    v->hi = px_mat_new(arena, any, m, n);
    v->lo = px_mat_new(arena, any, m, n);
    if (!exact || quantum < c->finest) v->radius = px_mat_new(arena, any, m, n);
    c->truth->absab = *v;
    if (!c->magnitudes) return;
    c->truth->absab = (px_wide){.hi = px_mat_new(arena, any, m, n), .relative = px_ref_radius_of_magnitudes(k)};
    if (exact && c->plain) c->truth->absab.relative = c->rests.first ? 0x1p-52 : 0;
}

void px_ref_certify(px_arena *arena, const px_call *call, const px_mat *in, px_truth *truth) {
    PX_ASSERT(px_ref_can_certify(call, in, 2) && in[1].rows == in[0].cols);
    product *p = PX_NEW(arena, product);
    *p = (product){.a = in[0], .b = in[1], .sign = call->attr[0]};
    *truth = (px_truth){.context = NULL};
    px_ref_sharpens(arena, exact_entry, p, truth);
    certificate c = {.p = p, .isa = px_ref_isa_chosen(), .truth = truth};
    c.a = px_ref_side_new(&in[0], true, p->sign, c.isa->rows);
    c.b = px_ref_side_new(&in[1], false, 1, c.isa->width);
    prepare(&c, arena);
    double work = (double)in[0].rows * (double)in[0].cols * (double)in[1].cols;
    px_parallel_for_work(work, c.a.strips / 2 * c.b.strips, one_tile, &c);
    px_ref_rests_free(&c.rests);
    px_ref_side_free(&c.a);
    px_ref_side_free(&c.b);
}
