/* out = a + b or a b, a chunk at a time: in the host's arithmetic where that is the format's, or rounds harmlessly before
 * the rounding to the format (by its formats, or by the numbers of a chunk); else in binary64, rounded to odd (Boldo &
 * Melquiond 2008) and then to the format. */
#include "emu/elementwise.h"

#include "base/error.h"
#include "emu/chunk.h"
#include "emu/definition.h"
#include "emu/plan.h"
#include "emu/view.h"

typedef enum way { NATIVE_FLOATS, ROUNDED_FLOATS, SCANNED_FLOATS, NATIVE_DOUBLES, ROUNDED_DOUBLES } way;

typedef struct elementwise {
    way way;
    px_rounder floats, doubles; /* of the ways that are or may be taken */
} elementwise;

/* Sums of two numbers of the format in a host of 2 p + 1 bits, and exact products, are rounded once (see plan.c). */
static bool floats_will_do(const px_task *task) {
    px_fp f = task->call->recipe.out;
    if (task->call->op == PX_OP_ADD)
        return px_fp_equal(task->in[0].fmt, f) && px_fp_equal(task->in[1].fmt, f) && 2 * f.p <= 23;
    px_extent a = px_extent_of_format(task->in[0].fmt), b = px_extent_of_format(task->in[1].fmt);
    return px_plan_holds(&px_binary32, px_extent_of_product(a, b));
}

/* Products that are exact in binary32 but for its range. */
static bool floats_may_do(const px_task *task) {
    return task->call->op == PX_OP_MUL && task->in[0].fmt.p + task->in[1].fmt.p <= 24;
}

/* Is every product of a chunk a normal number of binary32, or a zero? */
static bool products_fit(int64_t n, const float *a, const float *b) {
    px_scan x = PX_SCAN_EMPTY, y = PX_SCAN_EMPTY;
    px_isa_chosen()->scan_f32(n, a, &x);
    px_isa_chosen()->scan_f32(n, b, &y);
    return (double)x.least * (double)y.least >= 0x1p-126 && (double)x.largest * (double)y.largest < 0x1p127;
}

static bool choose(const px_task *task, elementwise *e) {
    const px_recipe *r = &task->call->recipe;
    px_rounding rounding = px_recipe_rounding(r);
    bool floats = px_fits_float(task->in[0].fmt) && px_fits_float(task->in[1].fmt);
    bool nearest = rounding.mode == PX_NEAREST_EVEN;
    if (px_fp_is_exact(r->out)) return false;
    e->way = NATIVE_FLOATS;
    if (floats && nearest && px_plan_is_host(r->out, &px_binary32)) return true;
    e->way = ROUNDED_FLOATS;
    if (floats && nearest && floats_will_do(task) && px_rounder_f32(r->out, rounding, &e->floats)) return true;
    e->way = NATIVE_DOUBLES;
    if (nearest && px_plan_is_host(r->out, &px_binary64)) return true;
    if (r->out.p > 51 || (rounding.mode == PX_STOCHASTIC && rounding.sr_bits > 52 - r->out.p)) return false;
    if (!px_rounder_f64(r->out, rounding, &e->doubles)) return false;
    bool scanned = floats && nearest && floats_may_do(task) && px_rounder_f32(r->out, rounding, &e->floats);
    e->way = scanned ? SCANNED_FLOATS : ROUNDED_DOUBLES;
    return true;
}

static void doubles_of_chunk(const px_chunk *c, void *context) {
    const elementwise *e = context;
    const px_isa *isa = px_isa_chosen();
    bool adds = c->task->call->op == PX_OP_ADD, down = e->doubles.rounding.mode == PX_DOWN;
    double x[PX_CHUNK], y[PX_CHUNK], z[PX_CHUNK];
    const double *a = px_chunk_doubles(c, 0, x), *b = px_chunk_doubles(c, 1, y);
    if (e->way == NATIVE_DOUBLES) {
        (adds ? isa->add_f64 : isa->multiply_f64)(c->n, a, b, z);
    } else if (adds ? isa->add_to_odd_f64(down, c->n, a, b, z) : isa->multiply_to_odd_f64(c->n, a, b, z)) {
        px_round_doubles(&e->doubles, c->n, z, c->task->call->stream, c->element, adds, z);
    } else {
        px_define_elements(c->task->call, c->n, a, b, c->element, z);
    }
    px_chunk_put_doubles(c, z);
}

static void floats_of_chunk(const px_chunk *c, void *context) {
    const elementwise *e = context;
    const px_isa *isa = px_isa_chosen();
    float x[PX_CHUNK], y[PX_CHUNK], z[PX_CHUNK], *to = px_chunk_room(c, z);
    const float *a = px_chunk_floats(c, 0, x), *b = px_chunk_floats(c, 1, y);
    if (e->way == SCANNED_FLOATS && !products_fit(c->n, a, b)) {
        doubles_of_chunk(c, context);
        return;
    }
    (c->task->call->op == PX_OP_ADD ? isa->add_f32 : isa->multiply_f32)(c->n, a, b, to);
    if (e->way != NATIVE_FLOATS) px_round_floats(&e->floats, c->n, to, to);
    px_chunk_put_floats(c, to);
}

bool px_elementwise_matches(const px_task *task) {
    elementwise e;
    return choose(task, &e);
}

void px_elementwise_run(const px_task *task) {
    elementwise e = {.way = NATIVE_FLOATS};
    PX_ASSERT(choose(task, &e));
    bool floats = e.way == NATIVE_FLOATS || e.way == ROUNDED_FLOATS || e.way == SCANNED_FLOATS;
    px_for_chunks(task, 2, 2.0, floats ? floats_of_chunk : doubles_of_chunk, &e);
}
