/* The rows of a training step: one for the step, one for each tensor, one for each exponent of a histogram. */
#include <math.h>
#include <string.h>

#include "kind/columns.h"
#include "kind/transformer.h"
#include "matrix/census.h"
#include "metric/tensor.h"

/* What a step's rows are made from. */
typedef struct reporter {
    const px_transformer *t;
    px_lab *lab;
    px_sink *sink;
    px_exact_step *exact;
    px_arena *arena, *lasting;   /* of one row; of all */
    px_transformer_kappa *kappa; /* of each slot */
    double largest_kappa;
} reporter;

static px_row new_row(const reporter *r, const char *tensor) {
    px_row row = px_row_new(r->arena, px_kind_transformer.spec.columns, px_kind_transformer.spec.n_columns);
    px_row_integer(&row, "step", r->t->train.attempt + 1);
    px_row_text(&row, "tensor", tensor);
    return row;
}

static px_status read_slot(const reporter *r, int32_t slot, px_wide *value, px_error *err) {
    const px_slot *s = &r->t->program.prog.slots[slot];
    *value = px_wide_new(r->arena, s->rows, s->cols);
    return r->t->train.exec->get(r->t->train.state, slot, value, err);
}

/* Of scaled numbers, so that no square over- or underflows. */
static double norm_2(const px_mat *m, double before) {
    double top = before, sum = 1;
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) top = fmax(top, fabs(px_mat_get(m, i, j)));
    if (top == 0 || !isfinite(top)) return top;
    sum = before / top * (before / top);
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) {
            double x = px_mat_get(m, i, j) / top;
            sum += x * x;
        }
    return top * sqrt(sum);
}

static double weight_norm(const px_transformer *t) {
    double norm = 0;
    for (int32_t i = 0; i < t->program.n_params; i++) norm = norm_2(&t->train.inputs[t->program.params[i].value], norm);
    return norm;
}

/* Updates that did nothing, of those that should have. */
static px_status lost_updates(const reporter *r, double *fraction, px_error *err) {
    const px_transformer *t = r->t;
    int64_t lost = 0, all = 0;
    for (int32_t i = 0; i < t->program.n_params; i++) {
        const px_nn_param *q = &t->program.params[i];
        const px_mat *w = &t->train.inputs[q->value];
        px_wide d, now;
        PX_TRY(read_slot(r, q->update, &d, err));
        PX_TRY(read_slot(r, q->new_value, &now, err));
        for (int64_t e = 0; e < w->rows * w->cols; e++) {
            int64_t a = e / w->cols, b = e % w->cols;
            if (px_mat_get(&d.hi, a, b) == 0) continue;
            all++;
            lost += px_mat_get(&now.hi, a, b) == px_mat_get(w, a, b);
        }
    }
    *fraction = all ? (double)lost / (double)all : PX_UNDEFINED;
    return PX_OK;
}

/* A slot's numbers in its own format. */
static px_status read_stored(const reporter *r, int32_t slot, px_mat *stored, px_error *err) {
    const px_slot *s = &r->t->program.prog.slots[slot];
    px_wide computed;
    PX_TRY(read_slot(r, slot, &computed, err));
    *stored = px_mat_new(r->arena, s->fmt, s->rows, s->cols);
    for (int64_t i = 0; i < s->rows; i++)
        for (int64_t j = 0; j < s->cols; j++) px_mat_set(stored, i, j, px_mat_get(&computed.hi, i, j));
    return PX_OK;
}

/* And what they should be, if anybody knows (*by not NULL). */
static px_status read_both(const reporter *r, int32_t slot, px_mat *stored, px_wide *exact, const char **by,
                           px_error *err) {
    PX_TRY(read_stored(r, slot, stored, err));
    return px_exact_step_read(r->exact, r->arena, slot, exact, by, err);
}

/* By the executor, where it counts; else here, of what was read: `stored`, or NULL where nothing was yet. */
static px_status add_census(const reporter *r, int32_t slot, const px_mat *stored, const px_wide *truth,
                            px_census *census, px_error *err) {
    const px_nn_train *train = &r->t->train;
    px_mat read;
    if (train->exec->census) return train->exec->census(train->state, slot, truth, census, err);
    if (!stored) PX_TRY(read_stored(r, slot, &read, err));
    px_census_add(census, stored ? stored : &read, truth);
    return PX_OK;
}

