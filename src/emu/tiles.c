/* out = [c] + sign a b, tile by tile: native arithmetic in any data, and products or sums rounded to short formats in
 * data that keep clear of overflow, infinities and signed zeros. What else there is goes by rows (gemm.c). */
#include "emu/tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/round.h"
#include "base/error.h"
#include "base/parallel.h"
#include "emu/gemm.h"
#include "emu/pack.h"
#include "emu/plan.h"
#include "emu/view.h"

enum { TASK_ROWS = 64, K_BLOCK = 256, MAX_TILE = 16 * 64 };

typedef struct tiles {
    const px_task *task;
    const px_isa *isa;
    px_plan plan;
    px_step step;
    px_tile_kernel kernel;
    px_tile tile; /* the constants of all tiles */
    float mul_least[PX_MAX_PERIOD];
    int mul_shift; /* P - p of the product's format */
    px_packing packing;
    size_t size;   /* of a number of the host */
    bool readable; /* A, without packing */
    int64_t m, n, k, strips, panels, parts, k_block;
    char *a, *b;                 /* strips and panels, packed */
    uint32_t *least_a, *least_b; /* of guarded steps: k words a strip and a panel */
    char *c;                     /* m x n, ldc apart: the output's own memory where that will do */
    int64_t ldc;
} tiles;

/* ---- which step, if any ---- */

static bool no_negative_zero(const px_view *v) {
    for (int64_t i = 0; i < v->rows; i++)
        for (int64_t j = 0; j < v->cols; j++) {
            double x = px_view_get(v, i, j);
            if (x == 0.0 && signbit(x)) return false;
        }
    return true;
}

/* No sum of n terms of at most `largest` overflows: rounding is monotone, so the sum of n times the largest is the
 * largest of all sums. */
static bool stays_finite(const px_recipe *r, int64_t n, double largest, double start) {
    px_fp acc = r->acc;
    acc.overflow = PX_OVERFLOW_NAN; /* so that saturation does not hide */
    double sum = start, before = -1.0;
    for (int64_t k = 0; k < n && sum != before; k++) {
        before = sum;
        sum = px_add(acc, px_recipe_rounding(r), sum, largest, 0);
    }
    return isfinite(sum);
}

static bool is_special(const px_recipe *r, const px_operands *o, const px_plan *plan, const px_facts *f) {
    double start = o->has_start ? o->start.largest : 0.0;
    if (!px_extent_is_finite(o->a) || !px_extent_is_finite(o->b) || !(start <= r->acc.max_finite)) return true;
    if (!px_plan_is_special(r, plan, o->n, f->product.largest, start)) return false;
    if (plan->order != PX_SEQUENTIAL || plan->flushes) return true;
    if (plan->rounds_product && !(f->product.largest <= r->mul.max_finite)) return true;
    return !stays_finite(r, o->n, f->term.largest, start);
}

static int max_int(int a, int b) { return a > b ? a : b; }
static int min_int(int a, int b) { return a < b ? a : b; }

static bool is_guarded(px_step step) { return step == PX_STEP_GUARDED_NATIVE || step == PX_STEP_GUARDED_QUICK; }
static bool is_clamped(px_step step) { return step == PX_STEP_CLAMPED_NATIVE || step == PX_STEP_CLAMPED_QUICK; }

/* The smallest nonzero magnitude among `count` numbers from (i, j) on, down or across; inf when there is none. */
static double least_of(const px_view *v, int64_t i, int64_t j, bool down, int64_t count) {
    double least = (double)INFINITY;
    int64_t end = down ? v->rows : v->cols;
    for (int64_t n = 0; n < count && (down ? i : j) + n < end; n++) {
        double x = fabs(px_view_get(v, down ? i + n : i, down ? j : j + n));
        if (x > 0 && x < least) least = x;
    }
    return least;
}

/* Where terms that may be subnormal are not rare, by a sample, guarded steps are slower than clamped ones: the branch
 * is not foreseen. */
static bool often_subnormal(const px_task *task, px_tile_kernel kernel) {
    const px_view *a = &task->in[0], *b = &task->in[1];
    const int64_t samples = 24;
    double limit = px_fp_min_normal(task->call->recipe.mul);
    int small = 0;
    for (int64_t s = 0; s < samples; s++) {
        int64_t k = s * a->cols / samples, i = s * a->rows / samples, j = s * b->cols / samples;
        small += least_of(a, i, k, true, kernel.rows) * least_of(b, k, j, false, kernel.width) < limit;
    }
    return small * 6 > samples;
}

