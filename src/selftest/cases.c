#include "selftest/cases.h"

#include <math.h>
#include <string.h>

#include "arith/codec.h"
#include "arith/model.h"
#include "arith/round.h"
#include "base/philox.h"

const char *px_trial_data_name(px_trial_data data) {
#define NAME(id, name, text) name,
    static const char *const names[] = {PX_TRIAL_DATA_LIST(NAME)};
#undef NAME
    return data < PX_TRIAL_DATA_COUNT ? names[data] : "words";
}

int px_trial_covers(px_op op) { return op != PX_OP_LU && op != PX_OP_CHOLESKY && op != PX_OP_TRSM; }

/* A case under construction. */
typedef struct maker {
    px_arena *arena;
    px_trial_case *c;
    uint64_t drawn;
    int n_in;
} maker;

static uint64_t draw(maker *m) {
    const px_trial_key *k = &m->c->key;
    uint64_t place = (uint64_t)k->op << 48 ^ (uint64_t)k->size << 24 ^ (uint64_t)k->data << 16 ^ (uint64_t)k->recipe;
    return px_philox(k->seed ^ k->number << 32, place, m->drawn++).lo;
}

static int64_t below(maker *m, int64_t n) { return (int64_t)(draw(m) % (uint64_t)n); }
static double uniform(maker *m) { return (double)(int64_t)draw(m) * 0x1p-62; } /* (-2, 2) */

/* ---- formats and recipes ---- */

static px_fp named(const char *name) {
    px_fp f;
    PX_ASSERT(px_fp_parse(name, &f, NULL) == PX_OK);
    return f;
}

static px_fp some_format(maker *m) {
    static const char *const custom[] = {"ieee_e8m12", "ieee_e5m20", "ieee_e11m24", "ieee_e3m2", "ieee_e11m50"};
    px_fp f = px_fp_row((size_t)below(m, (int64_t)px_fp_count()));
    if (below(m, 6) == 0) f = named(custom[below(m, 5)]);
    if (below(m, 10) == 0) f.subnormals = 0;
    if (below(m, 10) == 0) f.overflow = PX_OVERFLOW_SATURATE;
    return f;
}

static px_fp some_or_exact(maker *m) { return below(m, 6) ? some_format(m) : px_fp_exact(); }

static int is_layer(px_op op) { return op > PX_OP_GEMM && px_trial_covers(op); }

static px_recipe any_recipe(maker *m) {
    px_recipe r = {.acc = some_format(m)};
    bool layer = is_layer(m->c->key.op),
         may_be_exact = layer && m->c->key.op != PX_OP_SCALE && m->c->key.op != PX_OP_ADD_KAHAN;
    r.mul = below(m, 2) ? r.acc : some_or_exact(m);
    r.out = below(m, 2) ? r.acc : may_be_exact ? some_or_exact(m) : some_format(m);
    r.split = below(m, 2) ? px_fp_exact() : some_format(m);
    r.order = (uint8_t)below(m, PX_ORDER_COUNT);
    r.fused = below(m, 4) == 0;
    if (below(m, 3) == 0) r.rounding = (uint8_t)below(m, layer ? PX_NEAREST_AWAY + 1 : PX_ROUNDING_COUNT);
    if (r.rounding == PX_STOCHASTIC) r.sr_bits = (uint8_t)(1 + below(m, 40));
    r.block = (int32_t)(1 + below(m, 40));
    r.splits = (int32_t)(1 + below(m, 7));
    return r;
}

/* Formats of operands, sums and results that vendors' libraries and matrix units multiply. */
static const char *const vendor_formats[PX_TRIAL_FORMATS][3] = {
    {"fp16", "fp32", "fp32"}, {"fp16", "fp16", "fp16"}, {"bf16", "fp32", "fp32"}, {"tf32", "fp32", "fp32"},
    {"fp16", "fp32", "fp16"}, {"bf16", "fp32", "bf16"}, {"fp32", "fp32", "fp32"}, {"fp64", "fp64", "fp64"}};