/* The gradients of all parameters together. */
static px_status gradients_census(const reporter *r, px_census *census, px_error *err) {
    for (int32_t i = 0; i < r->t->program.n_params; i++) {
        int32_t slot = r->t->program.params[i].grad;
        px_wide exact;
        const char *by;
        PX_TRY(px_exact_step_read(r->exact, r->arena, slot, &exact, &by, err));
        PX_TRY(add_census(r, slot, NULL, by ? &exact : NULL, census, err));
    }
    return PX_OK;
}

static void set_counts(px_row *row, const px_census *c, bool judged) {
    px_row_integer(row, "n_zero", c->n_zero);
    px_row_integer(row, "n_subnormal", c->n_subnormal);
    px_row_integer(row, "n_inf", c->n_inf);
    px_row_integer(row, "n_nan", c->n_nan);
    px_columns_figure(row, "overflowed", (double)(c->n_inf + c->n_nan) / (double)c->n);
    if (judged) {
        px_row_integer(row, "n_ref_zero", c->n_ref_zero);
        px_row_integer(row, "n_flushed", c->n_flushed);
        px_columns_figure(row, "flushed", (double)c->n_flushed / (double)c->n);
    }
    px_columns_status(row, c->n_nan       ? PX_CELL_NAN
                           : c->n_inf     ? PX_CELL_OVERFLOW
                           : c->n_flushed ? PX_CELL_UNDERFLOW
                                          : PX_CELL_OK);
}

static void set_costs(px_row *row, const px_transformer *t) {
    px_transformer_counts n = px_transformer_count(t);
    px_row_number(row, "flops_products", n.products);
    px_row_number(row, "flops_formula", n.formula);
    px_row_number(row, "flops_other", n.other);
    px_row_number(row, "bytes_moved", n.bytes);
    px_columns_figure(row, "bytes_per_parameter", n.per_parameter);
}

static void set_signs(const reporter *r, px_row *row, const px_nn_report *report, double weights) {
    bool norm = !report->skipped, kappa = r->largest_kappa > 0;
    px_transformer_watch(r->t->signs, r->t->train.attempt + 1,
                         (const double[]){report->loss, report->grad_norm, weights, r->largest_kappa},
                         (const bool[]){true, norm, true, kappa});
    px_columns_figure(row, "weight_norm", weights);
    if (kappa) px_columns_figure(row, "kappa_2_max", r->largest_kappa);
    px_transformer_signs_set(r->t->signs, row);
    if (r->t->held.part == 0) return;
    px_row_value(row, "loss_held", r->t->held.loss);
    px_row_integer(row, "stopped", r->t->held.stopped);
}

/* The double nearest to the exact loss. */
static px_status set_loss_ref(const reporter *r, px_row *row, px_error *err) {
    px_wide exact;
    const char *by;
    PX_TRY(px_exact_step_read(r->exact, r->arena, r->t->program.loss, &exact, &by, err));
    if (!by) return PX_OK;
    double hi = px_mat_get(&exact.hi, 0, 0), lo = px_mat_get(&exact.lo, 0, 0);
    double off = px_mat_get(&exact.radius, 0, 0) * (1 + 0x1p-40);
    if (hi + (lo - off) != hi || hi + (lo + off) != hi) /* the reader may round either way */
        PX_TRY(px_exact_step_settle(r->exact, r->arena, r->t->program.loss, &exact, &by, err));
    if (strcmp(by, "open") != 0) px_row_number(row, "loss_ref", px_mat_get(&exact.hi, 0, 0));
    px_row_text(row, "judged_by", by);
    return PX_OK;
}

static px_status emit_step(const reporter *r, const px_nn_report *report, px_error *err) {
    px_row row = new_row(r, "step");
    px_row_value(&row, "loss", report->loss);
    PX_TRY(set_loss_ref(r, &row, err));
    px_row_number(&row, "lr_t", report->rate);
    px_row_number(&row, "loss_scale", report->scale);
    px_row_integer(&row, "found_inf", report->found);
    px_row_integer(&row, "skipped", report->skipped);
    set_signs(r, &row, report, weight_norm(r->t));
    set_costs(&row, r->t);
    if (!report->skipped) {
        double lost;
        px_row_value(&row, "grad_norm", report->grad_norm);
        px_row_value(&row, "clip_factor", report->clip);
        PX_TRY(lost_updates(r, &lost, err));
        px_columns_figure(&row, "lost", lost);
    }
    px_census gradients = PX_CENSUS_EMPTY;
    PX_TRY(gradients_census(r, &gradients, err));
    px_row_integer(&row, "entries", gradients.n);
    set_counts(&row, &gradients, r->t->judge != PX_JUDGE_NONE);
    px_columns_status(&row, isnan(report->loss)                    ? PX_CELL_NAN
                            : isinf(report->loss) || report->found ? PX_CELL_OVERFLOW
                                                                   : PX_CELL_OK);
    return r->sink->emit(r->sink, &row, err);
}