/* Rounded products by the two-copy kernels of body_tiles.h: what these rely on. */
static bool plan_short_product(const px_recipe *r, const px_operands *o, const px_facts *f, bool *guarded) {
    int shift = 24 - r->mul.p;
    if (2 * r->mul.p >= 24 || f->product.emax + 1 + shift > 127 || o->b.emax + 1 + shift > 127) return false;
    *guarded = f->product.least < r->mul.emin;
    return o->b.p <= r->mul.p && (!*guarded || (o->a.p + o->b.p <= 23 && o->a.least >= -126 && o->b.least >= -126));
}

/* How far sums may drift: all numbers on the way stay finite and normal in binary32. The smallest are the quanta, the
 * largest the sums and what products are made of. False when they cannot. */
static bool plan_drift(const px_recipe *r, const px_operands *o, const px_facts *f, tiles *t) {
    px_tile *tile = &t->tile;
    int quantum = min_int(min_int(f->product.quantum, f->term.quantum), o->b.quantum), shift = tile->acc_shift;
    if (o->has_start) quantum = min_int(quantum, o->start.quantum);
    int factors = max_int(f->product.emax, o->b.emax);
    if (t->plan.rounds_product) factors = max_int(factors, r->mul.emin);
    int largest = max_int(f->sum_emax, factors + t->mul_shift) + 1;
    tile->scale = shift ? min_int(126 - largest, 126 - t->mul_shift) : 0;
    tile->period = shift ? min_int(min_int((quantum + tile->scale + 125) / shift, 127 / shift), PX_MAX_PERIOD) : 1;
    for (int phase = 0; phase < tile->period; phase++)
        t->mul_least[phase] = ldexpf(1.5F, r->mul.emin + t->mul_shift + tile->scale - phase * shift);
    tile->least_limit = ((uint32_t)(254 + r->mul.emin) << 23) - 2;
    return tile->period >= 1;
}

static bool plan_short(const px_task *task, tiles *t) {
    const px_recipe *r = &task->call->recipe;
    px_plan *plan = &t->plan;
    px_operands o = px_operands_of_gemm(task, true);
    px_facts f;
    if (!px_plan_make(r, &px_binary32, &o, plan, &f) || plan->odd || plan->signed_zeros) return false;
    if (is_special(r, &o, plan, &f) || (o.has_start && !no_negative_zero(&task->in[2]))) return false;
    bool guarded = false;
    if (plan->rounds_product && !plan_short_product(r, &o, &f, &guarded)) return false;
    if (plan->rounds_sum && !plan->quick_sum) return false;
    t->mul_shift = plan->rounds_product ? 24 - r->mul.p : 0;
    t->tile.acc_shift = plan->rounds_sum ? 24 - r->acc.p : 0;
    if (!plan_drift(r, &o, &f, t)) return false;
    bool often = guarded && often_subnormal(task, t->isa->tiles_f32[PX_STEP_GUARDED_QUICK]);
    if (!plan->rounds_product)
        t->step = PX_STEP_QUICK;
    else if (!plan->rounds_sum)
        t->step = !guarded ? PX_STEP_FREE_NATIVE : often ? PX_STEP_CLAMPED_NATIVE : PX_STEP_GUARDED_NATIVE;
    else
        t->step = !guarded ? PX_STEP_FREE_QUICK : often ? PX_STEP_CLAMPED_QUICK : PX_STEP_GUARDED_QUICK;
    return plan->rounds_product || plan->rounds_sum;
}

static bool plan_native(const px_task *task, const px_host *host, tiles *t) {
    px_operands o = px_operands_of_gemm(task, false);
    px_facts f;
    if (!px_plan_make(&task->call->recipe, host, &o, &t->plan, &f)) return false;
    if (t->plan.fused && !t->isa->fuses) return false;
    t->step = t->plan.fused || (f.exact_product && px_isa_chosen()->fuses) ? PX_STEP_FUSED : PX_STEP_NATIVE;
    t->tile.period = 1;
    return !t->plan.rounds_product && !t->plan.rounds_sum;
}

static bool plan_tiles(const px_task *task, tiles *t) {
    *t = (tiles){.task = task, .isa = px_isa_chosen()};
    if (px_gemm_by_chains(task)) return false;
    t->packing.binary32 = true;
    if (!plan_native(task, &px_binary32, t)) {
        t->packing.binary32 = false;
        if (!plan_native(task, &px_binary64, t)) {
            t->packing.binary32 = true;
            if (!plan_short(task, t)) return false;
        }
    }
    const px_plan *plan = &t->plan;
    if (plan->order == PX_BLOCKED) return !plan->rounds_partial && !plan->has_start;
    return plan->order == PX_SEQUENTIAL;
}

/* ---- running it ---- */

