#include "selftest/judge.h"

#include <math.h>
#include <string.h>

#include "arith/model.h"
#include "base/text.h"
#include "emu/emu.h"
#include "metric/bound.h"

const char *px_comparison_name(px_comparison c) {
#define NAME(id, name, text) name,
    static const char *const names[] = {PX_COMPARISON_LIST(NAME)};
#undef NAME
    return names[c];
}

const char *px_difference_name(px_difference d) {
#define NAME(id, name) name,
    static const char *const names[] = {PX_DIFFERENCE_LIST(NAME)};
#undef NAME
    return names[d];
}

/* ---- the two sides ---- */

/* Results by slot; data NULL: no output. */
typedef struct results {
    px_mat of[PX_TRIAL_SLOTS];
} results;

static results results_new(px_arena *arena, const px_trial_case *c) {
    results r = {0};
    for (int32_t s = 0; s < c->prog.n_slots; s++)
        if (!c->in[s].data) r.of[s] = px_mat_new(arena, c->slots[s].fmt, c->slots[s].rows, c->slots[s].cols);
    return r;
}

static px_view view_of(const px_trial_case *c, const results *r, px_arg a) {
    if (a.slot < 0) return (px_view){.data = NULL};
    const px_mat *m = c->in[a.slot].data ? &c->in[a.slot] : &r->of[a.slot];
    size_t size = px_fits_float(m->fmt) ? sizeof(float) : sizeof(double);
    return (px_view){(char *)m->data + (size_t)a.off * size, m->fmt, a.rows, a.cols, a.rs, a.cs};
}

/* The plain definition: the last path of the emulated executor. */
static void define(const px_trial_case *c, const results *r) {
    int n;
    const px_path *paths = px_emu_paths(c->call.op, &n);
    px_task task = {.call = &c->call};
    for (int k = 0; k < px_op_inputs(c->call.op); k++) task.in[k] = view_of(c, r, c->call.in[k]);
    for (int k = 0; k < px_op_outputs(c->call.op); k++) task.out[k] = view_of(c, r, c->call.out[k]);
    paths[n - 1].run(&task);
}

static px_status try_on(const px_exec *exec, void *state, const px_trial_case *c, results *r, px_error *err) {
    for (int32_t s = 0; s < c->prog.n_slots; s++) {
        px_wide value = px_wide_of(c->in[s]);
        if (c->in[s].data) PX_TRY(exec->put(state, s, &value, err));
    }
    PX_TRY(exec->run(state, 0, 1, err));
    for (int32_t s = 0; s < c->prog.n_slots; s++) {
        px_wide value = px_wide_of(r->of[s]);
        if (r->of[s].data) PX_TRY(exec->get(state, s, &value, err));
    }
    return PX_OK;
}

static px_status run_on(const px_exec *exec, const px_trial_case *c, results *r, px_error *err) {
    void *state = NULL;
    PX_TRY(exec->open(exec, &state, &c->prog, err));
    px_status status = try_on(exec, state, c, r, err);
    exec->close(state);
    return status;
}

/* ---- comparison ---- */

uint64_t px_tally_word(double x) {
    uint64_t w;
    if (x != x) x = (double)NAN; /* a NaN is a NaN */
    memcpy(&w, &x, sizeof w);
    return w;
}

static double ulp_of(px_fp f, double x) {
    int e;
    if (px_fp_is_exact(f)) f = px_fp_row(0);
    frexp(x, &e);
    return ldexp(1, (e - 1 < f.emin ? f.emin : e - 1) - f.p + 1);
}

static px_difference kind_of(px_fp f, double got, double want, double *ulps) {
    *ulps = 0;
    if (got != got || want != want) return PX_DIFFERS_NAN;
    if (isinf(got) || isinf(want)) return PX_DIFFERS_INF;
    if (got == want) return PX_DIFFERS_ZERO_SIGN;
    *ulps = fabs(got - want) / ulp_of(f, want);
    if (got == 0 && !px_fp_is_exact(f) && fabs(want) < px_fp_min_normal(f)) return PX_DIFFERS_FLUSHED;
    return *ulps <= 1 ? PX_DIFFERS_ONE_ULP : PX_DIFFERS_MORE;
}