static px_status emit_histogram(const reporter *r, const char *name, const char *role, const px_census *c,
                                px_error *err) {
    for (int e = c->lowest; e <= c->highest; e++) {
        if (px_census_at(c, e) == 0) continue;
        px_row row = new_row(r, name);
        px_row_integer(&row, "exponent", e);
        px_row_text(&row, "role", role);
        px_row_integer(&row, "entries", px_census_at(c, e));
        px_columns_status(&row, PX_CELL_OK);
        PX_TRY(r->sink->emit(r->sink, &row, err));
    }
    return PX_OK;
}

/* The operation's own error, and that of its inputs, by a witness; false: some digit stays open. */
static px_status set_local_by(const reporter *r, const px_witness *w, int32_t slot, px_row *row, const px_mat *stored,
                              const px_wide *exact, bool *decided, px_error *err) {
    px_wide local;
    bool made;
    *decided = true;
    PX_TRY(px_transformer_local(r->t, r->arena, w->exec, slot, &local, &made, err));
    if (!made) return PX_OK;
    px_census census = PX_CENSUS_EMPTY;
    PX_TRY(add_census(r, slot, stored, &local, &census, err));
    px_tensor_errors e = px_tensor_measure(stored, &(px_truth){.v = local});
    px_row_number(row, "err_local_2", e.err_rel_2);
    px_columns_figure(row, "err_propagated_2", px_transformer_propagated(&local, exact, decided));
    px_row_integer(row, "n_flushed_local", census.n_flushed);
    *decided = *decided && e.n_undecided == 0;
    return PX_OK;
}

static px_status set_local(const reporter *r, int32_t slot, px_row *row, const px_mat *stored, px_wide *exact,
                           const char **by, px_error *err) {
    bool decided = false, settled = strcmp(*by, "exact") == 0 && r->exact->last.exec;
    if (!settled) PX_TRY(set_local_by(r, &r->exact->first, slot, row, stored, exact, &decided, err));
    if (decided) return PX_OK;
    if (!settled) PX_TRY(px_exact_step_settle(r->exact, r->arena, slot, exact, by, err));
    if (strcmp(*by, "open") == 0) return PX_OK;
    return set_local_by(r, &r->exact->last, slot, row, stored, exact, &decided, err);
}

/* Against the exact step, by whom it takes. */
static px_status set_errors(const reporter *r, int32_t slot, px_row *row, const px_mat *stored, px_wide *exact,
                            const char **by, px_error *err) {
    px_tensor_errors e = px_tensor_measure(stored, &(px_truth){.v = *exact});
    if (e.n_undecided > 0) {
        px_wide settled;
        PX_TRY(px_exact_step_settle(r->exact, r->arena, slot, &settled, by, err));
        if (strcmp(*by, "open") != 0) e = px_tensor_measure(stored, &(px_truth){.v = *exact = settled});
    }
#define SET(field, column, text) px_row_number(row, column, e.field);
    PX_TENSOR_METRICS(SET)
#undef SET
    px_row_integer(row, "n_sign_flips", e.n_sign_flips);
    if (r->t->local) PX_TRY(set_local(r, slot, row, stored, exact, by, err));
    px_row_text(row, "judged_by", *by);
    return PX_OK;
}

static px_status emit_tensor(const reporter *r, int32_t slot, px_error *err) {
    const px_slot *s = &r->t->program.prog.slots[slot];
    const char *role = px_nn_role_name(r->t->program.role[slot]), *by;
    px_mat stored;
    px_wide exact;
    px_census census = PX_CENSUS_EMPTY;
    px_row row = new_row(r, s->name);
    PX_TRY(read_both(r, slot, &stored, &exact, &by, err));
    if (by) PX_TRY(set_errors(r, slot, &row, &stored, &exact, &by, err));
    px_transformer_kappa_set(r->t, &row, slot, &r->kappa[slot]);
    PX_TRY(add_census(r, slot, &stored, by ? &exact : NULL, &census, err));
    px_row_text(&row, "role", role);
    px_row_integer(&row, "entries", census.n);
    px_columns_figure(&row, "norm_2", norm_2(&stored, 0));
    set_counts(&row, &census, by != NULL);
    PX_TRY(r->sink->emit(r->sink, &row, err));
    return r->t->histogram ? emit_histogram(r, s->name, role, &census, err) : PX_OK;
}

