#include "kind/chain.h"

#include <math.h>
#include <string.h>

#include "metric/upward.h"

static const int n_factors[] = {
#define FACTORS(id, factors, text) factors,
    PX_CHAIN_LIST(FACTORS)
#undef FACTORS
};

/* The calls of each grouping: their operands as nodes. Three factors are nodes 0 1 2, results from 3 on; four factors
 * 0 1 2 3, results from 4 on. */
static const int pairs_of[2][PX_GROUPING_COUNT][PX_CHAIN_CALLS][2] = {
    {[PX_GROUPING_left] = {{0, 1}, {3, 2}}, [PX_GROUPING_right] = {{1, 2}, {0, 3}}},
    {[PX_GROUPING_left] = {{0, 1}, {4, 2}, {5, 3}},
     [PX_GROUPING_right] = {{2, 3}, {1, 4}, {0, 5}},
     [PX_GROUPING_pairs] = {{0, 1}, {2, 3}, {4, 5}},
     [PX_GROUPING_middle_left] = {{1, 2}, {0, 4}, {5, 3}},
     [PX_GROUPING_middle_right] = {{1, 2}, {4, 3}, {0, 5}}},
};

bool px_chain_has(px_chain_id which, px_grouping grouping) {
    return n_factors[which] == 4 || grouping == PX_GROUPING_left || grouping == PX_GROUPING_right;
}

static int add_slot(px_chain *c, const char *name, int64_t rows, int64_t cols, px_fp fmt) {
    px_slot *s = &c->slots[c->n_slots];
    *s = (px_slot){.rows = rows, .cols = cols, .fmt = fmt};
    strcpy(s->name, name);
    c->prog.n_slots = c->n_slots + 1;
    return c->n_slots++;
}

static void add_factor(px_chain *c, const char *name, int64_t rows, int64_t cols, px_fp fmt) {
    c->nodes[c->n_factors++] = px_arg_whole(&c->prog, add_slot(c, name, rows, cols, fmt));
}

static void add_call(px_chain *c, const int pair[2], const px_treatment *how, px_fp out) {
    int i = c->n_calls++;
    px_arg a = c->nodes[pair[0]], b = c->nodes[pair[1]];
    int slot = add_slot(c, "product", a.rows, b.cols, out);
    px_call *call = &c->calls[i];
    *call = (px_call){.op = PX_OP_GEMM, .recipe = how->recipe, .attr = {1}, .stream = how->stream + (uint64_t)i};
    call->recipe.out = out;
    for (int k = 0; k < PX_MAX_IN; k++) call->in[k] = px_arg_absent();
    for (int k = 0; k < PX_MAX_OUT; k++) call->out[k] = px_arg_absent();
    call->in[0] = a, call->in[1] = b;
    call->out[0] = c->nodes[c->n_factors + i] = px_arg_whole(&c->prog, slot);
    memcpy(c->operands[i], pair, sizeof c->operands[i]);
    c->prog.n_calls = c->n_calls;
}

void px_chain_plan(px_chain *c, px_chain_id which, px_grouping grouping, const px_treatment *how, px_fp inner,
                   int64_t m, int64_t n, int64_t k) {
    PX_ASSERT(px_chain_has(which, grouping));
    *c = (px_chain){.n_slots = 0};
    c->prog = (px_prog){.slots = c->slots, .calls = c->calls};
    bool attention = which == PX_CHAIN_attention;
    add_factor(c, attention ? "x" : "A", m, n, how->in);
    add_factor(c, attention ? "WkT" : "B", n, k, how->in);
    add_factor(c, attention ? "Wq" : "C", k, attention ? n : m, how->in);
    if (attention) c->nodes[c->n_factors++] = px_arg_transposed(&c->prog, 0);
    int calls = c->n_factors - 1;
    for (int i = 0; i < calls; i++)
        add_call(c, pairs_of[attention][grouping][i], how, i < calls - 1 ? inner : how->recipe.out);
}

int px_chain_inputs(const px_chain *c) { return c->n_slots - c->n_calls; }

double px_chain_flops(const px_chain *c) {
    double flops = 0;
    for (int i = 0; i < c->n_calls; i++)
        flops +=
            2.0 * (double)c->calls[i].out[0].rows * (double)c->calls[i].out[0].cols * (double)c->calls[i].in[0].cols;
    return flops;
}

static px_status run_program(const px_chain *c, const px_exec *exec, void *state, const px_mat *inputs, px_wide *values,
                             px_error *err) {
    for (int s = 0; s < px_chain_inputs(c); s++) {
        px_wide value = px_wide_of(inputs[s]);
        PX_TRY(exec->put(state, s, &value, err));
    }
    PX_TRY(exec->run(state, 0, c->n_calls, err));
    for (int s = 0; s < c->n_slots; s++) PX_TRY(exec->get(state, s, &values[s], err));
    return PX_OK;
}

px_status px_chain_run(const px_chain *c, const px_exec *exec, px_arena *arena, const px_mat *inputs, bool wide,
                       px_wide *values, px_error *err) {
    for (int s = 0; s < c->n_slots; s++) {
        const px_slot *slot = &c->slots[s];
        values[s] = wide ? px_wide_new(arena, slot->rows, slot->cols)
                         : px_wide_of(px_mat_new(arena, slot->fmt, slot->rows, slot->cols));
    }
    void *state;
    PX_TRY(exec->open(exec, &state, &c->prog, err));
    px_status status = run_program(c, exec, state, inputs, values, err);
    exec->close(state);
    return status;
}

/* ---- the bound ---- */

/* What is known of a node: |computed - exact| <= beta B + eta, B the node of the program on magnitudes; with rows and
 * columns of B summed, the largest of each, and the largest entry. */
