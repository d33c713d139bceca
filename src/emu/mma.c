/* out = [c] + sign a b by a matrix unit. A task is a panel of columns against TASK_ROWS rows, whose sums it keeps while
 * k runs. Where a row of A or a column of B has an infinity or a NaN, the sums are first made without it. */
#include "emu/mma.h"

#include <fenv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/model.h"
#include "arith/round.h"
#include "base/error.h"
#include "base/parallel.h"
#include "emu/mma_pack.h"
#include "emu/view.h"
#include "kernel/mma.h"

enum {
    TASK_ROWS = 64,
    K_BLOCK = 96, /* products for which a panel stays in the first cache; a multiple of every width */
    MOST = TASK_ROWS * 64,
    NO_FLOOR = 40,          /* as a field of binary32: below the grid of every sum in a frame */
    NO_FLOOR_GENERAL = -200 /* below the exponent of any term */
};

typedef struct work {
    const px_task *task;
    const px_isa *isa;
    px_mma unit;
    px_mma_side a, b;
    int64_t k, parts; /* parts: of the rows, in tasks */
    int log2_terms;   /* 2^this >= k + 1 */
    bool half;        /* results in fp16; else fp32 */
} work;

/* A task: sums of rows first .. first + rows - 1 and the columns of a panel, w->b.columns apart. */
typedef struct part {
    const work *w;
    int64_t first, rows, panel;
} part;

/* ---- which products ---- */

static bool whole_steps(int64_t length, int64_t whole, int64_t step) { return length >= whole || length % step == 0; }

static bool find_unit(const px_task *t, px_mma *unit) {
    const px_recipe *r = &t->call->recipe;
    if (r->model == PX_MODEL_NONE || r->algorithm != PX_ALGORITHM_NONE) return false;
    return px_mma_find((px_model)r->model, t->in[0].fmt, t->in[1].fmt, r->acc, unit, NULL) == PX_OK;
}

bool px_mma_tiles_match(const px_task *t) {
    const px_recipe *r = &t->call->recipe;
    px_mma unit;
    int64_t k = t->in[0].cols;
    if (k == 0 || t->out[0].rows == 0 || t->out[0].cols == 0 || !find_unit(t, &unit)) return false;
    if (unit.fraction == PX_MMA_UNCUT || unit.descending) return false;
    if (!px_fits_float(t->in[0].fmt) || !px_fits_float(t->in[1].fmt)) return false;
    int64_t step = unit.width * unit.blocks, chain = r->order == PX_SPLITK ? k / r->splits + (k % r->splits != 0) : k;
    return whole_steps(chain, k, step) && (r->promote == 0 || whole_steps(r->promote, chain, step));
}

/* ---- blocks of one chain, by the kernels ---- */

/* Can products of a row and a panel be summed in their frame? Then no sum has a bit below 2^-149, so that neither
 * underflow nor the unit's floor can act on an fp32 result, and none overflows. */
static bool in_frame(const work *w, const px_mma_line *a, const px_mma_line *b) {
    return a->framed && b->framed && a->frame.least + b->frame.least - w->unit.fraction >= -149 &&
           a->most + b->most + 3 + w->log2_terms <= 126;
}

/* Are start values multiples of the products' grid, and not above the products? Or zeros. */
static bool starts_in_frame(const work *w, const px_mma_line *a, const px_mma_line *b, const float *c) {
    int low = a->frame.least + b->frame.least - w->unit.fraction + 23, high = a->most + b->most;
    bool fits = true;
    for (int64_t j = 0; j < w->b.columns; j++) {
        uint32_t word;
        memcpy(&word, &c[j], sizeof word);
        int e = (int)(word >> 23 & 0xff) - 127;
        fits &= (word & 0x7fffffff) == 0 || (e >= low && e <= high);
    }
    return fits;
}

/* The kernel for the rows of a tile. fp16 results need no look at their start values, nor at the range: only formats
 * of few exponents have them. */
static px_mma_kernel choose(const part *p, int64_t row, const float *state, bool from_zero) {
    const work *w = p->w;
    const px_mma_line *b = &w->b.line[p->panel];
    bool heavy = false, general = false;
    for (int r = 0; r < w->isa->mma.rows; r++) {
        const px_mma_line *a = &w->a.line[row + r];
        heavy |= a->heavy;
        if (w->half) continue;
        general |= !in_frame(w, a, b) || (!from_zero && !starts_in_frame(w, a, b, state + r * w->b.columns));
    }
    if (general) return heavy ? PX_MMA_GENERAL_TWICE : PX_MMA_GENERAL;
    if (w->half) return heavy ? PX_MMA_HALF_TWICE : PX_MMA_HALF;
    return heavy ? PX_MMA_SINGLE_TWICE : PX_MMA_SINGLE;
}