/* Products by the unit of the key's model, two in three with something done around it. */
static void around_unit(maker *m, px_recipe *r) {
    const px_recipe any = any_recipe(m);
    r->model = (int16_t)m->c->key.model, r->mul = px_fp_exact();
    if (below(m, 3)) r->promote = (int32_t)(1 + below(m, 40));
    if (below(m, 2)) return;
    r->order = PX_SPLITK;
    r->splits = any.splits;
    r->split = any.split;
}

static px_recipe recipe_of(maker *m, px_fp *in) {
    static const char *const native[] = {"fp16", "bf16", "fp32", "fp64"};
    const px_trial_key *k = &m->c->key;
    px_recipe r = any_recipe(m);
    *in = below(m, 2) ? r.acc : some_format(m);
    if (k->recipe == PX_RECIPE_NATIVE) {
        *in = named(native[k->number % 4]);
        r = px_recipe_uniform(*in);
        r.fused = k->number / 4 % 2;
    } else if (k->recipe == PX_RECIPE_UNIT || k->recipe == PX_RECIPE_LIBRARY) {
        const char *const *f = vendor_formats[k->number % (k->recipe == PX_RECIPE_UNIT ? 4 : PX_TRIAL_FORMATS)];
        *in = named(f[0]);
        r = px_recipe_uniform(named(f[1]));
        r.out = named(f[2]);
        if (k->recipe == PX_RECIPE_UNIT) around_unit(m, &r);
    }
    if (k->recipe == PX_RECIPE_WORDS) *in = named(native[k->number % 2]);
    return r;
}

/* ---- numbers ---- */

static double round_to(px_fp f, double x) { return px_round(f, px_rounding_of(PX_NEAREST_EVEN), x, 0); }

static double special_value(maker *m, px_fp f) {
    double tiny = px_fp_is_exact(f) ? 0x1p-1074 : px_fp_min_subnormal(f);
    double normal = px_fp_is_exact(f) ? 0x1p-1022 : px_fp_min_normal(f),
           top = px_fp_is_exact(f) ? 0x1p1023 : f.max_finite;
    const double values[] = {0.0, -0.0, (double)INFINITY, -(double)INFINITY, (double)NAN, top, -top, tiny, normal};
    return values[below(m, 9)];
}

static double number(maker *m, px_fp f, int64_t at) {
    double x = uniform(m), small = px_fp_is_exact(f) ? 0x1p-1022 : px_fp_min_normal(f),
           top = px_fp_is_exact(f) ? 0x1p1023 : f.max_finite;
    switch (m->c->key.data) {
    case PX_DATA_RANDOM: return x;
    case PX_DATA_SUBNORMAL: return x * small * (below(m, 2) ? 1.0 : 0x1p-3);
    case PX_DATA_LARGE: return x * 0.5 * top;
    case PX_DATA_SPECIAL: return below(m, 4) ? x : special_value(m, f);
    case PX_DATA_CANCELLING: return ldexp(1 + (double)(at / 2 % 7) / 8, (int)(at / 2 % 11) - 5) * (at % 2 ? -1 : 1);
    case PX_DATA_INTEGERS: return (double)(below(m, 9) - 4);
    case PX_DATA_WORDS: /* the first operand has every word, the others any */
        return px_decode(f, m->c->prog.n_slots == 1 ? (uint64_t)at : draw(m));
    }
    return 0;
}

/* ---- tensors ---- */

/* A new slot and a view of rows x cols of it: whole, transposed, a block of a larger one, or (inputs) one row or column
 * again and again. */
