#define _GNU_SOURCE
#include "selftest/selftest.h"

#include <string.h>
#include <time.h>

#include "arith/model.h"
#include "backend/plugin.h"
#include "backend/registry.h"
#include "base/probe.h"
#include "selftest/census.h"
#include "selftest/probes.h"
#include "selftest/scalars.h"

const char *px_outcome_name(px_outcome o) {
    static const char *const names[] = {"passed", "failed", "skipped"};
    return names[o];
}

/* A run of the checks. */
typedef struct run {
    const px_selftest_options *o;
    int plugin; /* px_plugin_exec, or -1 */
    const px_exec *exec;
    px_check_done *done;
    void *context;
    int *counts;
} run;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A check's work: adds to its tally. Tallies without cases are skipped ones. */
typedef px_status px_check_body(const run *r, const void *what, px_tally *tally, px_error *err);

static px_status make(const run *r, const char *name, px_comparison compared, px_check_body *body, const void *what,
                      px_error *err) {
    px_check c = {.name = name, .compared = compared};
    if (r->o->only && !px_glob(r->o->only, name)) return PX_OK;
    c.tally = (px_tally){.lines_left = r->o->keep, .told = &c.told};
    double start = now();
    px_status status = body(r, what, &c.tally, err);
    c.seconds = now() - start;
    const px_tally *t = &c.tally;
    bool failed = status != PX_OK || t->different || t->repeats_differ || t->beyond_bound;
    c.outcome = failed ? PX_FAILED : t->cases ? PX_PASSED : PX_NOT_RUN;
    if (status != PX_OK) px_text_printf(&c.told, "%s\n", err->text);
    r->counts[c.outcome]++;
    r->done(r->context, &c);
    px_text_free(&c.told);
    return status;
}

/* ---- sanity: the device answers, counts, and reports an error ---- */

static px_status be_sane(const run *r, const void *what, px_tally *t, px_error *err) {
    (void)what;
    t->cases = 1;
    if (r->plugin < 0) return px_probe_all(err);
    return px_plugin_sanity((px_plugin_exec)r->plugin, err);
}

/* ---- single operations, word by word ---- */

static px_status sweep_scalars(const run *r, const void *what, px_tally *t, px_error *err) {
    bool device = r->plugin >= 0 && strcmp(px_plugin_place((px_plugin_exec)r->plugin), "gpu") == 0;
    px_scalar_sweep sweep = {.compute = r->plugin < 0 ? px_scalars_here : px_plugin_scalars((px_plugin_exec)r->plugin),
                             .seed = r->o->seed,
                             .drawn = r->o->full ? 1 << 24 : 1 << 14,
                             .every_binary32 = r->o->full && device};
    return px_sweep_scalars(&sweep, *(const px_scalar *)what, t, err);
}

/* ---- every 16-bit word through the operations of one number ---- */

static px_status sweep_words(const run *r, const void *what, px_tally *t, px_error *err) {
    const px_op *op = what;
    int rounds = r->o->full ? 16 : 4;
    for (int i = 0; i < rounds; i++) {
        px_trial_key key = {.seed = r->o->seed,
                            .op = *op,
                            .size = 65536,
                            .data = PX_DATA_WORDS,
                            .recipe = PX_RECIPE_WORDS,
                            .number = (uint64_t)i};
        PX_TRY(px_judge_case(r->exec, &key, PX_EXACT, t, err));
    }
    return PX_OK;
}

/* ---- random calls ---- */

/* Ends of blocks and tiles, a prime, larger ones. */
static const int64_t sizes[] = {1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97, 127, 128, 129, 300, 1021};

typedef struct random_calls {
    px_op op;
    px_trial_recipe recipe;
    px_comparison compared;
    const px_exec *exec;
    int model;
    bool census; /* of the operands, no call */
} random_calls;

