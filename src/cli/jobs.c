/* The experiments of a command line: every file is read and checked before the first one runs. */
#include <string.h>

#include "base/parallel.h"
#include "base/text.h"
#include "cli/job.h"

/* "I/N" with 1 <= I <= N. */
static px_status parse_shard(const char *text, px_run_options *options, px_error *err) {
    int64_t i, n;
    const char *slash = strchr(text, '/');
    char first[16] = "";
    if (slash && (size_t)(slash - text) < sizeof first) memcpy(first, text, (size_t)(slash - text));
    if (!slash || !px_int_parse(first, &i) || !px_int_parse(slash + 1, &n) || i < 1 || n < i || n > 1000000)
        return px_fail(err, PX_USAGE, "--shard wants I/N with 1 <= I <= N, as in 2/8, not '%s'", text);
    options->shard = (int)i;
    options->n_shards = (int)n;
    return PX_OK;
}

static px_status read_options(const px_cli *cli, px_overrides *o, px_run_options *run, px_error *err) {
    const char *progress = px_cli_text(cli, PX_OPT_PROGRESS, "auto");
    *o = (px_overrides){.set = cli->set,
                        .n_set = cli->n_set,
                        .filter = cli->value[PX_OPT_FILTER],
                        .profile = cli->value[PX_OPT_PROFILE],
                        .seed = cli->value[PX_OPT_SEED],
                        .max_cells = px_cli_count(cli, PX_OPT_MAX_CELLS, 0)};
    *run = (px_run_options){.output_dir = cli->value[PX_OPT_OUTPUT],
                            .dump_dir = cli->value[PX_OPT_DUMP],
                            .progress = *progress == 'a'              ? PX_AUTO
                                        : strcmp(progress, "on") == 0 ? PX_ALWAYS
                                                                      : PX_NEVER,
                            .resume = px_cli_given(cli, PX_OPT_RESUME),
                            .quiet = px_cli_given(cli, PX_OPT_QUIET),
                            .shard = 1,
                            .n_shards = 1,
                            .argv = cli->argv,
                            .argc = cli->argc,
                            .overrides = o};
    if (px_cli_given(cli, PX_OPT_SHARD)) PX_TRY(parse_shard(cli->value[PX_OPT_SHARD], run, err));
    int64_t jobs = px_cli_count(cli, PX_OPT_JOBS, 0);
    if (jobs > 4096) return px_fail(err, PX_USAGE, "--jobs: %lld threads are too many", (long long)jobs);
    px_parallel_set_jobs((int)jobs);
    return PX_OK;
}

px_status px_job_load(px_job *job, const px_overrides *o, px_error *err) {
    px_text report = {0};
    px_status status = px_experiment_load(job->arena, job->path, px_kind_catalogue_get(), o, &job->experiment,
                                          &job->plan, &report, err);
    if (status == PX_OK) job->kind = px_kind_find(job->experiment.kind->name);
    if (*px_text_str(&report)) { /* all the mistakes; err holds the first ones */
        fputs(px_text_str(&report), stderr);
        *err->text = '\0';
    }
    px_text_free(&report);
    if (status == PX_OK && job->kind->check) status = job->kind->check(&job->plan, err);
    return status;
}

/* Loads every operand; mistakes of all files are printed, the worst status returned. */
static px_status load_all(const px_cli *cli, px_job *jobs, const px_overrides *o, px_error *err) {
    px_status worst = PX_OK;
    for (int i = 0; i < cli->n_operands; i++) {
        PX_TRY(px_job_find(jobs[i].arena, cli->operands[i], &jobs[i].path, err));
        px_status status = px_job_load(&jobs[i], o, err);
        if (status == PX_USAGE) return status; /* a mistake of the command line: the same for every file */
        if (status == PX_OK) continue;
        px_print_error(err);
        *err->text = '\0';
        worst = status;
    }
    return worst;
}

/* Results are named by the file's stem. */
static px_status check_stems(const px_job *jobs, int n, px_error *err) {
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(jobs[i].experiment.stem, jobs[k].experiment.stem) == 0)
                return px_fail(err, PX_USAGE, "'%s' and '%s' would both write %s.csv", jobs[k].path, jobs[i].path,
                               jobs[i].experiment.stem);
    return PX_OK;
}

px_status px_jobs_prepare(const px_cli *cli, px_jobs *all, px_error *err) {
    all->n = cli->n_operands;
    all->at = PX_NEW_ARRAY(cli->arena, px_job, all->n);
    for (int i = 0; i < all->n; i++) all->at[i].arena = px_arena_new();
    PX_TRY(read_options(cli, &all->overrides, &all->options, err));
    PX_TRY(load_all(cli, all->at, &all->overrides, err));
    for (int i = 0; i < all->n && !px_cli_given(cli, PX_OPT_DRY_RUN); i++) PX_TRY(px_kind_ready(&all->at[i].plan, err));
    return check_stems(all->at, all->n, err);
}

void px_jobs_free(px_jobs *all) {
    for (int i = 0; i < all->n; i++) px_arena_free(all->at[i].arena);
}
