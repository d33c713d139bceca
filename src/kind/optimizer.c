#include <math.h>

#include "arith/round.h"
#include "backend/registry.h"
#include "data/problem.h"
#include "kind/axes.h"
#include "kind/columns.h"
#include "kind/kinds.h"
#include "matrix/census.h"
#include "metric/tensor.h"
#include "nn/descent.h"
#include "nn/schedule.h"
#include "ref/balls.h"

#define SECOND(id, name, text) name,
#define FIRST(id, text)        #id,
static const char *const words_optimizer[] = {PX_OPTIMIZER_LIST(SECOND) NULL};
static const char *const words_store[] = {PX_STORE_LIST(SECOND) NULL};
static const char *const words_problem[] = {PX_PROBLEM_LIST(FIRST) NULL};
static const char *const schedules[] = {PX_SCHEDULE_LIST(SECOND) NULL};

#define FORMAT_AXIS(name, same, text)                                                                                  \
    { name, PX_PARAM_FORMAT, "same", NULL, same, 0, 0, false, text }
#define REAL_AXIS(name, standard, lo, hi, text)                                                                        \
    { name, PX_PARAM_REAL, standard, NULL, NULL, lo, hi, false, text }
#define WORD_AXIS(name, standard, words, text)                                                                         \
    { name, PX_PARAM_WORD, standard, words, NULL, 0, 0, false, text }

static const px_param params[] = {
    WORD_AXIS("optimizer", "adam", words_optimizer, "how weights follow gradients (`precx describe optimizer`)"),
    PX_AXIS_FORMAT,
    FORMAT_AXIS("accum", "format", "every step of the update is rounded to this format"),
    FORMAT_AXIS("state", "accum", "moments and momentum are kept in this format"),
    FORMAT_AXIS("weights", "accum", "the weights are kept in this format: a master copy when wider than `format`"),
    WORD_AXIS("store", "nearest", words_store, "how the update reaches the weights"),
    {"problem", PX_PARAM_WORD, "scalar", words_problem, NULL, 0, 0, true, "what is minimised (`precx list problems`)"},
    PX_AXIS_SIZE("n", "1", 1 << 20, "number of weights"),
    PX_AXIS_NUMBER("kappa", PX_PARAM_REAL, "1", 1, 1e15, "problem quadratic: condition number of the Hessian"),
    REAL_AXIS("lr", "0.01", 0, 1e6, "learning rate"),
    WORD_AXIS("schedule", "constant", schedules, "learning rate from step to step (`precx list schedules`)"),
    {"warmup", PX_PARAM_INT, "0", NULL, NULL, 0, 1000000, false, "the learning rate rises in so many steps"},
    REAL_AXIS("momentum", "0.9", 0, 1, "of momentum and nesterov"),
    REAL_AXIS("beta1", "0.9", 0, 1, "decay of the first moment"),
    REAL_AXIS("beta2", "0.999", 0, 1, "decay of the second moment"),
    REAL_AXIS("eps", "1e-8", 0, 1, "beside, or under, the root"),
    REAL_AXIS("decay", "0", 0, 1, "weight decay: decoupled for adamw, added to the gradient for all others"),
    {"steps", PX_PARAM_INT, "20", NULL, NULL, 1, 1000000, true, "number of steps"},
    {"every", PX_PARAM_INT, "1", NULL, NULL, 1, 1000000, false, "a row for each of so many steps, and for the last"},
    PX_AXIS_REP,
};

