#include "support/random_task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arith/codec.h"
#include "arith/model.h"
#include "arith/round.h"
#include "base/philox.h"
#include "emu/view.h"

static uint64_t counter;
uint64_t draw(void) { return px_philox(0x70617468, 0, counter++).lo; }
int64_t below(int64_t n) { return (int64_t)(draw() % (uint64_t)n); }

/* ---- formats: the list, some with other rules, some custom ---- */
enum { MAX_FORMATS = 32 };
static px_fp formats[MAX_FORMATS];
static int n_formats;

void make_formats(void) {
    for (size_t i = 0; i < px_fp_count(); i++) formats[n_formats++] = px_fp_row(i);
    for (size_t i = 0; i < px_fp_count(); i++) { /* flushing, saturating */
        px_fp flushing = px_fp_row(i), saturating = px_fp_row(i);
        flushing.subnormals = 0;
        saturating.overflow = PX_OVERFLOW_SATURATE;
        formats[n_formats++] = flushing;
        if (i > 1) formats[n_formats++] = saturating;
    }
    const char *const custom[] = {"ieee_e8m12", "ieee_e5m20", "ieee_e11m24", "ieee_e3m2", "ieee_e5m11"};
    for (size_t i = 0; i < sizeof custom / sizeof *custom; i++)
        assert_int_equal(px_fp_parse(custom[i], &formats[n_formats++], NULL), PX_OK);
    assert_true(n_formats <= MAX_FORMATS);
}

px_fp some_format(void) { return formats[below(draw() % 2 ? (int64_t)px_fp_count() : n_formats)]; }
px_fp some_format_or_exact(void) { return below(6) ? some_format() : px_fp_exact(); }

/* ---- operands ---- */
double round_to(px_fp f, double x) { return px_round(f, px_rounding_of(PX_NEAREST_EVEN), x, 0); }

static double special_value(px_fp f) {
    const double values[] = {
        0.0,          -0.0,          (double)__builtin_inff(), -(double)__builtin_inff(), __builtin_nan(""),
        f.max_finite, -f.max_finite, px_fp_min_subnormal(f),   px_fp_min_normal(f)};
    return round_to(f, values[below(9)]);
}

static double number_of(px_fp f, data_kind kind) {
    double x = (double)(int64_t)draw() * 0x1p-62; /* (-2, 2) */
    uint64_t word = draw();
    switch (kind) {
    case ORDINARY: return round_to(f, x);
    case ANY_BITS:
        if (px_fp_is_exact(f)) return px_decode(px_fp_row(0), word); /* any double */
        return f.subnormals ? px_decode(f, word) : round_to(f, px_decode(f, word));
    case TINY: return round_to(f, x * px_fp_min_normal(f) * (below(2) ? 1.0 : 0x1p-3));
    case HUGE_ONES: return round_to(f, x * 0.4 * f.max_finite);
    case SPECIAL: return below(4) ? round_to(f, x) : special_value(f);
    case SMALL_INTEGERS: return round_to(f, (double)(below(2 * ((int64_t)1 << (f.p < 20 ? f.p : 20))) - below(40)));
    case ZEROS: return below(5) ? (below(2) ? 0.0 : -0.0) : round_to(f, x);
    case KINDS: break;
    }
    return 0.0;
}

px_view make_view(px_arena *arena, px_fp f, int64_t rows, int64_t cols, data_kind kind) {
    int64_t extra = below(3), across = draw() % 2 ? 1 : rows + extra;
    int64_t down = across == 1 ? cols + extra : 1;
    int64_t count = (rows + extra) * (cols + extra) + 1;
    px_view v = {.fmt = f, .rows = rows, .cols = cols, .rs = down, .cs = across};
    v.data = px_arena_alloc(arena, (size_t)count, px_fits_float(f) ? sizeof(float) : sizeof(double));
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) px_view_set(&v, i, j, number_of(f, kind));
    return v;
}

px_view result_view(px_arena *arena, px_fp f, int64_t rows, int64_t cols) {
    px_view v = {.fmt = f, .rows = rows, .cols = cols, .rs = cols, .cs = 1};
    v.data = px_arena_alloc(arena, (size_t)(rows * cols), sizeof(double));
    return v;
}

