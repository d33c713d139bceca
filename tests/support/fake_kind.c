#include "support/fake_kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const exact[] = {"exact", NULL};
static const char *const orders[] = {"sequential", "pairwise", "blocked", "kahan", NULL};
static const char *const backends[] = {"emulated", "openblas", "blas:*", NULL};
static const char *const matrices[] = {"uniform", "normal", "outlier", "file:*", NULL};
static const char *const models[] = {"none", "h100", "h100_mmasync", NULL};

static const px_param gemm_params[] = {
    {"format", PX_PARAM_FORMAT, "fp32", NULL, NULL, 0, 0, false, "of the operands"},
    {"product", PX_PARAM_FORMAT, "same", exact, "accum", 0, 0, false, "of products"},
    {"accum", PX_PARAM_FORMAT, "same", exact, "format", 0, 0, false, "of sums"},
    {"order", PX_PARAM_WORD, "sequential", orders, NULL, 0, 0, false, "of summation"},
    {"model", PX_PARAM_WORD, "none", models, NULL, 0, 0, false, "of a matrix unit"},
    {"backend", PX_PARAM_PATTERN, "emulated", backends, NULL, 0, 0, false, "who computes"},
    {"matrix", PX_PARAM_PATTERN, "uniform", matrices, NULL, 0, 0, true, "the data"},
    {"scale", PX_PARAM_REAL, "1", NULL, NULL, 1e-300, 1e300, true, "of the data"},
    {"m", PX_PARAM_INT, "same", NULL, "n", 1, 4096, true, "rows"},
    {"n", PX_PARAM_INT, "64", NULL, NULL, 1, 4096, true, "columns"},
    {"rep", PX_PARAM_INT, "1", NULL, NULL, 1, 1e6, true, "the draw"},
};

static const px_column gemm_columns[] = {
    {"err_rel_max", "1", PX_COLUMN_NUMBER, PX_CLASS_EXACT, "the largest relative error"},
    {"err_cw_max", "1", PX_COLUMN_NUMBER, PX_CLASS_EXACT, "the largest componentwise error"},
    {"slack_det", "1", PX_COLUMN_NUMBER, PX_CLASS_EXACT, "error over bound"},
    {"tensor", "", PX_COLUMN_TEXT, PX_CLASS_KEY, "a further key"},
    {"n_inf", "1", PX_COLUMN_INTEGER, PX_CLASS_EXACT, "infinities"},
    {"status", "", PX_COLUMN_TEXT, PX_CLASS_EXACT, "how it went"},
};

static const char *gemm_unsupported(px_arena *arena, const px_case *c) {
    int p = px_case_fp(c, "format").p;
    if (px_case_word(c, "backend") == 0 || p == 24 || p == 53) return NULL;
    return px_arena_printf(arena, "openblas has no %s", px_case_text(c, "format"));
}

static const px_param sum_params[] = {
    {"format", PX_PARAM_FORMAT, "fp32", NULL, NULL, 0, 0, false, "of the terms"},
    {"scale", PX_PARAM_REAL, "1", NULL, NULL, -1e300, 1e300, true, "of the data"},
    {"n", PX_PARAM_INT, "16", NULL, NULL, 0, 1e9, true, "terms"},
};

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

const px_kind_spec fake_gemm = {"gemm",       gemm_params,         COUNT(gemm_params),
                                gemm_columns, COUNT(gemm_columns), gemm_unsupported};
const px_kind_spec fake_sum = {"sum", sum_params, COUNT(sum_params), gemm_columns, COUNT(gemm_columns), NULL};

static const px_kind_spec *find(const char *name) {
    return strcmp(name, "gemm") == 0 ? &fake_gemm : strcmp(name, "sum") == 0 ? &fake_sum : NULL;
}

static const char *const names[] = {"gemm", "sum"};
const px_kind_catalogue fake_kinds = {find, names, 2};

fake_load *fake_load_text(const char *name, const char *text, const px_overrides *o) {
    char folder[] = "/tmp/precx_spec_XXXXXX";
    if (!mkdtemp(folder) || chdir(folder) != 0) abort();
    fake_load *l = calloc(1, sizeof *l);
    if (!l) abort();
    l->arena = px_arena_new();
    char *path = px_arena_printf(l->arena, "%s.ini", name);
    FILE *f = fopen(path, "wb");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0) abort();
    l->status = px_experiment_load(l->arena, path, &fake_kinds, o ? o : &(px_overrides){0}, &l->experiment, &l->plan,
                                   &l->report, &l->err);
    if (remove(path) != 0 || chdir("/") != 0 || rmdir(folder) != 0) abort();
    return l;
}

void fake_load_free(fake_load *l) {
    px_arena_free(l->arena);
    px_text_free(&l->report);
    free(l);
}

const char *fake_ids(const fake_load *l) {
    px_text ids = {0};
    for (int64_t i = 0; i < l->plan.n_cells; i++) px_text_printf(&ids, "%s%s", i ? " " : "", l->plan.cells[i].id);
    const char *text = px_arena_strdup(l->arena, px_text_str(&ids));
    px_text_free(&ids);
    return text;
}

const char *fake_values(const fake_load *l, const char *axis) {
    px_text values = {0};
    for (int i = 0; i < l->plan.n_groups; i++) {
        const px_group *g = l->plan.groups[i];
        if (g->n_axes != 1 || strcmp(l->experiment.kind->params[g->axes[0]].name, axis) != 0) continue;
        for (int k = 0; k < g->n_tuples; k++) px_text_printf(&values, "%s%s", k ? " " : "", g->values[k].text);
    }
    const char *text = px_arena_strdup(l->arena, px_text_str(&values));
    px_text_free(&values);
    return text;
}