#define COLUMNS(X)                                                                                                     \
    X("lr_t", "1", PX_COLUMN_NUMBER, "learning rate of this step")                                                     \
    X("w", "1", PX_COLUMN_NUMBER, "the first weight after the step")                                                   \
    X("w_ref", "1", PX_COLUMN_NUMBER, "the first weight of the exact trajectory, as the nearest double")               \
    X("dist_rel_2", "1", PX_COLUMN_NUMBER, "||w - w_ref||_2 / ||w_ref||_2: distance to the exact trajectory")          \
    X("loss", "1", PX_COLUMN_NUMBER, "f(w), where the problem has one")                                                \
    X("loss_ref", "1", PX_COLUMN_NUMBER, "f(w_ref)")                                                                   \
    X("lost", "1", PX_COLUMN_NUMBER, "lost updates in this step: fraction of weights with d != 0 that did not change") \
    X("lost_total", "1", PX_COLUMN_NUMBER, "lost updates of all steps so far, of all with d != 0")                     \
    X("u_weights", "1", PX_COLUMN_NUMBER,                                                                              \
      "unit roundoff of `weights`: an update below it is lost by a weight in [1, 2), one above it is not")             \
    X("n_v_zero", "weights", PX_COLUMN_INTEGER, "second moments that are 0 although the exact ones are not")           \
    X("n_v_subnormal", "weights", PX_COLUMN_INTEGER, "second moments that are subnormal")                              \
    X("beta1_stored", "1", PX_COLUMN_NUMBER, "beta1 as the update uses it: rounded to accum")                          \
    X("beta2_stored", "1", PX_COLUMN_NUMBER, "beta2 as the update uses it; 1: the second moment never forgets")        \
    X("bytes_per_weight", "B", PX_COLUMN_NUMBER, "weights, their copy in `format`, gradient and states")

static const px_column columns[] = {{"step", "1", PX_COLUMN_INTEGER, PX_CLASS_KEY, "steps made"},
                                    COLUMNS(PX_AS_COLUMN) PX_COLUMNS_STATUS(PX_AS_COLUMN)};

/* Two runs of one program side by side. */
typedef struct track {
    const px_exec *exec;
    bool exact; /* on balls */
    void *state;
    px_wide value[PX_DESCENT_STATES + 1]; /* of the states and, last, of the weights */
} track;
enum { WEIGHTS = PX_DESCENT_STATES };

typedef struct race {
    px_descent descent;
    track low, exact;
    px_mat numbers;                               /* stored */
    int64_t lost, moved, lost_total, moved_total; /* updates: of this step, of all */
} race;

static px_optimizer_constants constants_of(const px_case *c) {
    return (px_optimizer_constants){.lr = px_case_real(c, "lr"),
                                    .mu = px_case_real(c, "momentum"),
                                    .beta1 = px_case_real(c, "beta1"),
                                    .beta2 = px_case_real(c, "beta2"),
                                    .eps = px_case_real(c, "eps")};
}

static px_descent_how how_of(const px_case *c) {
    static const px_gradient gradients[] = {PX_GRADIENT_FORCED, PX_GRADIENT_FIXED, PX_GRADIENT_FIXED,
                                            PX_GRADIENT_DIAGONAL, PX_GRADIENT_ROSENBROCK};
    px_draw draw = {c->seed, (uint64_t)px_case_int(c, "rep"), "rounding"};
    return (px_descent_how){.optimizer = px_case_word(c, "optimizer"),
                            .store = px_case_word(c, "store"),
                            .gradient = gradients[px_case_word(c, "problem")],
                            .n = px_case_int(c, "n"),
                            .grad = px_case_fp(c, "format"),
                            .acc = px_case_fp(c, "accum"),
                            .state = px_case_fp(c, "state"),
                            .weights = px_case_fp(c, "weights"),
                            .constants = constants_of(c),
                            .decay = px_case_real(c, "decay"),
                            .stream = px_draw_bits(draw, 0)};
}

/* What does not apply keeps its default: else two cells would be one. */
static const char *unsupported(px_arena *arena, const px_case *c) {
    px_optimizer_id optimizer = (px_optimizer_id)px_case_word(c, "optimizer");
    px_optimizer_constants constants = constants_of(c);
    const char *why = px_optimizer_refused(optimizer, &constants);
    (void)arena;
    if (why) return why;
    if (px_case_real(c, "kappa") != 1 && px_case_word(c, "problem") != PX_PROBLEM_quadratic)
        return "kappa is for problem quadratic";
    if (optimizer == PX_OPTIMIZER_SGD && !px_fp_equal(px_case_fp(c, "state"), px_case_fp(c, "accum")))
        return "sgd keeps no state";
    return px_problem_refused(px_case_word(c, "problem"), px_case_int(c, "n"));
}

