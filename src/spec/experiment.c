#include "spec/experiment.h"

#include <string.h>

#include "spec/list.h"
#include "spec/load.h"
#include "spec/range.h"

enum { SEED_DEFAULT = 42 };

px_diagnostics *px_load_option(px_load *s, const char *option, const char *text) {
    px_diagnostics *d = PX_NEW(s->arena, px_diagnostics);
    *d = px_diagnostics_new(s->arena, option, text);
    PX_ADD(s->arena, s->options, s->n_options) = d;
    return d;
}

bool px_load_from_file(const px_load *s, const px_ini_entry *entry) { return entry->d == s->file; }

/* results/gemm.ini: folder "results", stem "gemm". */
static void split_path(px_load *s, const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char *stem = px_arena_strdup(s->arena, name);
    size_t n = strlen(stem);
    if (n > 4 && strcmp(stem + n - 4, ".ini") == 0) stem[n - 4] = '\0';
    s->experiment->path = px_arena_strdup(s->arena, path);
    s->experiment->stem = stem;
    s->folder = slash ? px_arena_printf(s->arena, "%.*s", (int)(slash - path) + (slash == path), path) : "";
}

/* The text of an option as the part of a value. An empty one has the END token only. */
static px_span option_span(const char *text) { return (px_span){text, 1, 1}; }

static void read_seed_option(px_load *s) {
    if (!s->o->seed) return;
    px_diagnostics *d = px_load_option(s, "--seed", s->o->seed);
    px_span span = option_span(s->o->seed);
    px_lexer l = px_lexer_new(s->arena, &span, 1, d);
    if (px_seed_read(&l, &s->experiment->seed) && !px_lexer_is(&l, PX_TOKEN_END)) px_lexer_expected(&l, "one number");
}

static void read_filter_option(px_load *s) {
    if (!s->o->filter) return;
    s->filter_d = px_load_option(s, "--filter", s->o->filter);
    px_span span = option_span(s->o->filter);
    const px_kind_spec *k = s->kind;
    s->filter = px_expr_parse(s->arena, &span, 1, k ? k->params : NULL, k ? k->n_params : 0, s->filter_d);
}

static int mistakes(const px_load *s) {
    int n = s->file->count;
    for (int i = 0; i < s->n_options; i++) n += s->options[i]->count;
    return n;
}

static px_status tell(const px_load *s, px_text *report, px_error *err) {
    px_text all = {0};
    px_diagnostics_print(s->file, &all);
    for (int i = 0; i < s->n_options; i++) px_diagnostics_print(s->options[i], &all);
    if (all.length && all.s[all.length - 1] == '\n') all.s[--all.length] = '\0';
    px_status status = px_fail(err, s->file->count ? PX_BAD_FILE : PX_USAGE, "%s", px_text_str(&all));
    if (report) px_text_printf(report, "%s\n", px_text_str(&all));
    px_text_free(&all);
    return status;
}

static px_load load_new(px_arena *arena, const char *path, const px_kind_catalogue *kinds, const px_overrides *o,
                        px_experiment *experiment, px_plan *plan) {
    px_load s = {.arena = arena, .kinds = kinds, .o = o, .experiment = experiment};
    *experiment = (px_experiment){.seed = SEED_DEFAULT};
    *plan = (px_plan){0};
    s.file = PX_NEW(arena, px_diagnostics);
    split_path(&s, path);
    return s;
}

/* From the split file to the plan. */
static px_status finish(px_load *s, px_plan *plan, px_text *report, px_error *err) {
    px_load_sections(s);
    px_load_set(s);
    px_load_sweep(s);
    read_seed_option(s);
    read_filter_option(s);
    if (!s->experiment->title) s->experiment->title = s->experiment->stem;
    if (mistakes(s) == 0) px_load_plan(s, plan);
    return mistakes(s) ? tell(s, report, err) : PX_OK;
}

px_status px_experiment_load(px_arena *arena, const char *path, const px_kind_catalogue *kinds, const px_overrides *o,
                             px_experiment *experiment, px_plan *plan, px_text *report, px_error *err) {
    px_load s = load_new(arena, path, kinds, o, experiment, plan);
    px_error unread;
    px_status status = px_ini_read(arena, experiment->path, &experiment->ini, s.file, &unread);
    if (status == PX_OK) return finish(&s, plan, report, err);
    if (report) px_text_printf(report, "%s\n", unread.text);
    return px_fail(err, status, "%s", unread.text);
}

px_status px_experiment_parse(px_arena *arena, const char *path, const char *bytes, size_t n,
                              const px_kind_catalogue *kinds, const px_overrides *o, px_experiment *experiment,
                              px_plan *plan, px_text *report, px_error *err) {
    px_load s = load_new(arena, path, kinds, o, experiment, plan);
    px_ini_parse(arena, experiment->path, bytes, n, &experiment->ini, s.file);
    return finish(&s, plan, report, err);
}
