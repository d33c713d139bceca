/* `precx run`. */
#include "cli/job.h"

static px_status run_all(const px_cli *cli, const px_jobs *jobs, px_error *err) {
    for (int i = 0; i < jobs->n; i++) {
        const px_job *job = &jobs->at[i];
        px_run_result result;
        if (px_cli_given(cli, PX_OPT_DRY_RUN)) {
            px_job_print_plan(job);
            continue;
        }
        PX_TRY(px_run(&job->experiment, &job->plan, job->kind, &jobs->options, &result, err));
        PX_TRY(px_job_print_result(cli, job, &result, err));
        fflush(stdout); /* the next one may take long */
    }
    return PX_OK;
}

px_status px_command_run(const px_cli *cli, px_error *err) {
    px_jobs jobs;
    px_status status = px_jobs_prepare(cli, &jobs, err);
    if (status == PX_OK) status = run_all(cli, &jobs, err);
    px_jobs_free(&jobs);
    return status;
}