static double rate(const px_case *c, int64_t t) {
    px_schedule s = {px_case_word(c, "schedule"), px_case_int(c, "steps"), px_case_int(c, "warmup")};
    return px_schedule_rate(&s, px_case_real(c, "lr"), t);
}

static px_status put(const track *k, int32_t slot, const px_wide *value, px_error *err) {
    return slot < 0 ? PX_OK : k->exec->put(k->state, slot, value, err);
}

/* What the last step left becomes what this one finds; the balls keep all their digits. */
static px_status carry(track *k, int32_t from, int32_t to, const px_wide *value, px_error *err) {
    if (to < 0 || !k->exact) return put(k, to, value, err);
    px_ref_balls_move(k->state, from, to);
    return PX_OK;
}

static px_status advance(track *k, const px_descent *d, bool first, px_error *err) {
    for (int s = 0; s < PX_DESCENT_STATES && !first; s++)
        PX_TRY(carry(k, d->new_state[s], d->state[s], &k->value[s], err));
    if (!first) PX_TRY(carry(k, d->new_w, d->w, &k->value[WEIGHTS], err));
    PX_TRY(k->exec->run(k->state, 0, d->prog.n_calls, err));
    for (int s = 0; s < PX_DESCENT_STATES; s++)
        if (d->state[s] >= 0) PX_TRY(k->exec->get(k->state, d->new_state[s], &k->value[s], err));
    return k->exec->get(k->state, d->new_w, &k->value[WEIGHTS], err);
}

/* Both begin with the same stored numbers: what differs later is arithmetic. */
static px_status start(race *r, const px_case *c, px_lab *lab, px_error *err) {
    px_descent *d = &r->descent;
    int which = px_case_word(c, "problem");
    int64_t n = d->how.n;
    px_draw draw = {c->seed, (uint64_t)px_case_int(c, "rep"), "w"};
    px_wide w = px_problem_start(lab->arena, which, draw, n);
    px_wide numbers = px_problem_numbers(lab->arena, which, n, px_case_real(c, "kappa"));
    px_mat stored = px_data_store(lab->arena, &w, d->how.weights);
    r->numbers = px_data_store(lab->arena, &numbers, d->how.grad);
    track *both[] = {&r->low, &r->exact};
    for (int k = 0; k < 2; k++) {
        PX_TRY(both[k]->exec->open(both[k]->exec, &both[k]->state, &d->prog, err));
        for (int s = 0; s <= WEIGHTS; s++) both[k]->value[s] = px_wide_new(lab->arena, n, 1);
        for (int64_t i = 0; i < n; i++) px_mat_set(&both[k]->value[WEIGHTS].hi, i, 0, px_mat_get(&stored, i, 0));
        for (int s = 0; s < PX_DESCENT_STATES; s++) PX_TRY(put(both[k], d->state[s], &both[k]->value[s], err));
        PX_TRY(put(both[k], d->w, &both[k]->value[WEIGHTS], err));
        PX_TRY(put(both[k], d->numbers, &(px_wide){.hi = r->numbers}, err));
    }
    return PX_OK;
}

static px_status step(race *r, px_lab *lab, int64_t t, double lr, px_error *err) {
    px_descent *d = &r->descent;
    px_descent_set_step(d, t, lr);
    if (d->force >= 0) {
        px_wide force = px_problem_force(lab->arena, d->how.n, t);
        px_mat stored = px_data_store(lab->arena, &force, d->how.grad);
        PX_TRY(put(&r->low, d->force, &(px_wide){.hi = stored}, err));
        PX_TRY(put(&r->exact, d->force, &(px_wide){.hi = stored}, err));
    }
    PX_TRY(advance(&r->low, d, t == 1, err));
    return advance(&r->exact, d, t == 1, err);
}