typedef struct node_bound {
    double beta, eta, row_sum, column_sum, top;
} node_bound;

static double magnitude(const px_wide *values, px_arg v, int64_t i, int64_t j) {
    const px_mat *m = &values[v.slot].hi;
    int64_t at = v.off + i * v.rs + j * v.cs;
    return nextafter(px_mat_get(m, at / m->cols, at % m->cols), (double)INFINITY); /* hi is rounded to nearest */
}

static void measure(node_bound *b, const px_wide *values, px_arg v) {
    for (int64_t i = 0; i < v.rows; i++) {
        double sum = 0;
        for (int64_t j = 0; j < v.cols; j++) {
            double x = magnitude(values, v, i, j);
            sum = px_up_add(sum, x);
            b->top = fmax(b->top, x);
        }
        b->row_sum = fmax(b->row_sum, sum);
    }
    for (int64_t j = 0; j < v.cols; j++) {
        double sum = 0;
        for (int64_t i = 0; i < v.rows; i++) sum = px_up_add(sum, magnitude(values, v, i, j));
        b->column_sum = fmax(b->column_sum, sum);
    }
}

static double largest(const px_mat *m) {
    double most = 0;
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) most = fmax(most, fabs(px_mat_get(m, i, j)));
    return most;
}

static bool all_finite(const px_mat *m) {
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++)
            if (!isfinite(px_mat_get(m, i, j))) return false;
    return true;
}

/* The wider of two formats; false when neither holds the other. */
static bool wider(px_fp f, px_fp g, px_fp *wide) {
    bool f_in_g = f.p <= g.p && f.emin >= g.emin && f.emax <= g.emax;
    bool g_in_f = g.p <= f.p && g.emin >= f.emin && g.emax <= f.emax;
    *wide = f_in_g ? g : f;
    return f_in_g || g_in_f;
}

static px_bound none(const char *why) { return (px_bound){.source = why}; }

/* The bound of one product, on the operands that it really had. */
static px_bound bound_of_call(const px_chain *c, const px_call *call, px_liberties liberties, const px_wide *computed) {
    px_bound_data data = {.k = call->in[0].cols,
                          .entries = call->out[0].rows * call->out[0].cols,
                          .products = true,
                          .finite = true,
                          .liberties = liberties};
    if (px_takes_liberties(liberties)) {
        data.largest_a = largest(&computed[call->in[0].slot].hi);
        data.largest_b = largest(&computed[call->in[1].slot].hi);
    }
    if (!wider(c->slots[call->in[0].slot].fmt, c->slots[call->in[1].slot].fmt, &data.in))
        return none("no bound: operands of formats that do not hold each other");
    return px_bound_sum(&call->recipe, &data);
}

/* Errors of L and R carried through L R, and the product's own: with x = L computed, y = R computed,
 * |x y - L R| <= |x - L||y| + |L||y - R|, and |y| <= (1 + beta) B + eta; then (1 + its beta) times that. */
static node_bound carry(const node_bound *l, const node_bound *r, const px_bound *own, double terms) {
    double keep_l = px_up_add(1, l->beta), keep_r = px_up_add(1, r->beta), keep = px_up_add(1, own->beta);
    double eta = px_up_mul(px_up_mul(keep_l, l->row_sum), r->eta);
    eta = px_up_add(eta, px_up_mul(px_up_mul(keep_r, r->column_sum), l->eta));
    eta = px_up_add(eta, px_up_mul(terms, px_up_mul(l->eta, r->eta)));
    return (node_bound){.beta = px_up_compose(px_up_compose(l->beta, r->beta), own->beta),
                        .eta = px_up_add(px_up_mul(keep, eta), own->eta)};
}

/* Can no sum of this node have been too large without showing it? To nearest it shows. */
static bool overflow_shows(const px_call *call, const node_bound *b) {
    const px_recipe *r = &call->recipe;
    const px_fp formats[] = {r->mul, r->acc, r->out};
    double top = px_up_add(px_up_mul(px_up_add(1, b->beta), b->top), b->eta);
    for (int i = 0; i < 3; i++) {
        if (px_fp_is_exact(formats[i])) continue;
        bool silent = formats[i].overflow == PX_OVERFLOW_SATURATE ||
                      !(r->rounding == PX_NEAREST_EVEN || r->rounding == PX_NEAREST_AWAY);
        if (silent && !(top <= formats[i].max_finite)) return false;
    }
    return true;
}

px_bound px_chain_bound(const px_chain *c, px_liberties liberties, const px_wide *magnitudes, const px_wide *computed) {
    node_bound nodes[PX_CHAIN_NODES] = {{0}};
    for (int i = 0; i < c->n_factors; i++) measure(&nodes[i], magnitudes, c->nodes[i]);
    for (int i = 0; i < c->n_calls; i++) {
        const px_call *call = &c->calls[i];
        px_bound own = bound_of_call(c, call, liberties, computed);
        if (!own.valid) return own;
        if (!all_finite(&computed[call->out[0].slot].hi)) return none("no bound: a result overflowed");
        node_bound *b = &nodes[c->n_factors + i];
        *b = carry(&nodes[c->operands[i][0]], &nodes[c->operands[i][1]], &own, (double)call->in[0].cols);
        measure(b, magnitudes, call->out[0]);
        if (!overflow_shows(call, b)) return none("no bound: saturation or a directed mode may hide an overflow");
    }
    const node_bound *last = &nodes[c->n_factors + c->n_calls - 1];
    if (!isfinite(last->beta) || !isfinite(last->eta)) return none("no bound: it is beyond the range of double");
    return (px_bound){.valid = true,
                      .beta = last->beta,
                      .eta = last->eta,
                      .source = "each product's bound on top of the others': Higham, ASNA 2nd ed., 3.5 and 3.7"};
}