static void set_packing(tiles *t) {
    px_packing *p = &t->packing;
    p->reversed = t->task->call->recipe.order == PX_REVERSE;
    p->sign = t->task->call->attr[0];
    p->height = t->kernel.rows;
    p->width = t->kernel.width;
    p->copies = t->plan.rounds_product ? 2 : 1;
    p->period = t->tile.period;
    p->block = t->k_block;
    for (int phase = 0; phase < p->period; phase++) {
        double unit = ldexp(1.0, t->tile.scale - phase * t->tile.acc_shift), *factors = p->factors + phase * p->copies;
        factors[p->copies - 1] = ldexp(unit, t->mul_shift);
        if (p->copies == 2) factors[0] = is_clamped(t->step) ? unit : factors[1] - unit;
    }
}

/* A is read in place where its rows lie together in the host's format and in the right order; a ragged last strip is
 * packed all the same. */
static bool is_readable(const tiles *t) {
    const px_view *a = &t->task->in[0];
    return px_fits_float(a->fmt) == t->packing.binary32 && a->cs == 1 && t->packing.sign == 1.0 && !t->packing.reversed;
}

static bool in_place(const tiles *t, int64_t s) { return t->readable && (s + 1) * t->kernel.rows <= t->m; }

static char *strip_at(const tiles *t, int64_t s, int64_t k) {
    int64_t packed = t->readable ? 0 : s;
    return t->a + (size_t)((packed * t->k + k) * t->packing.height) * t->size;
}

static void set_rows(const tiles *t, int64_t s, int64_t k, px_tile *tile) {
    const px_view *a = &t->task->in[0];
    if (!in_place(t, s)) {
        tile->a = strip_at(t, s, k), tile->row_step = 1, tile->k_step = t->kernel.rows;
        return;
    }
    tile->a = (const char *)a->data + (s * t->kernel.rows * a->rs + k) * (int64_t)t->size;
    tile->row_step = a->rs, tile->k_step = 1;
}

static char *panel_at(const tiles *t, int64_t p, int64_t k) {
    return t->b + (size_t)((p * t->k + k) * t->packing.width * t->packing.copies) * t->size;
}

static void pack_strip(void *context, int64_t s) {
    const tiles *t = context;
    const px_view *a = &t->task->in[0];
    if (!in_place(t, s)) px_pack_strip(&t->packing, a, s, strip_at(t, s, 0));
    if (!is_guarded(t->step)) return;
    uint32_t *least = t->least_a + s * t->k;
    if (in_place(t, s))
        t->isa->least_along_f32(t->k, t->kernel.rows, (float *)a->data + s * t->kernel.rows * a->rs, a->rs, least);
    else
        t->isa->least_across_f32(t->k, t->kernel.rows, (float *)strip_at(t, s, 0), t->kernel.rows, least);
}

static void pack_panel(void *context, int64_t p) {
    const tiles *t = context;
    px_pack_panel(&t->packing, &t->task->in[1], p, panel_at(t, p, 0));
    if (is_guarded(t->step)) px_pack_least(&t->packing, &t->task->in[1], p, t->least_b + p * t->k);
}

static void copy_rows(char *to, int64_t ld_to, const char *from, int64_t ld_from, int64_t rows, size_t bytes,
                      size_t size) {
    for (int64_t i = 0; i < rows; i++)
        memcpy(to + (size_t)(i * ld_to) * size, from + (size_t)(i * ld_from) * size, bytes);
}

/* Strip s against panel p, terms k .. k + count - 1. A ragged tile goes through memory of its own. */
static void run_tile(const tiles *t, int64_t s, int64_t p, int64_t k, int64_t count, px_tile_mode mode) {
    _Alignas(64) char edge[MAX_TILE * sizeof(double)];
    int64_t i = s * t->kernel.rows, j = p * t->kernel.width;
    int64_t rows = t->m - i < t->kernel.rows ? t->m - i : t->kernel.rows;
    int64_t columns = t->n - j < t->kernel.width ? t->n - j : t->kernel.width;
    bool ragged = rows < t->kernel.rows || columns < t->kernel.width;
    char *c = t->c + (size_t)(i * t->ldc + j) * t->size;
    px_tile tile = t->tile;
    tile.k = count, tile.mode = mode, tile.mul_least = t->mul_least;
    if (is_guarded(t->step)) tile.least_a = t->least_a + s * t->k + k, tile.least_b = t->least_b + p * t->k + k;
    set_rows(t, s, k, &tile);
    tile.b = panel_at(t, p, k);
    tile.c = ragged ? edge : c, tile.ldc = ragged ? t->kernel.width : t->ldc;
    size_t bytes = (size_t)columns * t->size;
    if (ragged) {
        memset(edge, 0, (size_t)(t->kernel.rows * t->kernel.width) * t->size);
        copy_rows(edge, t->kernel.width, c, t->ldc, rows, bytes, t->size);
    }
    t->kernel.run(&tile);
    if (ragged) copy_rows(c, t->ldc, edge, t->kernel.width, rows, bytes, t->size);
}