static px_arg add_view(maker *m, int64_t rows, int64_t cols, px_fp fmt, bool input) {
    px_trial_case *c = m->c;
    int32_t slot = c->prog.n_slots++;
    PX_ASSERT(slot < PX_TRIAL_SLOTS);
    px_arg a = {.slot = slot, .rows = rows, .cols = cols};
    int64_t slot_rows = rows, slot_cols = cols;
    int way = m->c->key.recipe == PX_RECIPE_WORDS ? 0 : (int)below(m, input ? 6 : 4);
    switch (way) {
    case 2:
        slot_rows = cols, slot_cols = rows;
        a.rs = 1, a.cs = slot_cols;
        break;
    case 3:
        slot_rows = rows + 2, slot_cols = cols + 3;
        a.off = slot_cols + 2, a.rs = slot_cols, a.cs = 1;
        break;
    case 4: slot_rows = 1, a.cs = 1; break;
    case 5: slot_cols = 1, a.rs = 1; break;
    default: a.rs = slot_cols, a.cs = 1; break;
    }
    c->slots[slot] = (px_slot){.rows = slot_rows, .cols = slot_cols, .fmt = fmt};
    return a;
}

static px_arg add_input(maker *m, int64_t rows, int64_t cols, px_fp fmt) {
    px_arg a = add_view(m, rows, cols, fmt, true);
    px_mat *x = &m->c->in[a.slot];
    *x = px_mat_new(m->arena, fmt, m->c->slots[a.slot].rows, m->c->slots[a.slot].cols);
    for (int64_t i = 0; i < x->rows; i++)
        for (int64_t j = 0; j < x->cols; j++)
            px_mat_set(x, i, j, px_flush(fmt, round_to(fmt, number(m, fmt, i * x->cols + j))));
    return a;
}

/* n x 1 integers in 0 .. limit - 1. */
static px_arg add_index(maker *m, int64_t n, int64_t limit) {
    px_arg a = add_view(m, n, 1, px_fp_exact(), false);
    px_mat *x = &m->c->in[a.slot];
    *x = px_mat_new(m->arena, px_fp_exact(), m->c->slots[a.slot].rows, m->c->slots[a.slot].cols);
    for (int64_t i = 0; i < x->rows; i++)
        for (int64_t j = 0; j < x->cols; j++) px_mat_set(x, i, j, (double)below(m, limit));
    return a;
}

static px_arg maybe(maker *m, int64_t rows, int64_t cols, px_fp fmt) {
    return below(m, 2) ? add_input(m, rows, cols, fmt) : px_arg_absent();
}

/* What the op's other outputs are kept in: as in programs, the accumulator's format, at times another. */
static px_fp kept(maker *m) { return below(m, 2) ? m->c->call.recipe.acc : some_format(m); }

static px_fp result_format(const maker *m) {
    px_fp out = m->c->call.recipe.out, acc = m->c->call.recipe.acc;
    return px_fp_is_exact(out) && m->c->key.op != PX_OP_ROUND ? acc : out;
}

/* ---- operations ---- */

/* Inputs, in the operation's order. */
static void set_inputs(maker *m, int64_t rows, int64_t n, int64_t inner, px_fp f) {
    px_arg *in = m->c->call.in;
    switch (m->c->key.op) {
    case PX_OP_GEMM:
        in[0] = add_input(m, rows, inner, f), in[1] = add_input(m, inner, n, f);
        in[2] = maybe(m, rows, n, m->c->key.recipe == PX_RECIPE_ANY ? some_format(m) : m->c->call.recipe.out);
        break;
    case PX_OP_LAYERNORM: in[0] = add_input(m, rows, n, f), in[1] = maybe(m, 1, n, f), in[2] = maybe(m, 1, n, f); break;
    case PX_OP_LAYERNORM_BACKWARD:
    case PX_OP_LAYERNORM_GAMMA:
        in[0] = add_input(m, rows, n, f), in[1] = add_input(m, rows, n, f);
        in[2] = add_input(m, rows, 1, f), in[3] = add_input(m, rows, 1, f);
        if (m->c->key.op == PX_OP_LAYERNORM_BACKWARD) in[4] = maybe(m, 1, n, f);
        break;
    case PX_OP_GATHER: in[0] = add_input(m, inner, n, f), in[1] = add_index(m, rows, inner); break;
    case PX_OP_SCATTER_ADD: in[0] = add_input(m, rows, n, f), in[1] = add_index(m, rows, inner); break;
    case PX_OP_CROSS_ENTROPY:
        in[0] = add_input(m, rows, n, f), in[1] = add_index(m, rows, n), in[2] = maybe(m, 1, 1, f);
        break;
    case PX_OP_MSE:
        in[0] = add_input(m, rows, n, f), in[1] = add_input(m, rows, n, f), in[2] = maybe(m, 1, 1, f);
        break;
    case PX_OP_NONFINITE: in[0] = add_input(m, rows, n, f), in[1] = maybe(m, 1, 1, px_fp_exact()); break;
    case PX_OP_CLIP_FACTOR: in[0] = add_input(m, 1, 1, f); break;
    case PX_OP_SGD: in[0] = add_input(m, rows, n, f), in[1] = maybe(m, rows, n, f); break;
    case PX_OP_ADAPTIVE: {
        bool averaged = m->c->call.attr[5] < PX_ADAPTIVE_RMSPROP, largest = m->c->call.attr[5] == PX_ADAPTIVE_AMSGRAD;
        in[0] = add_input(m, rows, n, f), in[2] = add_input(m, rows, n, f);
        if (averaged) in[1] = add_input(m, rows, n, f);
        if (largest) in[3] = add_input(m, rows, n, f);
        break;
    }
    default:
        for (int k = 0; k < px_op_inputs(m->c->key.op); k++) in[k] = add_input(m, rows, n, f);
        break;
    }
}

