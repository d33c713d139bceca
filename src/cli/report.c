/* `precx report`: tables, plots and a page of results that are there. */
#include <inttypes.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/job.h"
#include "gate/gate.h"
#include "io/outfile.h"
#include "io/result.h"
#include "report/draw.h"
#include "report/page.h"

/* One result, and what it belongs to. */
typedef struct subject {
    const char *name; /* of the CSV, without .csv: names the files */
    px_result result;
    px_job job; /* path NULL: no experiment file */
    px_sheet sheet;
    const px_kind *kind;
    const px_plot *plots;
    int n_plots;
    const char *warning;
} subject;

static const char *name_of(px_arena *arena, const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t n = strlen(name);
    return px_arena_printf(arena, "%.*s", (int)(n > 4 && strcmp(name + n - 4, ".csv") == 0 ? n - 4 : n), name);
}

/* --experiment, else experiments/NAME.ini by the name in the meta file, where it exists. */
static px_status find_experiment(const px_cli *cli, subject *s, px_error *err) {
    const char *given = cli->value[PX_OPT_EXPERIMENT], *name = s->result.origin.name;
    if (given) return px_job_find(cli->arena, given, &s->job.path, err);
    const char *path = px_arena_printf(cli->arena, "experiments/%s.ini", name);
    if (*name && !strchr(name, '/') && access(path, F_OK) == 0) s->job.path = path;
    return PX_OK;
}

static px_status load_experiment(const px_cli *cli, subject *s, px_error *err) {
    const px_origin *o = &s->result.origin;
    s->job.arena = cli->arena;
    PX_TRY(find_experiment(cli, s, err));
    if (s->job.path) PX_TRY(px_job_load(&s->job, &(px_overrides){0}, err));
    s->kind = s->job.path ? s->job.kind : px_kind_find(o->kind);
    if (!s->kind && !o->known)
        return px_fail(err, PX_BAD_FILE, "%s: no %s beside it: name its experiment with --experiment FILE",
                       s->result.path, s->result.meta_path);
    if (!s->kind) return px_fail(err, PX_BAD_FILE, "%s: '%s' is no kind of this precx", s->result.meta_path, o->kind);
    if (*o->kind && strcmp(o->kind, s->kind->spec.name) != 0)
        return px_fail(err, PX_BAD_FILE, "%s: a table of kind %s, but %s is of kind %s", s->result.path, o->kind,
                       s->job.path, s->kind->spec.name);
    s->warning =
        o->known && !s->result.intact ? "This table is not the one that its run wrote: it was edited afterwards." : "";
    return PX_OK;
}

static px_status read_subject(const px_cli *cli, const char *path, subject *s, px_error *err) {
    *s = (subject){.name = name_of(cli->arena, path)};
    PX_TRY(px_result_read(cli->arena, path, &s->result, err));
    PX_TRY(load_experiment(cli, s, err));
    const px_experiment *e = s->job.path ? &s->job.experiment : NULL;
    s->sheet = (px_sheet){&s->result.csv, s->result.path, &s->kind->spec, e ? e->title : s->name};
    if (e) s->plots = px_plots_read(cli->arena, e, &s->n_plots);
    if (s->n_plots == 0) {
        s->plots = px_plot_default(cli->arena, &s->sheet, s->kind->highlights);
        s->n_plots = s->plots != NULL;
    }
    return PX_OK;
}

static px_status write_file(const px_cli *cli, const char *path, const char *bytes, size_t n, bool is_page,
                            px_error *err) {
    px_outfile f;
    PX_TRY(px_outfile_open(&f, path, err));
    px_status status = px_outfile_write(&f, bytes, n, err);
    if (status == PX_OK) status = px_outfile_complete(&f, err);
    if (status == PX_OK) status = px_outfile_rename(&f, err);
    px_outfile_discard(&f);
    bool quiet = px_cli_given(cli, PX_OPT_QUIET) && !is_page; /* the page has it all */
    if (status == PX_OK && !px_cli_given(cli, PX_OPT_TABLE) && !quiet) printf("%s\n", path);
    return status;
}

static px_table table_of(const px_cli *cli, const px_pivot *p) {
    px_table_column *columns = PX_NEW_ARRAY(cli->arena, px_table_column, p->n_columns);
    for (int j = 0; j < p->n_columns; j++) columns[j] = (px_table_column){p->header[j], p->number[j]};
    px_table t = px_table_new(cli->arena, columns, p->n_columns);
    for (int i = 0; i < p->n_rows; i++) px_table_add(&t, &p->cells[i * p->n_columns]);
    return t;
}