bool px_tally_number(px_tally *t, px_fp f, double got, double want, double *ulps) {
    t->values++;
    t->digest = (t->digest ^ px_tally_word(got)) * 0x100000001b3u;
    if (px_tally_word(got) == px_tally_word(want)) return true;
    t->different++;
    t->by_kind[kind_of(f, got, want, ulps)]++;
    if (*ulps > t->most_ulps) t->most_ulps = *ulps;
    return false;
}

/* The operands at the place of an output's number, as far as they have one. */
static void add_operands(px_text *text, const px_trial_case *c, int64_t i, int64_t j) {
    for (int k = 0; k < px_op_inputs(c->call.op); k++) {
        px_arg a = c->call.in[k];
        if (a.slot < 0 || i >= a.rows || j >= a.cols) continue;
        int64_t at = a.off + i * a.rs + j * a.cs, cols = c->in[a.slot].cols;
        px_text_printf(text, " %c=0x%016llx", 'a' + k,
                       (unsigned long long)px_tally_word(px_mat_get(&c->in[a.slot], at / cols, at % cols)));
    }
}

static void tell(px_tally *t, px_arena *arena, const px_trial_case *c, int64_t i, int64_t j, double got, double want,
                 double ulps) {
    if (!t->told || t->lines_left <= 0) return;
    t->lines_left--;
    px_text_printf(t->told, "%s size %lld seed %llu.%llu index %lld,%lld got=0x%016llx want=0x%016llx ulp=%.3g",
                   px_trial_case_text(arena, c), (long long)c->key.size, (unsigned long long)c->key.seed,
                   (unsigned long long)c->key.number, (long long)i, (long long)j,
                   (unsigned long long)px_tally_word(got), (unsigned long long)px_tally_word(want), ulps);
    add_operands(t->told, c, i, j);
    px_text_add(t->told, "\n");
}

/* A unit's instruction takes 16 products where its model may stop after 8; the zeros behind the last of a chunk, or of a
 * stretch between promotions, turn -0 into +0. */
static bool signs_may_go(const px_trial_case *c) {
    const px_recipe *r = &c->call.recipe;
    int64_t k = c->call.in[0].cols, chunk = r->order == PX_SPLITK ? k / r->splits + (k % r->splits != 0) : k;
    return r->model != PX_MODEL_NONE && (k % 16 || chunk % 16 || r->promote % 16);
}

/* Every number of a slot, those outside the view included: nobody may touch them. */
static void compare_slot(px_tally *t, px_arena *arena, const px_trial_case *c, const px_mat *got, const px_mat *want) {
    for (int64_t i = 0; i < got->rows; i++)
        for (int64_t j = 0; j < got->cols; j++) {
            double x = px_mat_get(got, i, j), y = px_mat_get(want, i, j), ulps;
            if (x == y && signs_may_go(c)) y = x;
            if (!px_tally_number(t, got->fmt, x, y, &ulps)) tell(t, arena, c, i, j, x, y, ulps);
        }
}

static bool same(const results *x, const results *y, int32_t n) {
    for (int32_t s = 0; s < n; s++)
        for (int64_t i = 0; i < x->of[s].rows; i++)
            for (int64_t j = 0; j < x->of[s].cols; j++)
                if (px_tally_word(px_mat_get(&x->of[s], i, j)) != px_tally_word(px_mat_get(&y->of[s], i, j)))
                    return false;
    return true;
}

/* ---- products by others, within the bound that their formats have in any order ---- */

static double at(const px_trial_case *c, px_arg a, int64_t i, int64_t j) {
    int64_t place = a.off + i * a.rs + j * a.cs, cols = c->in[a.slot].cols;
    return px_mat_get(&c->in[a.slot], place / cols, place % cols);
}

static double largest(const px_mat *m) {
    double most = 0;
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) most = fmax(most, fabs(px_mat_get(m, i, j)));
    return most;
}

