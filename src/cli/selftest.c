/* `precx selftest`: this build on this machine, against the definitions. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "backend/registry.h"
#include "cli/cli.h"
#include "io/outfile.h"
#include "kind/kind.h"
#include "selftest/record.h"

/* ---- a training step, as the last check: its table by this backend and by emulated ---- */

static const char experiment[] =
    "[experiment]\nkind = transformer\n[sweep]\npolicy = fp16_amp\nscaling = dynamic\nscale = 2^24\nsteps = 3\n"
    "optimizer = adam\ntensors = all\nhistogram = yes\njudge = none\nclip = 1\n";

/* Rows as text, the cell's axes not among them. */
typedef struct rows {
    px_sink sink;
    px_text text;
    int64_t n;
} rows;

static px_status keep_row(px_sink *sink, const px_row *row, px_error *err) {
    rows *r = (rows *)sink;
    (void)err;
    for (int i = 0; i < row->n_columns; i++) px_text_printf(&r->text, "%s,", row->fields[i] ? row->fields[i] : "");
    px_text_add(&r->text, "\n");
    r->n++;
    return PX_OK;
}

static px_status train(px_arena *arena, const char *backend, rows *r, px_error *err) {
    const char *set = px_arena_printf(arena, "backend=%s", backend);
    px_overrides o = {.set = &set, .n_set = 1};
    px_experiment e;
    px_plan plan;
    PX_TRY(px_experiment_parse(arena, "selftest", experiment, strlen(experiment), px_kind_catalogue_get(), &o, &e,
                               &plan, NULL, err));
    PX_ASSERT(plan.n_cells == 1);
    px_lab lab = {.arena = arena};
    return px_kind_find("transformer")->run(&plan.cells[0], &lab, &r->sink, err);
}

static px_status compare_training(const px_selftest_options *o, px_tally *t, px_error *err) {
    px_arena *arena = px_arena_new();
    rows got = {.sink = {keep_row}}, want = {.sink = {keep_row}};
    px_status status = train(arena, strcmp(o->backend, "cpu") == 0 ? "emulated" : o->backend, &got, err);
    if (status == PX_OK) status = train(arena, "emulated", &want, err);
    t->cases = 1;
    t->values = want.n;
    t->different = strcmp(px_text_str(&got.text), px_text_str(&want.text)) != 0;
    for (const char *p = px_text_str(&got.text); *p; p++) t->digest = (t->digest ^ (unsigned char)*p) * 0x100000001b3u;
    px_text_free(&got.text);
    px_text_free(&want.text);
    px_arena_free(arena);
    return status;
}

/* ---- the report ---- */

typedef struct report {
    px_text record;
    FILE *part; /* PATH.part, NULL: no record is wanted: what is done so far, should this program be ended */
    size_t in_part;
    int64_t by_class[PX_COMPARISON_COUNT][2]; /* values, of which differ */
    bool quiet;
} report;

static void save_part(report *r) {
    if (!r->part) return;
    r->in_part += fwrite(px_text_str(&r->record) + r->in_part, 1, r->record.length - r->in_part, r->part);
    fflush(r->part);
}

static void print_check(void *context, const px_check *c) {
    report *r = context;
    const px_tally *t = &c->tally;
    px_record_check(&r->record, c);
    save_part(r);
    r->by_class[c->compared][0] += t->values;
    r->by_class[c->compared][1] += t->different + t->beyond_bound;
    if (r->quiet && c->outcome != PX_FAILED) return;
    printf("%-7s  %-28s %-9s %8lld cases %10lld values", px_outcome_name(c->outcome), c->name,
           px_comparison_name(c->compared), (long long)t->cases, (long long)t->values);
    if (c->outcome == PX_FAILED)
        printf("  %lld differ, %lld beyond the bound, %lld repeats differ", (long long)t->different,
               (long long)t->beyond_bound, (long long)t->repeats_differ);
    for (int i = 0; i < PX_DIFFERENCE_COUNT; i++)
        if (t->by_kind[i]) printf("  %s: %lld", px_difference_name((px_difference)i), (long long)t->by_kind[i]);
    printf("\n%s", px_text_str(&c->told));
    fflush(stdout);
}

