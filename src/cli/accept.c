/* `precx accept`: the last results become the baseline, with a reason. */
#include "cli/job.h"
#include "cli/verdict.h"
#include "gate/accept.h"
#include "gate/compare.h"
#include "gate/gate.h"

#include <unistd.h>

static const char *results_directory(const px_cli *cli, const px_experiment *e) {
    return px_cli_text(cli, PX_OPT_OUTPUT, e->output_dir ? e->output_dir : "results");
}

/* What the new baseline changes. */
static px_status print_changes(const px_cli *cli, const px_result *result, const char *path, px_error *err) {
    px_result before;
    px_verdicts v = {.arena = cli->arena};
    if (access(path, F_OK) != 0) {
        printf("%s: the first baseline, %zu rows\n", path, result->csv.n_rows);
        return PX_OK;
    }
    PX_TRY(px_result_read(cli->arena, path, &before, err));
    px_compare(&before, result, &v);
    px_print_verdicts(cli, result->path, px_arena_printf(cli->arena, "compared with %s", path), &v);
    return PX_OK;
}

/* The experiment as the result's run saw it: the profile is the result's, everything else the file's. */
static px_status accept(const px_cli *cli, px_job *job, px_error *err) {
    const char *because = px_cli_text(cli, PX_OPT_BECAUSE, "");
    px_result result;
    PX_TRY(px_job_find(cli->arena, cli->operands[0], &job->path, err));
    PX_TRY(px_job_load(job, &(px_overrides){0}, err));
    const char *name = job->experiment.stem;
    const char *csv = px_arena_printf(cli->arena, "%s/%s.csv", results_directory(cli, &job->experiment), name);
    PX_TRY(px_result_read(cli->arena, csv, &result, err));
    if (*result.origin.profile) PX_TRY(px_job_load(job, &(px_overrides){.profile = result.origin.profile}, err));
    PX_TRY(px_accept_check(&result, job->experiment.hash, because, err));
    const char *path = px_baseline_path(cli->arena, px_gate_directory(&job->experiment), name, result.origin.profile);
    PX_TRY(print_changes(cli, &result, path, err));
    PX_TRY(px_accept_write(cli->arena, &result, path, because, err));
    printf("accepted: %s\n", path);
    return PX_OK;
}

px_status px_command_accept(const px_cli *cli, px_error *err) {
    px_job job = {.arena = px_arena_new()};
    px_status status = accept(cli, &job, err);
    px_arena_free(job.arena);
    return status;
}
