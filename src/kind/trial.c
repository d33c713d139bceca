#include "kind/trial.h"

#include <math.h>
#include <string.h>

#include "backend/registry.h"
#include "kind/relative.h"
#include "kind/settled.h"
#include "matrix/move.h"
#include "metric/bound_mma.h"
#include "ref/certified.h"
#include "ref/truth.h"

static bool elementwise(const px_trial *t) { return t->call.op == PX_OP_ADD || t->call.op == PX_OP_MUL; }

static px_slot slot(const char *name, int64_t rows, int64_t cols, px_fp fmt) {
    px_slot s = {.rows = rows, .cols = cols, .fmt = fmt};
    strcpy(s.name, name);
    return s;
}

void px_trial_plan(px_trial *t, const px_treatment *how, px_op op, const int64_t shapes[][2]) {
    static const char *const names[] = {"a", "b"};
    *t = (px_trial){.how = *how, .n_in = op == PX_OP_SUM ? 1 : 2};
    int64_t rows = shapes[0][0], cols = op == PX_OP_SUM ? 1 : op == PX_OP_GEMM ? shapes[1][1] : shapes[0][1];
    int n = 0;
    for (; n < t->n_in; n++) t->slots[n] = slot(names[n], shapes[n][0], shapes[n][1], how->in);
    t->slots[n++] = slot("out", rows, cols, how->recipe.out);
    if (op == PX_OP_SUM) t->slots[n++] = slot("last_change", rows, 1, px_fp_exact());
    t->prog = (px_prog){.slots = t->slots, .calls = &t->call, .n_slots = n, .n_calls = 1};
    t->call = (px_call){.op = op, .recipe = how->recipe, .attr = {1}, .stream = how->stream};
    for (int i = 0; i < PX_MAX_IN; i++) t->call.in[i] = i < t->n_in ? px_arg_whole(&t->prog, i) : px_arg_absent();
    for (int i = 0; i < PX_MAX_OUT; i++)
        t->call.out[i] = t->n_in + i < n ? px_arg_whole(&t->prog, t->n_in + i) : px_arg_absent();
}

const char *px_trial_refused(px_arena *arena, const px_trial *t) {
    char why[256];
    if (t->how.exec->supports(&t->prog, &t->call, why, sizeof why)) return NULL;
    return px_arena_printf(arena, "%s has no %s", t->how.exec->name, why);
}

px_status px_lab_truth_exact(px_lab *lab, const px_call *call, const px_mat *in, int n_in, px_truth *truth,
                             px_error *err) {
    return (lab->engine == PX_ENGINE_MPFR ? px_ref_truth_mpfr : px_ref_truth)(lab->arena, call, in, n_in, truth, err);
}

px_status px_lab_truth(px_lab *lab, const px_call *call, const px_mat *in, int n_in, px_truth *truth, px_error *err) {
    if (lab->engine == PX_ENGINE_MPFR || lab->dump_dir || !px_ref_can_certify(call, in, n_in))
        return px_lab_truth_exact(lab, call, in, n_in, truth, err);
    px_ref_certify(lab->arena, call, in, true, truth);
    return PX_OK;
}

/* May a result of this format be too large without showing it? Then only theory can say that nothing overflowed. */
static bool overflows_silently(px_fp fp, px_rounding r) {
    bool nearest = r.mode == PX_NEAREST_EVEN || r.mode == PX_NEAREST_AWAY || r.mode == PX_STOCHASTIC;
    return !px_fp_is_exact(fp) && (fp.overflow == PX_OVERFLOW_SATURATE || !nearest);
}

/* The truth rounded to the out format, as if it kept its subnormals, where underflow is possible. Sets `saturated` where out overflows silently. */
static px_status round_truth(px_trial *t, px_lab *lab, px_error *err) {
    px_rounding r = px_recipe_rounding(&t->how.recipe);
    px_fp fp = t->how.recipe.out;
    fp.subnormals = 1;
    t->rounded = px_mat_room(lab->arena, fp, t->computed.rows, t->computed.cols);
    px_mat_clear(&t->rounded);
    double small = px_fp_is_exact(fp) ? 0 : px_fp_min_normal(fp);
    PX_TRY(px_ref_rounded_where(&t->truth, fp, r, &t->computed, small, &t->rounded, err));
    if (!overflows_silently(fp, r)) return PX_OK;
    fp.overflow = fp.has_inf ? PX_OVERFLOW_INF : PX_OVERFLOW_NAN;
    px_mat open = px_mat_new(lab->arena, fp, t->computed.rows, t->computed.cols);
    PX_TRY(px_ref_rounded(&t->truth, fp, px_rounding_of(PX_NEAREST_EVEN), &open, err));
    for (int64_t i = 0; i < open.rows; i++)
        for (int64_t j = 0; j < open.cols; j++)
            t->saturated |= !isfinite(px_mat_get(&open, i, j)) && isfinite(px_mat_get(&t->computed, i, j));
    return PX_OK;
}

static bool finite_result(const px_trial *t) { return t->errors.n_inf == 0 && t->errors.n_nan == 0 && !t->saturated; }

/* Could an accumulator or product have been too large without showing it? By the bound itself: no partial sum is larger
 * than (1 + beta) B + eta. */