/* Integers whose sums of magnitudes have no more bits than any sum on the way may have: exact in any order. */
static bool integers_stay_exact(const px_trial_case *c, px_liberties liberties) {
    const px_call *call = &c->call;
    px_fp sums = liberties.narrow_sums && call->recipe.out.p < call->recipe.acc.p ? call->recipe.out : call->recipe.acc;
    double term = largest(&c->in[call->in[0].slot]) * largest(&c->in[call->in[1].slot]);
    double start = call->in[2].slot >= 0 ? largest(&c->in[call->in[2].slot]) : 0;
    return start + (double)call->in[0].cols * term <= ldexp(1, sums.p);
}

/* The reference is a binary64 sum, whose own error, k 2^-52 of the magnitudes, is added. */
static void check_bound(px_tally *t, px_arena *arena, const px_trial_case *c, px_liberties liberties,
                        const px_mat *got) {
    const px_call *call = &c->call;
    int64_t k = call->in[0].cols;
    bool start = call->in[2].slot >= 0;
    px_bound_data data = {.k = k,
                          .entries = 1,
                          .has_c = start,
                          .products = true,
                          .finite = true,
                          .in = c->slots[call->in[0].slot].fmt,
                          .liberties = liberties,
                          .largest_a = largest(&c->in[call->in[0].slot]),
                          .largest_b = largest(&c->in[call->in[1].slot])};
    px_bound bound = px_bound_sum(&call->recipe, &data);
    for (int64_t i = 0; bound.valid && i < call->out[0].rows; i++)
        for (int64_t j = 0; j < call->out[0].cols; j++) {
            double sum = start ? at(c, call->in[2], i, j) : 0, size = fabs(sum);
            for (int64_t l = 0; l < k; l++) {
                double term = at(c, call->in[0], i, l) * at(c, call->in[1], l, j);
                sum += call->attr[0] * term;
                size += fabs(term);
            }
            int64_t place = call->out[0].off + i * call->out[0].rs + j * call->out[0].cs;
            double x = px_mat_get(got, place / got->cols, place % got->cols);
            double most = (bound.beta + (double)(k + 1) * 0x1p-52) * size + bound.eta, error = fabs(x - sum);
            t->values++;
            t->digest = (t->digest ^ px_tally_word(x)) * 0x100000001b3u;
            if (error <= most) {
                if (most > 0 && error / most > t->slack) t->slack = error / most;
                continue;
            }
            t->beyond_bound++;
            tell(t, arena, c, i, j, x, sum, error / ulp_of(got->fmt, sum));
        }
}

static px_status judge(px_arena *arena, const px_exec *exec, const px_trial_key *key, px_comparison how, px_tally *t,
                       px_error *err) {
    px_trial_case *c = PX_NEW(arena, px_trial_case);
    px_trial_case_make(arena, key, c);
    char why[128];
    if (!exec->supports(&c->prog, &c->call, why, sizeof why)) return PX_OK;
    if (how == PX_BOUNDED && key->data != PX_DATA_RANDOM) return PX_OK; /* where the bound's hypotheses hold */
    if (how == PX_EXACT_INTEGER && !integers_stay_exact(c, exec->liberties)) return PX_OK;
    results got = results_new(arena, c), again = results_new(arena, c), want = results_new(arena, c);
    PX_TRY(run_on(exec, c, &got, err));
    PX_TRY(run_on(exec, c, &again, err));
    t->cases++;
    t->repeats_differ += !same(&got, &again, c->prog.n_slots);
    if (how == PX_BOUNDED) {
        check_bound(t, arena, c, exec->liberties, &got.of[c->call.out[0].slot]);
        return PX_OK;
    }
    define(c, &want);
    for (int32_t s = 0; s < c->prog.n_slots; s++)
        if (got.of[s].data) compare_slot(t, arena, c, &got.of[s], &want.of[s]);
    return PX_OK;
}

px_status px_judge_case(const px_exec *exec, const px_trial_key *key, px_comparison how, px_tally *tally,
                        px_error *err) {
    px_arena *arena = px_arena_new();
    px_status status = judge(arena, exec, key, how, tally, err);
    px_arena_free(arena);
    return status;
}