static px_pivot pivot_for(const px_cli *cli, const subject *s, const px_figure *f, px_style style) {
    bool people = style == PX_STYLE_MD || style == PX_STYLE_LATEX || style == PX_STYLE_TTY;
    return people ? px_pivot_wide(cli->arena, &s->sheet, f) : px_pivot_long(cli->arena, &s->sheet, f);
}

static px_status write_table(const px_cli *cli, const subject *s, const px_figure *f, px_style style, const char *path,
                             px_error *err) {
    char *bytes = NULL;
    size_t n = 0;
    px_pivot p = pivot_for(cli, s, f, style);
    px_table t = table_of(cli, &p);
    FILE *memory = open_memstream(&bytes, &n);
    if (!memory) px_out_of_memory(1);
    px_table_print(memory, &t, style, 0, false);
    fclose(memory);
    px_status status = write_file(cli, path, bytes, n, false, err);
    free(bytes);
    return status;
}

/* [output] tables */
static bool is_wanted(const subject *s, const char *table) {
    const px_experiment *e = &s->job.experiment;
    for (int i = 0; s->job.path && i < e->n_tables; i++)
        if (strcmp(e->tables[i], table) == 0) return true;
    return !s->job.path || e->n_tables == 0;
}

/* Everything of one figure, in DIR/NAME/PLOT.*; its SVG for the page. */
static px_status write_figure(const px_cli *cli, const subject *s, const px_figure *f, const char *folder,
                              const char **svg, px_error *err) {
    static const struct {
        px_style style;
        const char *word, *suffix;
    } tables[] = {{PX_STYLE_MD, "md", "md"},
                  {PX_STYLE_LATEX, "latex", "tex"},
                  {PX_STYLE_CSV, "csv", "csv"},
                  {PX_STYLE_JSON, "json", "json"}};
    px_text text = {0};
    px_canvas canvas = px_figure_draw(cli->arena, f);
    const char *stem = px_arena_printf(cli->arena, "%s/%s", folder, f->plot->name);
    px_svg(&canvas, f->title, px_figure_words(cli->arena, f), &text);
    *svg = px_arena_strdup(cli->arena, px_text_str(&text));
    px_status status = write_file(cli, px_arena_printf(cli->arena, "%s.svg", stem), text.s, text.length, false, err);
    px_text_free(&text);
    px_pdf(&canvas, f->title, &text);
    if (status == PX_OK)
        status = write_file(cli, px_arena_printf(cli->arena, "%s.pdf", stem), text.s, text.length, false, err);
    px_text_free(&text);
    for (size_t i = 0; i < sizeof tables / sizeof *tables && status == PX_OK; i++)
        if (is_wanted(s, tables[i].word))
            status = write_table(cli, s, f, tables[i].style,
                                 px_arena_printf(cli->arena, "%s.%s", stem, tables[i].suffix), err);
    return status;
}

/* What `check` would say of the result; "" where the experiment has other settings by now (a plot may differ), or the
 * table is a baseline itself. */
static const char *verdict_of(const px_cli *cli, const subject *s) {
    const px_origin *o = &s->result.origin;
    px_job job = {.arena = cli->arena, .path = s->job.path};
    px_overrides overrides = {.profile = *o->profile ? o->profile : NULL, .seed = *o->seed ? o->seed : NULL};
    px_error err = {PX_OK, ""};
    if (!s->job.path || !s->result.intact || *o->accepted) return "";
    if (px_experiment_load(job.arena, job.path, px_kind_catalogue_get(), &overrides, &job.experiment, &job.plan, NULL,
                           &err) != PX_OK ||
        strcmp(job.experiment.hash, o->plan) != 0)
        return "";
    px_result baseline;
    px_verdicts v = {.arena = job.arena};
    bool found = px_gate_baseline(job.arena, &job.experiment, &baseline, &err) == PX_OK;
    px_gate gate = {&job.experiment, &job.plan, &s->result, found ? &baseline : NULL};
    if (px_gate_check(&gate, &v, &err) != PX_OK) return "";
    int64_t failed = px_verdicts_failed(&v);
    return px_arena_printf(
        job.arena, "precx check: %s. %" PRId64 " rows passed, %" PRId64 " failed, %" PRId64 " skipped, by theory%s%s.",
        failed ? "FAILED" : "passed", px_verdicts_passed(&v), failed, v.n_skipped,
        found ? " and the baseline of " : " alone: there is no baseline", found ? baseline.origin.accepted : "");
}