static bool stays_in_range(const px_trial *t, const px_bound *b) {
    const px_recipe *r = &t->how.recipe;
    const px_fp formats[] = {r->mul, r->acc, r->out};
    double top = -1;
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
        if (overflows_silently(formats[f], px_recipe_rounding(r))) {
            if (top < 0) top = px_settled_largest_b(&t->truth);
            if (!(top * (1 + b->beta) + b->eta <= formats[f].max_finite)) return false;
        }
    return true;
}

static double largest_of(const px_mat *x) {
    double largest = 0;
    for (int64_t i = 0; i < x->rows; i++)
        for (int64_t j = 0; j < x->cols; j++) largest = fmax(largest, fabs(px_mat_get(x, i, j)));
    return largest;
}

/* px_bound_data.tiny of the parts of fp32 numbers: of numbers from 2^-103 on they are multiples of 2^-126, so none is
 * subnormal in bf16. */
static double parts_tiny(const px_trial *t) {
    px_fp f = t->how.in;
    f.emin = -103;
    return px_bound_mma_tiny(f, &t->in[0], &t->in[1]);
}

static void bound_sums(px_trial *t) {
    const px_recipe *r = &t->how.recipe;
    px_bound_data data = {.k = t->in[0].cols,
                          .entries = t->computed.rows * t->computed.cols,
                          .products = t->call.op == PX_OP_GEMM,
                          .finite = finite_result(t),
                          .in = t->how.in,
                          .liberties = t->how.exec->liberties};
    if (r->model != PX_MODEL_NONE) data.tiny = px_bound_mma_tiny(t->how.in, &t->in[0], &t->in[1]);
    if (r->algorithm != PX_ALGORITHM_NONE || px_takes_liberties(data.liberties)) {
        data.largest_a = largest_of(&t->in[0]);
        data.largest_b = largest_of(&t->in[1]);
    }
    if (r->algorithm != PX_ALGORITHM_NONE) data.tiny = parts_tiny(t);
    t->det = px_bound_sum(r, &data);
    t->prob = px_bound_sum_probable(r, &data);
    if (!t->det.valid || stays_in_range(t, &t->det)) return;
    t->det = t->prob = (px_bound){.source = "no bound: saturation or a directed mode may hide an overflow"};
}

static void bound_operation(px_trial *t) {
    const px_recipe *r = &t->how.recipe;
    /* Sums of numbers of the result's own format are exact in its subnormal range; all else may underflow there. */
    bool may_underflow = t->call.op == PX_OP_MUL || !px_fp_equal(t->how.in, r->out);
    t->det = px_bound_operation(r->out, px_recipe_rounding(r), may_underflow);
    if (!finite_result(t)) t->det = (px_bound){.source = "no bound: a result overflowed"};
    t->prob = (px_bound){.source = "no bound: one operation is bounded deterministically"};
}

static px_status set_slacks(px_trial *t, const px_truth *scale, const double *tops, px_error *err) {
    const px_bound *b[] = {&t->det, &t->prob};
    double beta[2], eta[2], slack[2];
    for (int i = 0; i < 2; i++) {
        beta[i] = b[i]->valid ? b[i]->beta : (double)INFINITY; /* no slack */
        eta[i] = b[i]->valid ? b[i]->eta : 0;
    }
    PX_TRY(px_errors_slacks(&t->computed, scale, tops, 2, beta, eta, slack, err));
    t->slack_det = slack[0];
    t->slack_prob = slack[1];
    return PX_OK;
}

px_status px_trial_run(px_trial *t, px_lab *lab, const px_mat *in, px_error *err) {
    const px_slot *out = &t->slots[t->n_in];
    memcpy(t->in, in, (size_t)t->n_in * sizeof *in);
    t->computed = px_mat_room(lab->arena, out->fmt, out->rows, out->cols);
    bool extra = t->call.op == PX_OP_SUM;
    if (extra) t->last_change = px_mat_new(lab->arena, px_fp_exact(), out->rows, 1);
    PX_TRY(px_backend_call(t->how.exec, &t->prog, t->in, t->n_in, &t->computed, extra ? &t->last_change : NULL, err));
    if (!t->known) PX_TRY(px_lab_truth(lab, &t->call, t->in, t->n_in, &t->truth, err));
    PX_TRY(round_truth(t, lab, err));
    double *tops = PX_NEW_ARRAY(lab->arena, double, t->computed.rows);
    PX_TRY(px_errors_measure_rows(&t->computed, &t->truth, &t->rounded, &t->errors, tops, err));
    px_truth relative;
    if (elementwise(t)) {
        bound_operation(t);
        relative = px_truth_relative(lab->arena, &t->truth);
    } else {
        bound_sums(t);
    }
    return set_slacks(t, elementwise(t) ? &relative : &t->truth, elementwise(t) ? NULL : tops, err);
}

px_cell_status px_trial_status(const px_trial *t) {
    const px_errors *e = &t->errors;
    if (e->n_nan > 0) return PX_CELL_NAN;
    if (e->n_inf > 0 || t->saturated) return PX_CELL_OVERFLOW;
    return e->n_underflow > 0 || e->n_flushed > 0 ? PX_CELL_UNDERFLOW : PX_CELL_OK;
}