/* Slots after the CHECK stage hold nothing where the step was skipped. */
static bool wanted(const px_transformer *t, int32_t slot) {
    px_nn_role role = t->program.role[slot];
    bool late = role == PX_NN_ROLE_CLIPPED || role == PX_NN_ROLE_UPDATE || role == PX_NN_ROLE_NEW_PARAMETER ||
                role == PX_NN_ROLE_NEW_STATE;
    if (late && t->train.skipped) return false;
    switch (t->tensors) {
    case PX_TENSORS_GRADIENTS: return role == PX_NN_ROLE_PARAMETER_GRADIENT;
    case PX_TENSORS_UNSCALED: return role == PX_NN_ROLE_UNSCALED;
    case PX_TENSORS_WEIGHTS: return role == PX_NN_ROLE_PARAMETER && t->program.prog.slots[slot].rows > 1;
    case PX_TENSORS_UPDATES: return role == PX_NN_ROLE_NEW_PARAMETER;
    case PX_TENSORS_ATTENTION:
        return (role == PX_NN_ROLE_ACTIVATION || role == PX_NN_ROLE_ACTIVATION_GRADIENT) &&
               strstr(t->program.prog.slots[slot].name, "attn.");
    case PX_TENSORS_ALL:
        return role != PX_NN_ROLE_CAST && role != PX_NN_ROLE_SCALAR && role != PX_NN_ROLE_DATA &&
               role != PX_NN_ROLE_STATE && role != PX_NN_ROLE_PARAMETER;
    case PX_TENSORS_STEP:
    case PX_TENSORS_COUNT: break;
    }
    return false;
}

static bool is_weight(const px_transformer *t, int32_t slot) {
    px_nn_role role = t->program.role[slot];
    return role == PX_NN_ROLE_PARAMETER || role == PX_NN_ROLE_NEW_PARAMETER;
}

/* All condition numbers before the first row, which has the largest of weights. */
static px_status find_kappas(reporter *r, px_error *err) {
    const px_transformer *t = r->t;
    r->kappa = PX_NEW_ARRAY(r->lasting, px_transformer_kappa, t->program.prog.n_slots);
    for (int32_t slot = 0; slot < t->program.prog.n_slots; slot++) {
        px_mat stored;
        px_wide exact;
        const char *by;
        r->kappa[slot].kappa_2 = PX_UNDEFINED;
        if (!wanted(t, slot) || !(is_weight(t, slot) || t->program.role[slot] == PX_NN_ROLE_ACTIVATION)) continue;
        px_arena_reset(r->arena);
        PX_TRY(read_both(r, slot, &stored, &exact, &by, err));
        r->kappa[slot] = px_transformer_kappa_of(r->arena, &stored);
        if (is_weight(t, slot)) r->largest_kappa = fmax(r->largest_kappa, r->kappa[slot].kappa_2);
    }
    return PX_OK;
}

static px_status emit_all(reporter *r, const px_nn_report *report, px_error *err) {
    const px_transformer *t = r->t;
    PX_TRY(find_kappas(r, err));
    PX_TRY(emit_step(r, report, err));
    for (int32_t slot = 0; slot < t->program.prog.n_slots; slot++) {
        if (!wanted(t, slot)) continue;
        px_arena_reset(r->arena);
        PX_TRY(emit_tensor(r, slot, err));
    }
    return PX_OK;
}

px_status px_transformer_emit(const px_transformer *t, const px_nn_report *report, px_lab *lab, px_sink *sink,
                              px_error *err) {
    px_exact_step exact;
    reporter r = {
        .t = t, .lab = lab, .sink = sink, .exact = &exact, .arena = px_arena_new(), .lasting = px_arena_new()};
    px_status status = px_exact_step_open(&exact, t, err);
    if (status == PX_OK) status = emit_all(&r, report, err);
    if (status == PX_OK) status = px_transformer_dump(t, lab, &exact.first, err);
    px_exact_step_close(&exact);
    px_arena_free(r.arena);
    px_arena_free(r.lasting);
    return status;
}