static bool is_general(px_mma_kernel kernel) { return kernel == PX_MMA_GENERAL || kernel == PX_MMA_GENERAL_TWICE; }

/* Rows of sums into (sign 1) or out of (-1) the frames of their products. Two factors, as 2^up may be no float. */
static void reframe(const part *p, int64_t row, int sign, float *state) {
    const work *w = p->w;
    for (int r = 0; r < w->isa->mma.rows; r++, state += w->b.columns) {
        int up = sign * (w->a.line[row + r].frame.up + w->b.line[p->panel].frame.up);
        if (up == 0) continue;
        const double factors[] = {ldexp(1.0, up / 2), ldexp(1.0, up - up / 2)};
        for (int f = 0; f < 2; f++) w->isa->pack_f32(1, (int)w->b.columns, 1, 1, &factors[f], state, 0, state);
    }
}

static px_mma_tile tile_of(const part *p, int64_t row, int64_t k, int64_t count, px_mma_kernel kernel, float *state) {
    const work *w = p->w;
    const px_mma *u = &w->unit;
    bool general = is_general(kernel), floored = u->floor != PX_MMA_NO_FLOOR;
    const px_mma_line *a = &w->a.line[row], *b = &w->b.line[p->panel];
    int64_t at = row * w->a.size + k, panel = p->panel * w->b.size + k * w->b.columns;
    px_mma_tile t = {.k = count, .width = u->width, .fraction = u->fraction, .kept = -(1 << (24 - u->acc.p))};
    if (w->half) t.kept = -1;
    t.bias = 2 * PX_MMA_BYTE - 127 - (a->frame.least + a->frame.up) - (b->frame.least + b->frame.up);
    t.floor = w->half && floored ? u->floor + 127 : NO_FLOOR;
    if (general) t.floor = floored ? u->floor : NO_FLOOR_GENERAL;
    t.a = (general ? w->a.significands : w->a.values) + at;
    t.ea = general ? (const void *)(w->a.exponents + at) : (const uint32_t *)w->a.bytes + at;
    t.lda = w->a.size;
    t.b = (general ? w->b.significands : w->b.values) + panel;
    t.eb = general ? (const void *)(w->b.exponents + panel) : (const uint8_t *)w->b.bytes + panel;
    t.c = state;
    return t;
}

/* Terms first .. first + n - 1, in blocks, onto the sums; from_zero: they are all +0. */
static void add_blocks(const part *p, int64_t first, int64_t n, float *state, bool from_zero) {
    const work *w = p->w;
    const int rows = w->isa->mma.rows, tiles = (int)((p->rows + rows - 1) / rows);
    const int64_t step = w->unit.width * w->unit.blocks, end = first + (n + step - 1) / step * step;
    px_mma_kernel kernel[TASK_ROWS];
    int mode = fegetround();
    PX_ASSERT(fesetround(FE_TOWARDZERO) == 0);
    for (int i = 0; i < tiles; i++) {
        float *sums = state + i * rows * w->b.columns;
        kernel[i] = choose(p, p->first + i * rows, sums, from_zero);
        if (!is_general(kernel[i]) && !from_zero) reframe(p, p->first + i * rows, 1, sums);
    }
    for (int64_t k = first; k < end; k += K_BLOCK)
        for (int i = 0; i < tiles; i++) {
            float *sums = state + i * rows * w->b.columns;
            int64_t count = end - k < K_BLOCK ? end - k : K_BLOCK;
            px_mma_tile tile = tile_of(p, p->first + i * rows, k, count, kernel[i], sums);
            w->isa->mma.run[kernel[i]](&tile);
        }
    for (int i = 0; i < tiles; i++)
        if (!is_general(kernel[i])) reframe(p, p->first + i * rows, -1, state + i * rows * w->b.columns);
    PX_ASSERT(fesetround(mode) == 0);
}

/* ---- chains, stretches and splits: the words of kernel/mma.h ---- */

static int64_t size_of(const part *p) { return TASK_ROWS * p->w->b.columns; }

typedef void adder(const part *p, int64_t first, int64_t n, float *state, bool from_zero);

/* Stretches of `length` terms, each from +0, added to the sums. */
static void add_stretches(const part *p, int64_t first, int64_t n, int64_t length, adder *add, float *state) {
    _Alignas(64) float stretch[MOST];
    for (int64_t k = 0; k < n; k += length) {
        memset(stretch, 0, (size_t)size_of(p) * sizeof *stretch);
        add(p, first + k, length < n - k ? length : n - k, stretch, true);
        p->w->isa->mma.add(size_of(p), p->w->half, state, stretch);
    }
}

