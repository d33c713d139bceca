#include "ref/certified.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "ref/fill.h"
#include "ref/isa/isa.h"
#include "ref/sides.h"
#include "ref/terms.h"

static const double share = 1 + 0x1p-20;      /* for what the bounds of certified.h neglect, and their own roundings */
static const double residue = 1.25 * 0x1p-52; /* R */
static const double v_f32 = 0x1p-24, v_f64 = 0x1p-53;

static double sum_to(double n) { return n * (n + 1) / 2 - 1; } /* 2 + 3 + ... + n */

px_ref_radius px_ref_radius_of(int64_t n) {
    double b = (double)(n < PX_REF_BLOCK ? n : PX_REF_BLOCK), q = ceil((double)n / b);
    return (px_ref_radius){.products = (double)n * 0x1p-105 * share,
                           .residues = q * sum_to(b) * v_f64 * residue * share,
                           .blocks = b * sum_to(q) * v_f64 * residue * share};
}

px_ref_radius_f32 px_ref_radius_f32_of(int64_t n) {
    double b = (double)(n < PX_REF_BLOCK_F32 ? n : PX_REF_BLOCK_F32), q = ceil((double)n / PX_REF_BLOCK_F32);
    /* relative to the sum found, not to the exact one: 1 / (1 - x) <= 1 + 2^-10 for x <= 2^-11 */
    double wider = 1 + 0x1p-10;
    return (px_ref_radius_f32){
        .conversions = 3 * v_f32 * wider, .sums = (b * v_f32 + q * v_f64) * wider, .underflow = (double)n * 0x1p-147};
}

/* ---- One entry, exactly ---- */

typedef struct product {
    px_mat a, b;
    double sign;
} product;

static void exact_entry(const void *operands, int64_t i, int64_t j, mpfr_t sum, mpfr_t magnitudes) {
    const product *p = operands;
    int64_t k = p->a.cols;
    px_num *x = malloc(2 * (size_t)k * sizeof *x);
    if (!x) px_out_of_memory(2ull * (size_t)k * sizeof *x);
    for (int64_t t = 0; t < k; t++) {
        x[t] = px_num_of(p->sign * px_mat_get(&p->a, i, t));
        x[k + t] = px_num_of(px_mat_get(&p->b, t, j));
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
    bool plain, magnitudes; /* the plain sums are exact; |A||B| is no result itself */
    double radius, finest;  /* of the scaled results; where the quanta of row and column add up to more, 0 */
} certificate;

static double *at(const px_mat *m, int64_t i, int64_t j) { return m->data ? (double *)m->data + i * m->ld + j : NULL; }

/* Entries that the row as a whole is not certain of. An exact zero lacks its sign only; a sum of magnitudes may be too
 * small for its radius. */
static void settle_entry(const certificate *c, int64_t i, int64_t j, double b) {
    double scale = c->a.scale[i] * c->b.scale[j];
    double *hi = at(&c->truth->v.hi, i, j), *radius = at(&c->truth->v.radius, i, j);
    bool usable = isfinite(scale) != 0, large = !c->magnitudes || b >= PX_REF_LEAST_B;
    if (usable && large && px_ref_is_certain(*hi, *at(&c->truth->v.lo, i, j), radius ? *radius : 0)) return;
    bool zero = usable && *hi == 0 && (!radius || *radius == 0);
    if (zero && (large || b == 0) && all_zero(c->p, i, j, hi)) return;
    if (zero && large)
        *hi = 0;
    else
        px_ref_fill_entry(c->truth, exact_entry, c->p, i, j);
}

/* A row of results, scaled, to its place; ragged ones by way of a full one. */
static void finish_row(const certificate *c, int64_t i, int64_t first, int64_t columns, const double *hi,
                       const double *lo, const double *b) {
    px_wide *v = &c->truth->v;
    double room[4][PX_REF_MAX_WIDTH];
    double *to[] = {at(&v->hi, i, first), at(&v->lo, i, first), at(&v->radius, i, first),
                    c->magnitudes ? at(&c->truth->absab.hi, i, first) : NULL};
    bool ragged = columns < 2 * c->b.width;
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

static void multiply(const certificate *c, int64_t strip, int64_t panel, double *hi, double *lo, double *b) {
    int rows = c->isa->rows, width = c->isa->width;
    int64_t k = c->a.k;
    for (int q = 0; q < 4; q++) {
        int i = q / 2, j = q % 2, at = i * rows * PX_REF_MAX_WIDTH + j * width;
        px_ref_tile tile = {.n = k, .hi = hi + at, .lo = lo + at, .out_step = PX_REF_MAX_WIDTH};
        tile.a = c->a.f64 + (2 * strip + i) * k * rows;
        tile.b = c->b.f64 + (2 * panel + j) * k * width;
        (c->plain ? c->isa->plain : c->isa->anchored)(&tile);
    }
    if (!c->magnitudes) return;
    c->isa->magnitudes(k, c->a.f32 + strip * k * 2 * rows, c->b.f32 + panel * k * 2 * width, b, PX_REF_MAX_WIDTH);
}

static void one_tile(void *context, int64_t task) {
    const certificate *c = context;
    int64_t strip = task % c->a.strips, panel = task / c->a.strips;
    enum { SIZE = PX_REF_MAX_ROWS * PX_REF_MAX_WIDTH };
    double hi[SIZE], lo[SIZE] = {0}, b[SIZE] = {0};
    multiply(c, strip, panel, hi, lo, b);
    int height = 2 * c->a.width, width = 2 * c->b.width;
    int64_t top = strip * height, first = panel * width;
    int64_t rows = c->a.n - top < height ? c->a.n - top : height;
    int64_t columns = c->b.n - first < width ? c->b.n - first : width;
    for (int64_t i = 0; i < rows; i++) {
        int64_t from = i * PX_REF_MAX_WIDTH;
        finish_row(c, top + i, first, columns, hi + from, lo + from, b + from);
    }
}

/* ---- The whole ---- */

enum { MOST_TERMS = 1 << 30 };

bool px_ref_can_certify(const px_call *call, const px_mat *in, int n_in) {
    return call->op == PX_OP_GEMM && n_in >= 2 && (n_in < 3 || !in[2].data) && in[0].cols >= 1 &&
           in[0].cols <= MOST_TERMS;
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
    c->magnitudes = px_ref_side_negative(&c->a) || px_ref_side_negative(&c->b);
    px_fp any = px_fp_exact();
    px_wide *v = &c->truth->v;
    v->hi = px_mat_new(arena, any, m, n);
    v->lo = px_mat_new(arena, any, m, n);
    if (!exact || quantum < c->finest) v->radius = px_mat_new(arena, any, m, n);
    c->truth->absab = *v;
    if (!c->magnitudes) return;
    px_ref_radius_f32 f32 = px_ref_radius_f32_of(k);
    c->truth->absab = (px_wide){.hi = px_mat_new(arena, any, m, n),
                                .relative = (f32.conversions + f32.sums + f32.underflow / PX_REF_LEAST_B) * share};
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
    px_parallel_for_work(work, c.a.strips * c.b.strips, one_tile, &c);
    px_ref_side_free(&c.a);
    px_ref_side_free(&c.b);
}