/* ---- recipes ---- */
px_recipe some_recipe(void) {
    px_recipe r = {.acc = some_format()};
    r.mul = below(2) ? r.acc : some_format_or_exact();
    r.out = below(2) ? r.acc : some_format_or_exact();
    r.split = below(2) ? px_fp_exact() : some_format();
    r.order = (uint8_t)below(PX_ORDER_COUNT);
    r.fused = below(4) == 0;
    r.rounding = below(4) ? PX_NEAREST_EVEN : (uint8_t)below(PX_ROUNDING_COUNT);
    r.sr_bits = r.rounding != PX_STOCHASTIC ? 0 : below(2) ? 12 : (uint8_t)(1 + below(40));
    r.block = (int32_t)(1 + below(20));
    r.splits = (int32_t)(1 + below(5));
    if (below(8) == 0) { /* mixed precision as it is used */
        r.mul = px_fp_row((size_t)below((int64_t)px_fp_count()));
        r.acc = r.out = px_fp_row(1);
        r.order = below(2) ? PX_SEQUENTIAL : PX_BLOCKED;
        r.rounding = PX_NEAREST_EVEN, r.fused = 0;
    }
    return r;
}

px_recipe some_unit(px_fp *in) {
    int n;
    const px_mma_row *row = &px_mma_rows(&n)[below(n)];
    px_recipe r = {.rounding = PX_NEAREST_EVEN, .model = (int16_t)row->model};
    char first[24];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(row->in, " "), row->in);
    assert_int_equal(px_fp_parse(first, in, NULL), PX_OK);
    assert_int_equal(px_fp_parse(row->out, &r.acc, NULL), PX_OK);
    r.out = below(2) ? r.acc : *in;
    if (below(4) == 0) r.order = PX_SPLITK, r.splits = (int32_t)(1 + below(5)), r.split = *in;
    return r;
}

static const char *name_of(px_fp f, char text[40]) {
    static const char *const rules[] = {"", " nan", " saturate"};
    char name[24];
    snprintf(text, 40, "%s%s%s", px_fp_name(f, name), f.p && !f.subnormals ? " flush" : "", rules[f.overflow]);
    return text;
}

void describe_task(char text[512], const px_task *t, const char *path) {
    char name[7][40];
    const px_recipe *r = &t->call->recipe;
    snprintf(text, 512,
             "%s: %s: a %s, b %s, c %s, mul %s, acc %s, out %s, split %s, order %s, block %d, splits %d, fused %d, "
             "rounding %s; %lld x %lld x %lld, isa %s",
             px_op_name(t->call->op), path, name_of(t->in[0].fmt, name[0]), name_of(t->in[1].fmt, name[1]),
             t->in[2].data ? name_of(t->in[2].fmt, name[2]) : "none", name_of(r->mul, name[3]),
             name_of(r->acc, name[4]), name_of(r->out, name[5]), name_of(r->split, name[6]),
             px_order_name((px_order)r->order), r->block, r->splits, r->fused,
             px_rounding_name((px_rounding_mode)r->rounding), (long long)t->out[0].rows, (long long)t->out[0].cols,
             (long long)t->in[0].cols, px_emu_isa());
}

static uint64_t word_of(double x) {
    uint64_t word;
    memcpy(&word, &x, sizeof word);
    return word;
}

void compare_tasks(const px_task *want, const px_task *got, const char *path) {
    for (int k = 0; k < PX_MAX_OUT; k++) {
        if (!want->out[k].data) continue;
        for (int64_t i = 0; i < want->out[k].rows; i++)
            for (int64_t j = 0; j < want->out[k].cols; j++) {
                double x = px_view_get(&got->out[k], i, j), y = px_view_get(&want->out[k], i, j);
                if (word_of(x) == word_of(y)) continue;
                char text[512];
                describe_task(text, want, path);
                fail_msg("%s\n(%lld, %lld) of output %d: %a, but the definition gives %a; counter %llu", text,
                         (long long)i, (long long)j, k, x, y, (unsigned long long)counter);
            }
    }
}