static void add_steps(const part *p, int64_t first, int64_t n, float *state, bool from_zero) {
    const px_mma *u = &p->w->unit;
    if (u->late_c)
        add_stretches(p, first, n, u->width * u->blocks, add_blocks, state);
    else
        add_blocks(p, first, n, state, from_zero);
}

static void add_chain(const part *p, int64_t first, int64_t n, float *state, bool from_zero) {
    int64_t promote = p->w->task->call->recipe.promote;
    if (promote > 0)
        add_stretches(p, first, n, promote, add_steps, state);
    else
        add_steps(p, first, n, state, from_zero);
}

static double start_of(const part *p, int64_t i, int64_t j) {
    const px_view *c = &p->w->task->in[2];
    return px_view_present(c) ? px_view_get(c, p->first + i, p->panel * p->w->b.columns + j) : 0.0;
}

/* f(x, y) for the sum x of each entry and its start value y: rounded partial sums, start values. */
static void each_entry(const part *p, float *state, double (*f)(const px_recipe *r, double x, double y)) {
    const work *w = p->w;
    int64_t left = w->task->out[0].cols - p->panel * w->b.columns, columns = left < w->b.columns ? left : w->b.columns;
    for (int64_t i = 0; i < p->rows; i++)
        for (int64_t j = 0; j < columns; j++) {
            float *x = &state[i * w->b.columns + j];
            *x = (float)f(&w->task->call->recipe, (double)*x, start_of(p, i, j));
        }
}

static double the_start(const px_recipe *r, double x, double start) {
    (void)r, (void)x;
    return isnan(start) ? (double)NAN : start;
}

static double to_split(const px_recipe *r, double x, double start) {
    (void)start;
    return px_round(r->split, px_rounding_of(PX_NEAREST_EVEN), x, 0);
}

static double from_start(const px_recipe *r, double x, double start) {
    return start != 0.0 || signbit(start) ? px_add(r->acc, px_rounding_of(PX_NEAREST_EVEN), start, x, 0) : x;
}

static void add_splits(const part *p, float *state) {
    _Alignas(64) float partial[MOST];
    const px_recipe *r = &p->w->task->call->recipe;
    int64_t k = p->w->k, length = k / r->splits + (k % r->splits != 0);
    for (int64_t first = 0; first < k; first += length) {
        float *sum = first == 0 ? state : partial;
        memset(sum, 0, (size_t)size_of(p) * sizeof *sum);
        add_chain(p, first, length < k - first ? length : k - first, sum, true);
        each_entry(p, sum, to_split);
        if (first > 0) p->w->isa->mma.add(size_of(p), p->w->half, state, partial);
    }
    if (px_view_present(&p->w->task->in[2])) each_entry(p, state, from_start);
}

/* ---- results ---- */

/* Is the row one with special entries, or the panel? */
static bool may_be_special(const part *p, int64_t row) {
    return p->w->a.line[row].special || p->w->b.line[p->panel].special;
}

/* Row i of the part but for its special entries: copied where the result is stored as the unit holds it. */
static void store_row(const part *p, int64_t i, const float *sums) {
    const work *w = p->w;
    const px_view *out = &w->task->out[0];
    int64_t row = p->first + i, first = p->panel * w->b.columns, left = out->cols - first;
    int64_t columns = left < w->b.columns ? left : w->b.columns;
    bool special = may_be_special(p, row);
    if (out->cs == 1 && px_fp_equal(out->fmt, w->unit.out) && !special) {
        memcpy((float *)out->data + row * out->rs + first, sums, (size_t)columns * sizeof *sums);
        return;
    }
    const px_fp fmt = w->task->call->recipe.out;
    for (int64_t j = 0; j < columns; j++)
        if (!special || (!w->a.special[row] && !w->b.special[first + j]))
            px_view_set(out, row, first + j, px_round(fmt, px_rounding_of(PX_NEAREST_EVEN), (double)sums[j], 0));
}

/* Entry (i, j) by the definition. terms: room for 2 k numbers. */
static void define(const work *w, int64_t i, int64_t j, double *terms) {
    const px_task *t = w->task;
    for (int64_t k = 0; k < w->k; k++) {
        terms[k] = px_view_get(&t->in[0], i, k);
        terms[w->k + k] = px_view_get(&t->in[1], k, j);
    }
    px_terms x = {.n = w->k,
                  .a = terms,
                  .b = terms + w->k,
                  .stride_a = 1,
                  .stride_b = 1,
                  .c = px_view_present(&t->in[2]) ? px_view_get(&t->in[2], i, j) : 0.0,
                  .sign = t->call->attr[0]};
    px_view_set(&t->out[0], i, j, px_mma_entry(&w->unit, &t->call->recipe, &x));
}