/* Panel after panel, so that a thread multiplies with those that it has packed. */
static void run_part(void *context, int64_t index) {
    const tiles *t = context;
    int64_t height = TASK_ROWS / t->kernel.rows, p = index / t->parts, first = index % t->parts * height;
    px_plan_enter(&t->plan);
    for (int64_t k = 0; k < t->k; k += t->k_block) {
        bool goes_on = k > 0 || t->plan.has_start;
        px_tile_mode mode = !goes_on ? PX_TILE_STORE : t->plan.order == PX_BLOCKED ? PX_TILE_ADD : PX_TILE_RESUME;
        int64_t count = t->k - k < t->k_block ? t->k - k : t->k_block;
        for (int64_t s = first; s < first + height && s < t->strips; s++) run_tile(t, s, p, k, count, mode);
    }
    px_plan_leave(&t->plan);
}

static void load_start(void *context, int64_t i) {
    const tiles *t = context;
    for (int64_t j = 0; j < t->n; j++) {
        double x = px_view_get(&t->task->in[2], i, j);
        if (t->packing.binary32)
            ((float *)t->c)[i * t->ldc + j] = (float)x;
        else
            ((double *)t->c)[i * t->ldc + j] = x;
    }
}

static void store_result(void *context, int64_t i) {
    const tiles *t = context;
    float *f32 = (float *)t->c + i * t->ldc;
    double *f64 = (double *)t->c + i * t->ldc;
    if (t->plan.rounds_out && t->packing.binary32) t->isa->round_f32(&t->plan.out, t->plan.mode, t->n, f32, NULL, f32);
    if (t->plan.rounds_out && !t->packing.binary32) t->isa->round_f64(&t->plan.out, t->plan.mode, t->n, f64, NULL, f64);
    for (int64_t j = 0; j < t->n; j++)
        px_view_set(&t->task->out[0], i, j, t->packing.binary32 ? (double)f32[j] : f64[j]);
}

void px_tiles_run(const px_task *task) {
    tiles t;
    PX_ASSERT(plan_tiles(task, &t));
    const px_view *out = &task->out[0];
    bool binary32 = t.packing.binary32,
         direct = px_fits_float(out->fmt) == binary32 && out->cs == 1 && !t.plan.rounds_out;
    t.kernel = (binary32 ? t.isa->tiles_f32 : t.isa->tiles_f64)[t.step];
    PX_ASSERT(t.kernel.run && t.kernel.rows * t.kernel.width <= MAX_TILE && TASK_ROWS >= t.kernel.rows);
    t.k_block = t.plan.order == PX_BLOCKED ? t.plan.block : K_BLOCK / t.tile.period * t.tile.period;
    set_packing(&t);
    t.size = binary32 ? sizeof(float) : sizeof(double);
    t.m = out->rows, t.n = out->cols, t.k = task->in[0].cols;
    t.strips = (t.m + t.kernel.rows - 1) / t.kernel.rows;
    t.panels = (t.n + t.kernel.width - 1) / t.kernel.width;
    t.parts = (t.strips + TASK_ROWS / t.kernel.rows - 1) / (TASK_ROWS / t.kernel.rows);
    t.readable = is_readable(&t);
    t.a = px_room((t.readable ? 1 : t.strips) * t.kernel.rows * t.k, t.size);
    t.b = px_room(t.panels * t.kernel.width * t.packing.copies * t.k, t.size);
    t.least_a = px_room(is_guarded(t.step) ? t.strips * t.k : 0, sizeof *t.least_a);
    t.least_b = px_room(is_guarded(t.step) ? t.panels * t.k : 0, sizeof *t.least_b);
    t.c = direct ? out->data : px_room(t.m * t.n, t.size);
    t.ldc = direct ? out->rs : t.n;
    double mk = (double)t.m * (double)t.k, kn = (double)t.k * (double)t.n, mn = (double)t.m * (double)t.n;
    px_parallel_for_work(mk, t.strips, pack_strip, &t);
    px_parallel_for_work(kn, t.panels, pack_panel, &t);
    if (t.plan.has_start) px_parallel_for_work(mn, t.m, load_start, &t);
    px_parallel_for_work(mn * (double)t.k / 8, t.panels * t.parts, run_part, &t);
    if (!direct) px_parallel_for_work(mn, t.m, store_result, &t);
    if (!direct) free(t.c);
    free(t.least_b);
    free(t.least_a);
    free(t.b);
    free(t.a);
}

px_step px_tiles_step(const px_task *task) {
    tiles t;
    return plan_tiles(task, &t) ? t.step : PX_STEPS;
}

bool px_tiles_match(const px_task *task) { return px_tiles_step(task) != PX_STEPS; }