/* Weights that kept their value although the update was not 0, in this step. */
static int64_t count_lost(const px_mat *before, const px_mat *after, const px_mat *update, int64_t *moved) {
    int64_t lost = 0;
    *moved = 0;
    for (int64_t i = 0; i < before->rows; i++) {
        bool wanted = px_mat_get(update, i, 0) != 0;
        *moved += wanted;
        lost += wanted && px_mat_get(before, i, 0) == px_mat_get(after, i, 0);
    }
    return lost;
}

static px_mat stored_in(px_arena *arena, const px_mat *m, px_fp fmt) {
    return px_data_store(arena, &(px_wide){.hi = *m}, fmt);
}

static void set_second_moment(px_row *row, const race *r, px_arena *arena) {
    int32_t slot = r->descent.second;
    if (slot < 0) return;
    int s = slot == r->descent.new_state[2] ? 2 : 1;
    px_mat v = stored_in(arena, &r->low.value[s].hi, r->descent.how.state);
    px_census *census = PX_NEW(arena, px_census);
    *census = (px_census)PX_CENSUS_EMPTY;
    px_census_add(census, &v, &r->exact.value[s]);
    px_row_integer(row, "n_v_zero", census->n_flushed);
    px_row_integer(row, "n_v_subnormal", census->n_subnormal);
}

static void set_constants(px_row *row, const px_descent *d) {
    px_rounding nearest = px_rounding_of(PX_NEAREST_EVEN);
    const px_descent_how *h = &d->how;
    bool adaptive = h->optimizer >= PX_OPTIMIZER_ADAM;
    const px_optimizer_constants *k = &h->constants;
    if (adaptive && d->state[0] >= 0) px_row_number(row, "beta1_stored", px_round(h->acc, nearest, k->beta1, 0));
    if (adaptive && h->optimizer != PX_OPTIMIZER_ADAGRAD)
        px_row_number(row, "beta2_stored", px_round(h->acc, nearest, k->beta2, 0));
    px_row_number(row, "u_weights", px_fp_u(h->weights));
    px_row_number(row, "bytes_per_weight", px_descent_bytes(d));
}

static void set_loss(px_row *row, const char *column, int which, const px_mat *w, const px_mat *numbers) {
    double f;
    if (px_problem_loss(which, w, numbers, &f)) px_columns_figure(row, column, f);
}

static px_cell_status status_of(const px_mat *w) {
    px_cell_status worst = PX_CELL_OK;
    for (int64_t i = 0; i < w->rows; i++) {
        double x = px_mat_get(w, i, 0);
        px_cell_status s = isnan(x) ? PX_CELL_NAN : isinf(x) ? PX_CELL_OVERFLOW : PX_CELL_OK;
        if (s < worst) worst = s;
    }
    return worst;
}

static px_status emit(const px_case *c, race *r, int64_t t, double lr, px_lab *lab, px_sink *sink, px_error *err) {
    px_row row = px_row_new(lab->arena, columns, PX_KIND_COUNT_OF(columns));
    const px_mat *w = &r->low.value[WEIGHTS].hi, *exact = &r->exact.value[WEIGHTS].hi;
    px_truth truth = {.v = r->exact.value[WEIGHTS]};
    px_tensor_errors e = px_tensor_measure(w, &truth);
    px_row_integer(&row, "step", t);
    px_row_number(&row, "lr_t", lr);
    px_row_value(&row, "w", px_mat_get(w, 0, 0));
    px_row_value(&row, "w_ref", px_mat_get(exact, 0, 0));
    px_row_number(&row, "dist_rel_2", e.err_rel_2);
    set_loss(&row, "loss", px_case_word(c, "problem"), w, &r->numbers);
    set_loss(&row, "loss_ref", px_case_word(c, "problem"), exact, &r->numbers);
    if (r->moved) px_columns_figure(&row, "lost", (double)r->lost / (double)r->moved);
    if (r->moved_total) px_columns_figure(&row, "lost_total", (double)r->lost_total / (double)r->moved_total);
    set_second_moment(&row, r, lab->arena);
    set_constants(&row, &r->descent);
    px_columns_status(&row, status_of(w));
    return sink->emit(sink, &row, err);
}