static px_status try_calls(const run *r, const void *what, px_tally *t, px_error *err) {
    const random_calls *c = what;
    int n = (int)(sizeof sizes / sizeof *sizes), times = r->o->full ? 4 : 1, stride = r->o->full ? 1 : 3;
    bool library = c->recipe == PX_RECIPE_LIBRARY;
    for (int s = 0; c->exec && s < n; s++)
        for (int d = s % stride; d < PX_TRIAL_DATA_COUNT; d += stride) {
            if (c->compared == PX_EXACT_INTEGER && d != PX_DATA_INTEGERS) continue;
            if (c->compared == PX_BOUNDED && d != PX_DATA_RANDOM) continue;
            for (int i = 0; i < times * (library ? PX_TRIAL_FORMATS : c->op == PX_OP_GEMM ? 2 : 1); i++) {
                px_trial_key key = {.seed = r->o->seed,
                                    .op = c->op,
                                    .size = sizes[s],
                                    .data = (px_trial_data)d,
                                    .recipe = c->recipe,
                                    .model = c->model,
                                    .number = (uint64_t)(s + d + (library ? 1 : 8) * i)};
                PX_TRY(c->census ? px_judge_census(c->exec, &key, t, err)
                                 : px_judge_case(c->exec, &key, c->compared, t, err));
            }
        }
    return PX_OK;
}

/* Of random tensors, and of every 16-bit word. */
static px_status try_censuses(const run *r, const void *what, px_tally *t, px_error *err) {
    PX_TRY(try_calls(r, what, t, err));
    for (uint64_t i = 0; i < 2; i++) {
        px_trial_key key = {.seed = r->o->seed, .size = 65536, .data = PX_DATA_WORDS, .number = i};
        PX_TRY(px_judge_census(r->exec, &key, t, err));
    }
    return PX_OK;
}

static px_status try_operations(const run *r, px_error *err) {
    for (int op = 0; op < PX_OP_COUNT; op++) {
        char name[64];
        if (!px_trial_covers((px_op)op)) continue;
        random_calls c = {.op = (px_op)op, .recipe = PX_RECIPE_ANY, .exec = r->exec};
        snprintf(name, sizeof name, "operation/%s", px_op_name((px_op)op));
        PX_TRY(make(r, name, PX_EXACT, try_calls, &c, err));
    }
    return PX_OK;
}

static px_status try_units(const run *r, px_error *err) {
    for (int m = PX_MODEL_NONE + 1; m < PX_MODEL_COUNT; m++) {
        char name[64];
        random_calls c = {
            .op = PX_OP_GEMM, .recipe = PX_RECIPE_UNIT, .compared = PX_MODELLED, .exec = r->exec, .model = m};
        snprintf(name, sizeof name, "product/unit/%s", px_model_name((px_model)m));
        PX_TRY(make(r, name, PX_MODELLED, try_calls, &c, err));
    }
    return PX_OK;
}

/* ---- what the matrix unit does, beside what its model says: told, not judged ---- */

static px_status ask_unit(const run *r, const void *what, px_tally *t, px_error *err) {
    static const char *const formats[][2] = {{"fp16", "fp32"}, {"bf16", "fp32"}, {"fp16", "fp16"}};
    const int model = *(const int *)what;
    px_unit_function *words = r->plugin < 0 ? NULL : px_plugin_unit((px_plugin_exec)r->plugin);
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        const char *in = formats[f][0], *out = formats[f][1];
        px_unit_answers unit, expected;
        int known, modelled;
        PX_TRY(px_unit_ask(r->exec, words, model, in, out, &unit, &known, err));
        if (!known) continue;
        PX_TRY(px_unit_ask(px_backend_find("emulated"), NULL, model, in, out, &expected, &modelled, err));
        t->cases++;
        t->values += PX_UNIT_QUESTIONS;
        if (!t->told) continue;
        px_text_printf(t->told, "         the unit, %s into %s: ", in, out);
        px_unit_add_answers(t->told, &unit);
        px_text_add(t->told, "\n");
        if (modelled && memcmp(&unit, &expected, sizeof unit) == 0) continue;
        px_text_printf(t->told, "         model parameters differ; the model has ");
        px_unit_add_answers(t->told, &expected);
        px_text_add(t->told, "\n");
    }
    return PX_OK;
}