/* A plot may have been added since; whether anything else was, its text cannot say. */
static const char *experiment_fact(px_arena *arena, const subject *s) {
    const px_origin *o = &s->result.origin;
    char hash[SHA256_DIGEST_STRING_LENGTH];
    if (!s->job.path || !*o->experiment_sha256) return o->name;
    const px_ini *ini = &s->job.experiment.ini;
    SHA256Data((const uint8_t *)ini->bytes, ini->n_bytes, hash);
    bool same = strcmp(hash, o->experiment_sha256) == 0;
    return px_arena_printf(arena, "%s%s", o->name, same ? "" : "; its file has changed since the run");
}

static void list_facts(px_arena *arena, const subject *s, px_page_result *page) {
    const px_origin *o = &s->result.origin;
    const px_fact facts[] = {
        {"experiment", experiment_fact(arena, s)},
        {"kind", s->kind->spec.name},
        {"profile", o->profile},
        {"filter", o->filter},
        {"shard", o->shard},
        {"seed", o->seed},
        {"run on", o->started},
        {"precx",
         px_arena_printf(arena, "%s%s%s%s", o->version, *o->git ? ", " : "", o->git, o->dirty ? ", modified" : "")},
        {"compiler", o->compiler},
        {"BLAS", o->blas},
        {"processor", o->cpu},
        {"system", o->os},
        {"SHA-256 of the table", o->sha256},
        {"accepted", o->accepted},
        {"because", o->because},
    };
    px_fact *copy = PX_NEW_ARRAY(arena, px_fact, sizeof facts / sizeof *facts);
    memcpy(copy, facts, sizeof facts);
    page->facts = copy;
    page->n_facts = sizeof facts / sizeof *facts;
}

static px_status report_one(const px_cli *cli, const subject *s, const char *directory, px_text *page, px_error *err) {
    const char *folder = px_arena_printf(cli->arena, "%s/%s", directory, s->name);
    px_figure *figures = PX_NEW_ARRAY(cli->arena, px_figure, s->n_plots);
    px_page_figure *shown = PX_NEW_ARRAY(cli->arena, px_page_figure, s->n_plots);
    for (int i = 0; i < s->n_plots; i++) PX_TRY(px_figure_make(cli->arena, &s->sheet, &s->plots[i], &figures[i], err));
    if (s->n_plots) PX_TRY(px_directory_make(folder, err));
    for (int i = 0; i < s->n_plots; i++) {
        shown[i].figure = &figures[i];
        PX_TRY(write_figure(cli, s, &figures[i], folder, &shown[i].svg, err));
        if (!px_cli_given(cli, PX_OPT_TABLE)) continue;
        px_pivot p = pivot_for(cli, s, &figures[i], px_cli_style(cli));
        px_table t = table_of(cli, &p);
        if (i) putchar('\n');
        px_table_print(stdout, &t, px_cli_style(cli), 0, px_cli_color(cli, stdout));
    }
    px_page_result r = {.sheet = &s->sheet,
                        .name = s->name,
                        .ini = s->job.path ? &s->job.experiment.ini : NULL,
                        .figures = shown,
                        .n_figures = s->n_plots,
                        .verdict = verdict_of(cli, s),
                        .warning = s->warning};
    list_facts(cli->arena, s, &r);
    px_page_add(cli->arena, page, &r);
    return PX_OK;
}

static const char *directory_of(const px_cli *cli, const char *csv) {
    const char *slash = strrchr(csv, '/');
    if (px_cli_given(cli, PX_OPT_OUTPUT)) return cli->value[PX_OPT_OUTPUT];
    return slash ? px_arena_printf(cli->arena, "%.*s", (int)(slash - csv), csv) : ".";
}

px_status px_command_report(const px_cli *cli, px_error *err) {
    int n = cli->n_operands;
    subject *subjects = PX_NEW_ARRAY(cli->arena, subject, n);
    for (int i = 0; i < n; i++) PX_TRY(read_subject(cli, cli->operands[i], &subjects[i], err));
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(subjects[i].name, subjects[k].name) == 0)
                return px_fail(err, PX_USAGE, "'%s' and '%s' would both be reported as %s", cli->operands[k],
                               cli->operands[i], subjects[i].name);
    const char *directory = directory_of(cli, cli->operands[0]);
    px_text page = {0};
    px_page_begin(&page, n == 1 ? subjects[0].sheet.title : "Results of precx");
    px_status status = px_directory_make(directory, err);
    for (int i = 0; i < n && status == PX_OK; i++) status = report_one(cli, &subjects[i], directory, &page, err);
    px_page_end(&page);
    const char *path = px_arena_printf(cli->arena, "%s/%s.html", directory, n == 1 ? subjects[0].name : "report");
    if (status == PX_OK) status = write_file(cli, path, page.s, page.length, true, err);
    px_text_free(&page);
    return status;
}