static px_status race_to_the_end(race *r, const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    int64_t n = r->descent.how.n, steps = px_case_int(c, "steps"), every = px_case_int(c, "every");
    px_mat before = px_mat_new(lab->arena, px_fp_exact(), n, 1);
    px_wide update = px_wide_new(lab->arena, n, 1);
    PX_TRY(start(r, c, lab, err));
    for (int64_t t = 1; t <= steps; t++) {
        double lr = rate(c, t);
        for (int64_t i = 0; i < n; i++) px_mat_set(&before, i, 0, px_mat_get(&r->low.value[WEIGHTS].hi, i, 0));
        PX_TRY(step(r, lab, t, lr, err));
        PX_TRY(r->low.exec->get(r->low.state, r->descent.update, &update, err));
        r->lost = count_lost(&before, &r->low.value[WEIGHTS].hi, &update.hi, &r->moved);
        r->lost_total += r->lost;
        r->moved_total += r->moved;
        if (t % every == 0 || t == steps) PX_TRY(emit(c, r, t, lr, lab, sink, err));
    }
    return PX_OK;
}

static px_status run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    px_ref_balls balls = px_ref_balls_of(PX_BALLS_BITS);
    race r = {.low = {.exec = px_backend_emulated()}, .exact = {.exec = &balls.exec, .exact = true}};
    px_descent_how how = how_of(c);
    px_descent_build(lab->arena, &how, &r.descent);
    px_status status = race_to_the_end(&r, c, lab, sink, err);
    if (r.low.state) r.low.exec->close(r.low.state);
    if (r.exact.state) r.exact.exec->close(r.exact.state);
    return status;
}

static px_cost cost(const px_case *c) {
    double n = (double)px_case_int(c, "n"), steps = (double)px_case_int(c, "steps");
    double rows = steps / (double)px_case_int(c, "every") + 1;
    /* a weight's step takes some 20 operations on balls, 8 microseconds */
    return (px_cost){.work = 8000 * n * steps, .bytes = 3000 * n + 100 * n * rows + 2000 * rows};
}

const px_kind px_kind_optimizer = {
    .spec = {.name = "optimizer",
             .params = params,
             .n_params = PX_KIND_COUNT_OF(params),
             .columns = columns,
             .n_columns = PX_KIND_COUNT_OF(columns),
             .unsupported = unsupported},
    .question = "How far do an optimizer's steps in low precision stray, and which of its updates are lost?",
    .detail =
        "The optimizer runs twice from the same stored weights: every operation rounded to its format, and with 256 "
        "bits and a bound of the error (MPFR). Gradients are computed in `format`, the update in `accum`, moments and "
        "weights are kept in formats of their own. An update is lost where the sum w + d rounds back to w: where |d| "
        "is "
        "below half the spacing of the weights' format at w, u for weights in [1, 2). A master copy (`weights` wider "
        "than `format`), stochastic rounding or a Kahan sum keeps it. Optimizers and their conventions: `precx list "
        "optimizers`.",
    .sources =
        (const char *const[]){"Kingma & Ba, Adam: a method for stochastic optimization, ICLR 2015",
                              "Loshchilov & Hutter, Decoupled weight decay regularization, ICLR 2019",
                              "Reddi, Kale & Kumar, On the convergence of Adam and beyond, ICLR 2018",
                              "Zhuang et al., AdaBelief optimizer, NeurIPS 2020",
                              "Duchi, Hazan & Singer, Adaptive subgradient methods, JMLR 12, 2011",
                              "Zamirai et al., Revisiting BFloat16 training, 2020: lost updates, Kahan summation",
                              NULL},
    .highlights = (const char *const[]){"w", "w_ref", "dist_rel_2", "lost_total", "n_v_zero", "beta2_stored", NULL},
    .cost = cost,
    .run = run,
};