static void print_end(const report *r, const int counts[PX_OUTCOME_COUNT]) {
    for (int i = 0; i < PX_COMPARISON_COUNT; i++)
        if (r->by_class[i][0])
            printf("%-9s %12lld values, %lld differ\n", px_comparison_name((px_comparison)i),
                   (long long)r->by_class[i][0], (long long)r->by_class[i][1]);
    printf("%d passed, %d failed, %d skipped\n", counts[PX_PASSED], counts[PX_FAILED], counts[PX_NOT_RUN]);
}

static px_status begin_record(report *r, const px_selftest_options *o, const char *path, px_error *err) {
    px_record_header(&r->record, o);
    if (!path) return PX_OK;
    px_text name = {0};
    px_text_printf(&name, "%s.part", path);
    r->part = fopen(px_text_str(&name), "w");
    if (!r->part) px_fail(err, PX_INCOMPLETE, "cannot write %s: %s", px_text_str(&name), strerror(errno));
    px_text_free(&name);
    save_part(r);
    return r->part ? PX_OK : PX_INCOMPLETE;
}

/* The whole record has its own name, and then the part is no more. */
static px_status end_record(report *r, const char *path, px_error *err) {
    px_outfile f;
    px_text name = {0};
    fclose(r->part);
    PX_TRY(px_record_validate(path, px_text_str(&r->record), err));
    PX_TRY(px_outfile_open(&f, path, err));
    PX_TRY(px_outfile_write(&f, px_text_str(&r->record), r->record.length, err));
    PX_TRY(px_outfile_complete(&f, err));
    PX_TRY(px_outfile_rename(&f, err));
    px_text_printf(&name, "%s.part", path);
    remove(px_text_str(&name));
    px_text_free(&name);
    return PX_OK;
}

static px_status read_options(const px_cli *cli, px_selftest_options *o, px_error *err) {
    int64_t seed = 42;
    *o = (px_selftest_options){.backend = px_cli_text(cli, PX_OPT_BACKEND, "cpu"),
                               .full = px_cli_given(cli, PX_OPT_FULL),
                               .only = cli->value[PX_OPT_ONLY],
                               .keep = (int)px_cli_count(cli, PX_OPT_KEEP, 10)};
    if (o->full && px_cli_given(cli, PX_OPT_QUICK))
        return px_fail(err, PX_USAGE, "--quick and --full exclude each other");
    if (px_cli_given(cli, PX_OPT_SEED) && (!px_int_parse(cli->value[PX_OPT_SEED], &seed) || seed < 0))
        return px_fail(err, PX_USAGE, "--seed wants a whole number, not '%s'", cli->value[PX_OPT_SEED]);
    o->seed = (uint64_t)seed;
    return PX_OK;
}

static px_status compare_and_record(report *r, const px_selftest_options *o, const char *path, px_error *err) {
    static const px_extra_check training = {"training", compare_training};
    int counts[PX_OUTCOME_COUNT];
    PX_TRY(begin_record(r, o, path, err));
    px_status status = px_selftest(o, &training, print_check, r, counts, err);
    print_end(r, counts);
    px_record_sum(&r->record, counts);
    if (!r->part) return status;
    px_error trouble;
    px_status written = end_record(r, path, &trouble);
    if (written == PX_OK) return status;
    *err = trouble;
    return written;
}

px_status px_command_selftest(const px_cli *cli, px_error *err) {
    px_selftest_options o;
    report r = {.quiet = px_cli_given(cli, PX_OPT_QUIET)};
    PX_TRY(read_options(cli, &o, err));
    if (strcmp(o.backend, "cpu") != 0) PX_TRY(px_backend_ready(o.backend, err));
    px_status status = compare_and_record(&r, &o, cli->value[PX_OPT_JSON], err);
    px_text_free(&r.record);
    return status;
}