static px_status ask_units(const run *r, px_error *err) {
    for (int m = PX_MODEL_NONE + 1; m < PX_MODEL_COUNT; m++) {
        char name[64];
        snprintf(name, sizeof name, "probes/%s", px_model_name((px_model)m));
        PX_TRY(make(r, name, PX_MODELLED, ask_unit, &m, err));
    }
    return PX_OK;
}

/* A vendor's library in the same plug-in: exact on integers, which shows layouts and transposes; else by its bound. */
static px_status try_libraries(const run *r, px_error *err) {
#define NAME(base, id, suffix, ...) base suffix,
    static const char *const libraries[] = {PX_CUBLAS_LIST(NAME, "cublas") PX_CUBLAS_LIST(NAME, "cublas_emu")};
#undef NAME
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries && r->plugin >= 0; i++) {
        const px_exec *exec = px_plugin_member((px_plugin_exec)r->plugin, libraries[i]);
        if (!exec) continue;
        for (int pass = 0; pass < 2; pass++) {
            char name[64];
            px_comparison how = pass ? PX_BOUNDED : PX_EXACT_INTEGER;
            random_calls c = {.op = PX_OP_GEMM, .recipe = PX_RECIPE_LIBRARY, .compared = how, .exec = exec};
            snprintf(name, sizeof name, "product/%s/%s", libraries[i], px_comparison_name(how));
            PX_TRY(make(r, name, how, try_calls, &c, err));
        }
    }
    return PX_OK;
}

static px_status try_extra(const run *r, const void *what, px_tally *t, px_error *err) {
    return ((const px_extra_check *)what)->run(r->o, t, err);
}

static px_status run_all(const run *r, const px_extra_check *extra, px_error *err) {
    static const px_op words[] = {PX_OP_ROUND, PX_OP_ADD, PX_OP_MUL, PX_OP_GELU, PX_OP_GELU_BACKWARD, PX_OP_SCALE};
    PX_TRY(make(r, "sanity", PX_EXACT, be_sane, NULL, err));
    for (int op = 0; op < PX_SCALAR_COUNT; op++) {
        char name[64];
        snprintf(name, sizeof name, "scalar/%s", px_scalar_name((px_scalar)op));
        PX_TRY(make(r, name, PX_EXACT, sweep_scalars, &(px_scalar){(px_scalar)op}, err));
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char name[64];
        snprintf(name, sizeof name, "words/%s", px_op_name(words[i]));
        PX_TRY(make(r, name, PX_EXACT, sweep_words, &words[i], err));
    }
    PX_TRY(try_operations(r, err));
    random_calls census = {.exec = r->exec, .census = true};
    if (r->exec->census) PX_TRY(make(r, "census", PX_EXACT_INTEGER, try_censuses, &census, err));
    random_calls native = {.op = PX_OP_GEMM, .recipe = PX_RECIPE_NATIVE, .exec = r->exec};
    PX_TRY(make(r, "product/instructions", PX_EXACT, try_calls, &native, err));
    PX_TRY(ask_units(r, err));
    PX_TRY(try_units(r, err));
    PX_TRY(try_libraries(r, err));
    return extra ? make(r, extra->name, PX_EXACT, try_extra, extra, err) : PX_OK;
}

px_status px_selftest(const px_selftest_options *o, const px_extra_check *extra, px_check_done *done, void *context,
                      int counts[PX_OUTCOME_COUNT], px_error *err) {
    const char *name = strcmp(o->backend, "cpu") == 0 ? "emulated" : o->backend;
    run r = {.o = o, .plugin = px_plugin_named(name), .done = done, .context = context, .counts = counts};
    PX_TRY(px_backend_ready(name, err));
    r.exec = px_backend_find(name);
    PX_ASSERT(r.exec);
    for (int i = 0; i < PX_OUTCOME_COUNT; i++) counts[i] = 0;
    PX_TRY(run_all(&r, extra, err));
    return counts[PX_FAILED] ? (px_status)PX_DISAGREES : PX_OK;
}