/* Entry (i, j), where a row or column was special; `finite`: its sum without the special terms. As long as that stays
 * finite no sum on the way overflowed, so that the first special terms meet a finite sum and make it infinite or NaN,
 * for good but for infinities of the other sign: their sum by the rules of IEEE 754 is the result. Not where splits may
 * have no infinities. */
static void set_special(const work *w, int64_t i, int64_t j, float finite, double *terms) {
    const px_task *t = w->task;
    const px_recipe *r = &t->call->recipe;
    if (!isfinite(finite) || r->order == PX_SPLITK) {
        define(w, i, j, terms);
        return;
    }
    double sum = 0;
    for (int64_t k = 0; k < w->k; k++) {
        double a = px_view_get(&t->in[0], i, k);
        if (isfinite(a) && !w->b.special[j]) continue;
        double b = px_view_get(&t->in[1], k, j);
        if (!isfinite(a) || !isfinite(b)) sum += t->call->attr[0] * a * b;
    }
    px_view_set(&t->out[0], i, j, px_round(r->out, px_rounding_of(PX_NEAREST_EVEN), isnan(sum) ? (double)NAN : sum, 0));
}

static void set_specials(const part *p, const float *sums) {
    const work *w = p->w;
    double *terms = NULL;
    int64_t first = p->panel * w->b.columns;
    for (int64_t i = p->first; i < p->first + p->rows; i++, sums += w->b.columns) {
        if (!may_be_special(p, i)) continue;
        for (int64_t j = first; j < first + w->b.columns && j < w->task->out[0].cols; j++) {
            if (!w->a.special[i] && !w->b.special[j]) continue;
            if (!terms) terms = px_room(2 * w->k, sizeof *terms);
            set_special(w, i, j, sums[j - first], terms);
        }
    }
    free(terms);
}

static void run_part(void *context, int64_t index) {
    const work *w = context;
    int64_t first = index / w->b.lines * TASK_ROWS, left = w->task->out[0].rows - first;
    part p = {.w = w, .first = first, .rows = left < TASK_ROWS ? left : TASK_ROWS, .panel = index % w->b.lines};
    _Alignas(64) float state[MOST] = {0};
    bool from_zero = !px_view_present(&w->task->in[2]);
    if (w->task->call->recipe.order == PX_SPLITK) {
        add_splits(&p, state);
    } else {
        if (!from_zero) each_entry(&p, state, the_start);
        add_chain(&p, 0, w->k, state, from_zero);
    }
    set_specials(&p, state); /* first: a start value may lie where the result goes */
    for (int64_t i = 0; i < p.rows; i++) store_row(&p, i, state + i * w->b.columns);
}

/* May a tile need the general kernel? Start values are looked at later. */
static bool needs_general(const work *w) {
    if (w->half) return false;
    bool needed = px_view_present(&w->task->in[2]) && w->task->call->recipe.order == PX_SEQUENTIAL;
    for (int64_t p = 0; p < w->b.lines && !needed; p++)
        for (int64_t i = 0; i < w->a.lines; i++) needed |= !in_frame(w, &w->a.line[i], &w->b.line[p]);
    return needed;
}

void px_mma_tiles_run(const px_task *task) {
    work w = {.task = task, .isa = px_isa_chosen(), .k = task->in[0].cols};
    const px_view *out = &task->out[0];
    PX_ASSERT(find_unit(task, &w.unit) && TASK_ROWS % w.isa->mma.rows == 0);
    PX_ASSERT(TASK_ROWS * w.isa->mma.columns <= MOST && K_BLOCK % (w.unit.width * w.unit.blocks) == 0);
    w.half = w.unit.out.p == 11;
    w.parts = (out->rows + TASK_ROWS - 1) / TASK_ROWS;
    while (w.k + 1 > (int64_t)1 << w.log2_terms) w.log2_terms++;
    w.a = px_mma_pack_side(&task->in[0], &w.unit, false, task->call->attr[0]);
    w.b = px_mma_pack_side(&task->in[1], &w.unit, true, 1.0);
    if (needs_general(&w)) {
        px_mma_split_side(&w.a);
        px_mma_split_side(&w.b);
    }
    px_parallel_for_work((double)out->rows * (double)out->cols * (double)w.k / 4, w.b.lines * w.parts, run_part, &w);
    px_mma_free_side(&w.b);
    px_mma_free_side(&w.a);
}
