/* `precx check`: run, then the gate. */
#include <string.h>

#include "cli/job.h"
#include "cli/outcome.h"
#include "cli/verdict.h"
#include "gate/gate.h"

/* Of several files: what could not be completed or read before a missing baseline before a regression. */
static px_status worse(px_status a, px_status b) {
    static const px_status order[] = {PX_INTERRUPTED, PX_INCOMPLETE, PX_BAD_FILE, PX_NO_BASELINE, PX_REGRESSION};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (a == order[i] || b == order[i]) return order[i];
    return a != PX_OK ? a : b;
}

typedef struct totals {
    int64_t passed, failed, skipped;
} totals;

static const char *baseline_note(px_arena *arena, const px_result *baseline) {
    const px_origin *o = &baseline->origin;
    return px_arena_printf(arena, "baseline of %s, %s: %s", o->accepted, o->git, o->because);
}

/* What people read; with --tap stdout is for a program. */
static bool for_people(const px_cli *cli) { return !px_cli_given(cli, PX_OPT_TAP); }

/* Without a baseline the theory is judged all the same. */
static px_status judge(const px_cli *cli, const px_job *job, const char *csv_path, totals *sum, px_verdicts *v,
                       px_error *err) {
    px_result result, baseline;
    PX_TRY(px_result_read(job->arena, csv_path, &result, err));
    px_status found = px_gate_baseline(job->arena, &job->experiment, &baseline, err);
    if (found != PX_OK && found != PX_NO_BASELINE) return found;
    px_gate gate = {&job->experiment, &job->plan, &result, found == PX_OK ? &baseline : NULL};
    PX_TRY(px_gate_check(&gate, v, err));
    const char *note = found == PX_OK ? baseline_note(job->arena, &baseline) : "no baseline: theory only";
    if (for_people(cli)) px_print_verdicts(cli, job->experiment.stem, note, v);
    sum->passed += px_verdicts_passed(v);
    sum->failed += px_verdicts_failed(v);
    sum->skipped += v->n_skipped;
    if (px_verdicts_failed(v) && found == PX_OK && for_people(cli))
        printf("details: precx compare %s %s\nif this is intended: precx accept %s --because \"...\"\n", baseline.path,
               result.path, job->path);
    return found != PX_OK ? found : px_verdicts_failed(v) ? PX_REGRESSION : PX_OK;
}

static px_status check_one(const px_cli *cli, const px_jobs *jobs, int i, totals *sum, px_verdicts *v, px_error *err) {
    const px_job *job = &jobs->at[i];
    px_run_result ran;
    PX_TRY(px_run(&job->experiment, &job->plan, job->kind, &jobs->options, &ran, err));
    return judge(cli, job, ran.csv_path, sum, v, err);
}

/* The forms for programs. */
static px_status publish(const px_cli *cli, const px_outcome *outcomes, int n, px_error *err) {
    if (px_cli_given(cli, PX_OPT_TAP)) px_print_tap(cli, outcomes, n);
    if (strcmp(px_cli_text(cli, PX_OPT_ANNOTATIONS, "none"), "github") == 0)
        PX_TRY(px_annotate_github(cli, outcomes, n, err));
    const char *junit = cli->value[PX_OPT_JUNIT];
    return junit ? px_write_junit(cli, junit, outcomes, n, err) : PX_OK;
}

static px_status check_all(const px_cli *cli, const px_jobs *jobs, px_error *err) {
    px_status worst = PX_OK;
    totals sum = {0, 0, 0};
    int n = 0;
    px_outcome *outcomes = PX_NEW_ARRAY(cli->arena, px_outcome, jobs->n);
    for (int i = 0; i < jobs->n; i++) {
        px_outcome *o = &outcomes[n++];
        *o = (px_outcome){.name = jobs->at[i].experiment.stem, .path = jobs->at[i].path};
        o->verdicts.arena = jobs->at[i].arena;
        o->status = check_one(cli, jobs, i, &sum, &o->verdicts, err);
        o->error = px_arena_strdup(cli->arena, err->text);
        fflush(stdout);
        if (*err->text) px_print_error(err);
        *err->text = '\0';
        worst = worse(worst, o->status);
        if (o->status == PX_INTERRUPTED) break;
    }
    if (for_people(cli)) px_print_totals(sum.passed, sum.failed, sum.skipped);
    px_status published = publish(cli, outcomes, n, err);
    return published != PX_OK ? worse(worst, published) : worst;
}

px_status px_command_check(const px_cli *cli, px_error *err) {
    px_jobs jobs;
    px_status status = px_jobs_prepare(cli, &jobs, err);
    if (status == PX_OK) status = check_all(cli, &jobs, err);
    px_jobs_free(&jobs);
    return status;
}