/* Outputs, in the operation's order. */
static void set_outputs(maker *m, int64_t rows, int64_t n, int64_t inner) {
    px_call *call = &m->c->call;
    px_arg *out = call->out;
    px_fp f = result_format(m);
    switch (call->op) {
    case PX_OP_SUM:
        out[0] = add_view(m, rows, 1, f, false);
        if (below(m, 2)) out[1] = add_view(m, rows, 1, px_fp_exact(), false);
        break;
    case PX_OP_LAYERNORM:
    case PX_OP_NORMALISE:
        out[0] = add_view(m, rows, n, f, false);
        out[1] = add_view(m, rows, 1, kept(m), false), out[2] = add_view(m, rows, 1, kept(m), false);
        break;
    case PX_OP_LAYERNORM_GAMMA: out[0] = add_view(m, 1, n, f, false); break;
    case PX_OP_SCATTER_ADD: out[0] = add_view(m, inner, n, f, false); break;
    case PX_OP_MSE:
    case PX_OP_CROSS_ENTROPY:
        out[0] = add_view(m, 1, 1, f, false), out[1] = add_view(m, rows, n, kept(m), false);
        break;
    case PX_OP_NONFINITE: out[0] = add_view(m, 1, 1, px_fp_exact(), false); break;
    case PX_OP_CLIP_FACTOR:
    case PX_OP_POWER_SCALE: out[0] = add_view(m, 1, 1, f, false), out[1] = add_view(m, 1, 1, kept(m), false); break;
    default:
        out[0] = add_view(m, rows, n, f, false);
        for (int k = 1; k < px_op_outputs(call->op); k++) /* the new state of each state; the rest of add_kahan */
            if (call->op == PX_OP_ADD_KAHAN || call->in[k].slot >= 0) out[k] = add_view(m, rows, n, kept(m), false);
        break;
    }
}

