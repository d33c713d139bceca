#include "kind/pair.h"

#include <math.h>

#include "data/data.h"
#include "kind/dump.h"
#include "kind/represent.h"

static void plan(px_trial *t, const px_case *c, px_op op) {
    px_treatment how = px_treatment_of(c);
    int64_t n = px_case_int(c, "n");
    px_trial_plan(t, &how, op, (const int64_t[][2]){{n, 1}, {n, 1}});
}

const char *px_pair_unsupported(px_arena *arena, const px_case *c, px_op op) {
    const char *why = px_treatment_refused(arena, c);
    if (why) return why;
    if (px_case_word(c, "data") == PX_PAIR_values && px_case_int(c, "n") != 1) return "data values is one pair: n = 1";
    px_trial t;
    plan(&t, c, op);
    return px_trial_refused(arena, &t);
}

static px_operands make_operands(const px_case *c, px_arena *arena, px_op op, px_fp fmt) {
    uint64_t rep = (uint64_t)px_case_int(c, "rep");
    px_pair p = {.which = px_case_word(c, "data"),
                 .draw_a = {c->seed, rep, "a"},
                 .draw_b = {c->seed, rep, "b"},
                 .n = px_case_int(c, "n"),
                 .product = op == PX_OP_MUL,
                 .edge = px_case_int(c, "edge"),
                 .a = px_case_text(c, "a"),
                 .b = px_case_text(c, "b")};
    px_operands o;
    px_pair_fill(arena, &p, &o.ideal[0], &o.ideal[1]);
    for (int s = 0; s < 2; s++) o.stored[s] = px_data_store(arena, &o.ideal[s], fmt);
    return o;
}

/* The exact results on the ideal data, as the nearest doubles: n x 1. Sums by the reference (they may cancel); products
 * in binary64, one rounding and the neglected low parts (2^-52 relative). */
static px_status ideal_results(const px_operands *o, px_lab *lab, px_op op, px_mat *r, px_error *err) {
    int64_t n = o->stored[0].rows;
    *r = px_mat_new(lab->arena, px_fp_exact(), n, 1);
    px_mat parts = px_mat_new(lab->arena, px_fp_exact(), n, 4);
    for (int64_t i = 0; i < n; i++) {
        for (int s = 0; s < 2; s++) {
            px_mat_set(&parts, i, 2 * s, px_mat_get(&o->ideal[s].hi, i, 0));
            if (o->ideal[s].lo.data) px_mat_set(&parts, i, 2 * s + 1, px_mat_get(&o->ideal[s].lo, i, 0));
        }
        px_mat_set(r, i, 0, px_mat_get(&parts, i, 0) * px_mat_get(&parts, i, 2));
    }
    if (op == PX_OP_MUL) return PX_OK;
    px_truth sum;
    PX_TRY(px_lab_truth(lab, &(px_call){.op = PX_OP_SUM}, &parts, 1, &sum, err));
    *r = sum.v.hi;
    return PX_OK;
}

static double larger(double worst, double x) { return isnan(x) ? (double)INFINITY : fmax(worst, fabs(x)); }

/* The columns of representation and total error: largest figures over the pairs whose ideal result is not 0. */
static void set_propagation(px_row *row, const px_operands *o, const px_mat *ideal, px_propagate *propagate,
                            const px_trial *t) {
    double first = 0, exact = 0, bound = 0, total = 0;
    for (int64_t i = 0; i < ideal->rows; i++) {
        double r = px_mat_get(ideal, i, 0);
        if (r == 0) continue;
        px_propagation p = propagate(px_mat_get(&o->ideal[0].hi, i, 0), px_mat_get(&o->ideal[1].hi, i, 0),
                                     px_represent_error(&o->ideal[0], &o->stored[0], i, 0),
                                     px_represent_error(&o->ideal[1], &o->stored[1], i, 0), r);
        double hi = px_mat_get(&t->truth.v.hi, i, 0), lo = t->truth.v.lo.data ? px_mat_get(&t->truth.v.lo, i, 0) : 0;
        double e = (px_mat_get(&t->computed, i, 0) - hi) - lo, arithmetic = e == 0 ? 0 : e / hi;
        first = larger(first, p.first);
        exact = larger(exact, p.exact);
        bound = larger(bound, p.bound);
        total = larger(total, p.exact + arithmetic + p.exact * arithmetic);
    }
    if (exact == 0)
        total = t->errors.err_rel; /* exact data: the two are one, and err_rel knows the range below binary64 */
    px_columns_figure(row, "repr_rel_a", px_represent_max(&o->ideal[0], &o->stored[0]));
    px_columns_figure(row, "repr_rel_b", px_represent_max(&o->ideal[1], &o->stored[1]));
    px_columns_figure(row, "pred_first_order", first);
    px_columns_figure(row, "repr_rel", exact);
    px_columns_figure(row, "bound_repr", bound);
    px_columns_figure(row, "total_err_rel", total);
}

px_status px_pair_run(const px_case *c, px_lab *lab, px_op op, px_propagate *propagate, px_trial *t, px_row *row,
                      px_error *err) {
    plan(t, c, op);
    px_operands o = make_operands(c, lab->arena, op, t->how.in);
    PX_TRY(px_trial_run(t, lab, o.stored, err));
    px_mat ideal;
    PX_TRY(ideal_results(&o, lab, op, &ideal, err));
    set_propagation(row, &o, &ideal, propagate, t);
    px_columns_error(row, t);
    px_columns_bound(row, t);
    px_columns_count(row, t);
    px_columns_single(row, t);
    px_columns_status(row, px_trial_status(t));
    return px_dump_trial(lab, c, t, (const char *const[]){"a", "b"}, err);
}

px_cost px_pair_cost(const px_case *c) {
    double n = (double)px_case_int(c, "n");
    return (px_cost){.work = 3000 * n, .bytes = 250 * n}; /* 3e-6 s a pair, most of it for references and errors */
}