static void set_attributes(maker *m, int64_t n) {
    double *attr = m->c->call.attr;
    switch (m->c->key.op) {
    case PX_OP_GEMM: attr[0] = below(m, 2) ? 1 : -1; break;
    case PX_OP_SCALE: attr[0] = uniform(m), attr[1] = (double)(1 + below(m, 9)); break;
    case PX_OP_LAYERNORM: attr[0] = 1e-5; break;
    case PX_OP_NORMALISE: attr[0] = (double)below(m, PX_NORMALISE_COUNT); break;
    case PX_OP_GELU:
    case PX_OP_GELU_BACKWARD: attr[0] = (double)below(m, 2); break;
    case PX_OP_SOFTMAX:
        attr[0] = (double)(8 * below(m, 2)), attr[1] = (double)(below(m, 2) * n),
        attr[2] = below(m, 2) ? -1e4 : -(double)INFINITY;
        attr[3] = (double)below(m, 3);
        break;
    case PX_OP_SOFTMAX_BACKWARD: attr[0] = (double)(8 * below(m, 2)), attr[1] = (double)(below(m, 2) * n); break;
    case PX_OP_DROPOUT: attr[0] = 0.25; break;
    case PX_OP_CLIP_FACTOR: attr[0] = 1, attr[1] = 1e-6; break;
    case PX_OP_SGD: attr[0] = 0.1, attr[1] = 0.9; break;
    case PX_OP_ADAPTIVE: attr[5] = (double)below(m, PX_ADAPTIVE_COUNT); /* fall through */
    case PX_OP_ADAM:
        attr[0] = 1e-3, attr[1] = 0.9, attr[2] = 0.999, attr[3] = 1e-8, attr[4] = (double)(1 + below(m, 20));
        break;
    case PX_OP_POWER_SCALE: attr[0] = 256; break;
    default: break;
    }
}

void px_trial_case_make(px_arena *arena, const px_trial_key *key, px_trial_case *c) {
    PX_ASSERT(px_trial_covers(key->op) && key->size >= 1);
    memset(c, 0, sizeof *c);
    c->key = *key;
    maker m = {.arena = arena, .c = c};
    px_fp in;
    c->call = (px_call){.op = key->op, .stream = draw(&m)};
    c->call.recipe = recipe_of(&m, &in);
    for (int k = 0; k < PX_MAX_IN; k++) c->call.in[k] = px_arg_absent();
    for (int k = 0; k < PX_MAX_OUT; k++) c->call.out[k] = px_arg_absent();
    /* one side has the size, the others are short */
    int64_t side[3] = {1 + below(&m, 5), 1 + below(&m, 5), 1 + below(&m, 40)};
    bool product = key->op == PX_OP_GEMM;
    if (key->recipe == PX_RECIPE_WORDS) side[0] = 1;
    side[product ? below(&m, 3) : key->op == PX_OP_LAYERNORM_GAMMA || key->op == PX_OP_SCATTER_ADD ? 0 : 1] = key->size;
    set_attributes(&m, side[1]);
    set_inputs(&m, side[0], side[1], side[2], in);
    set_outputs(&m, side[0], side[1], side[2]);
    c->prog = (px_prog){.slots = c->slots, .calls = &c->call, .n_slots = c->prog.n_slots, .n_calls = 1};
}

px_mat px_trial_tensor(px_arena *arena, const px_trial_key *key) {
    px_trial_case c = {.key = *key, .prog.n_slots = 1};
    maker m = {.arena = arena, .c = &c};
    px_fp f = key->data == PX_DATA_WORDS ? named(key->number % 2 ? "bf16" : "fp16") : some_or_exact(&m);
    px_mat x = px_mat_new(arena, f, 1, key->size);
    for (int64_t e = 0; e < key->size; e++) px_mat_set(&x, 0, e, px_flush(f, round_to(f, number(&m, f, e))));
    return x;
}

const char *px_trial_case_text(px_arena *arena, const px_trial_case *c) {
    char name[5][24];
    const px_recipe *r = &c->call.recipe;
    const px_arg *in = c->call.in, *out = c->call.out;
    return px_arena_printf(
        arena, "%s %s mul %s acc %s out %s %s%s %s%s%s %lldx%lld of %lldx%lld, %s", px_op_name(c->call.op),
        px_fp_name(c->slots[in[0].slot].fmt, name[0]), px_fp_name(r->mul, name[1]), px_fp_name(r->acc, name[2]),
        px_fp_name(r->out, name[3]), px_order_name((px_order)r->order), r->fused ? " fused" : "",
        px_rounding_name((px_rounding_mode)r->rounding), r->model ? " model " : "",
        r->model ? px_model_name((px_model)r->model) : "", (long long)out[0].rows, (long long)out[0].cols,
        (long long)in[0].rows, (long long)in[0].cols, px_trial_data_name(c->key.data));
}
