/* The way of a run: names, selection, journal, schedule, publication. */
#define _GNU_SOURCE
#include "run/run.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/parallel.h"
#include "px_version.h"
#include "run/interrupt.h"
#include "run/machine.h"
#include "run/sweep.h"

/* Of the memory there is, cells that run at the same time may fill this share, and what they leave behind for others
 * that one. */
static const double memory_share = 0.6, kept_share = 0.15;

double px_run_memory(double largest, int64_t n_cells) {
    double all = px_machine_memory(), limit = fmax(memory_share * all, largest);
    double running = fmin(largest * fmin((double)n_cells, px_parallel_jobs()), limit);
    return running + fmin(kept_share * all, largest * (double)n_cells);
}

/* The files of a run and how they begin: another file of that name is not ours to replace. */
static const struct own_file {
    const char *suffix, *beginning;
} own_files[] = {{"csv", "cell,"}, {"library.csv", "cell,"}, {"timing.csv", "cell,"}, {"meta.json", "{"}};

px_status px_own_file_check(const char *path, const char *suffix, px_error *err) {
    const struct own_file *own = own_files;
    while (strcmp(own->suffix, suffix) != 0) own++;
    char begin[8] = "";
    struct stat about;
    if (stat(path, &about) != 0) return PX_OK;
    FILE *f = S_ISREG(about.st_mode) ? fopen(path, "r") : NULL;
    bool ours = f && (about.st_size == 0 ||
                      (fgets(begin, sizeof begin, f) && strncmp(begin, own->beginning, strlen(own->beginning)) == 0));
    if (f) fclose(f);
    return ours ? PX_OK : px_fail(err, PX_BAD_FILE, "%s: exists and is no file of precx's; move it away", path);
}

static px_status claim_names(px_sweep *s, px_error *err) {
    enum { LONGEST_SUFFIX = 40 }; /* .999999of1000000.library.csv */
    if (strlen(s->directory) + strlen(s->experiment->stem) + LONGEST_SUFFIX >= PX_PATH_CHARS)
        return px_fail(err, PX_INCOMPLETE, "cannot write %s/%s.csv: name too long", s->directory, s->experiment->stem);
    PX_TRY(px_directory_make(s->directory, err));
    if (s->options->dump_dir) PX_TRY(px_directory_make(s->options->dump_dir, err));
    for (size_t i = 0; i < sizeof own_files / sizeof *own_files; i++) {
        char path[PX_PATH_CHARS];
        px_sweep_path(s, own_files[i].suffix, path);
        PX_TRY(px_own_file_check(path, own_files[i].suffix, err));
    }
    return PX_OK;
}

/* A shard has every n-th cell of the unfiltered plan, so shards of any filter are disjoint. */
static void select_cells(px_sweep *s) {
    const px_run_options *o = s->options;
    s->cells = PX_NEW_ARRAY(s->arena, const px_case *, s->plan->n_cells);
    for (int64_t i = 0; i < s->plan->n_cells; i++)
        if (o->n_shards <= 1 || s->plan->cells[i].index % o->n_shards == o->shard - 1)
            s->cells[s->n_cells++] = &s->plan->cells[i];
    s->kept = PX_NEW_ARRAY(s->arena, bool, s->n_cells);
    s->seconds = PX_NEW_ARRAY(s->arena, double, s->n_cells);
}

enum { SHORT_HASH = 16 };

static const char *short_hash(px_arena *arena, const px_text *text) {
    char hash[SHA256_DIGEST_STRING_LENGTH];
    SHA256Data((const uint8_t *)px_text_str(text), text->length, hash);
    return px_arena_printf(arena, "%.*s", SHORT_HASH, hash);
}

static px_status open_journal(px_sweep *s, px_error *err) {
    const px_experiment *e = s->experiment;
    px_text selection = {0}, columns = {0};
    for (int64_t i = 0; i < s->n_cells; i++) px_text_printf(&selection, "%" PRId64 " ", s->cells[i]->index);
    px_layout_header(&s->main, &columns);
    px_layout_header(&s->library, &columns);
    const px_identity identity[] = {
        {"kind", e->kind->name},
        {"profile", e->profile ? e->profile : "-"},
        {"seed", px_arena_printf(s->arena, "%" PRIu64, e->seed)},
        {"shard", px_arena_printf(s->arena, "%d/%d", s->options->shard, s->options->n_shards)},
        {"plan", px_arena_printf(s->arena, "%.*s", SHORT_HASH, e->hash)},
        {"selection", short_hash(s->arena, &selection)},
        {"columns", short_hash(s->arena, &columns)},
        {"build", px_arena_printf(s->arena, "%s-%s%s", PX_VERSION, PX_GIT_COMMIT, PX_GIT_DIRTY ? "-modified" : "")},
    };
    px_text_free(&selection);
    px_text_free(&columns);
    char path[PX_PATH_CHARS];
    px_sweep_path(s, "csv.part", path);
    return px_journal_open(&s->journal, path, identity, sizeof identity / sizeof *identity, s->options->resume, err);
}

static int compare_index(const void *key, const void *element) {
    int64_t x = *(const int64_t *)key, y = (*(const px_case *const *)element)->index;
    return (x > y) - (x < y);
}

/* Marks the cells that the journal holds. Their records passed the checksum, so a cell out of place was put there. */
static px_status keep_cells(px_sweep *s, px_error *err) {
    for (size_t i = 0; i < s->journal.n_records; i++) {
        int64_t index = s->journal.records[i].cell;
        const px_case **found =
            s->n_cells ? bsearch(&index, s->cells, (size_t)s->n_cells, sizeof *s->cells, compare_index) : NULL;
        if (!found || s->kept[found - s->cells])
            return px_fail(err, PX_BAD_FILE,
                           "%s: cell %" PRId64 " %s: the journal was edited; without --resume the run starts over",
                           s->journal.path, index, found ? "stands there twice" : "is none of this run");
        s->kept[found - s->cells] = true;
        s->n_kept++;
    }
    if (s->options->quiet) return PX_OK;
    if (s->journal.torn_bytes)
        px_progress_note(&s->progress, "note: %s: a torn end of %" PRId64 " bytes was dropped", s->journal.path,
                         s->journal.torn_bytes);
    if (s->options->resume)
        px_progress_note(&s->progress, "resumed: %" PRId64 " of %" PRId64 " cells kept", s->n_kept, s->n_cells);
    if (s->journal.started_over)
        px_progress_note(&s->progress, "note: %s: the cells of an interrupted run were discarded (--resume keeps them)",
                         s->journal.path);
    return PX_OK;
}

static bool stopped(void *context) {
    px_sweep *s = context;
    pthread_mutex_lock(&s->lock);
    bool trouble = s->trouble.status != PX_OK;
    pthread_mutex_unlock(&s->lock);
    return trouble || px_interrupt_requested();
}

void px_add_shell_word(px_text *out, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%^";
    if (*word && word[strspn(word, plain)] == '\0') {
        px_text_add(out, word);
        return;
    }
    px_text_add(out, "'");
    for (; *word; word++) px_text_printf(out, *word == '\'' ? "'\\%c'" : "%c", *word);
    px_text_add(out, "'");
}

/* The command line again, with --resume. */
static void add_continuation(const px_sweep *s, px_text *out) {
    bool resumes = false;
    const px_run_options *o = s->options;
    for (int i = 0; o->argv && i < o->argc; i++) {
        if (i) px_text_add(out, " ");
        px_add_shell_word(out, o->argv[i]);
        if (strcmp(o->argv[i], "--resume") == 0) resumes = true;
    }
    if (!o->argv) px_text_printf(out, "precx run %s", s->experiment->path);
    if (!resumes) px_text_add(out, " --resume");
}

static px_status unfinished(const px_sweep *s, px_error *err) {
    px_text again = {0};
    add_continuation(s, &again);
    int64_t done = (int64_t)s->journal.n_records;
    px_status status =
        s->trouble.status != PX_OK
            ? px_fail(err, s->trouble.status, "%.1024s; %" PRId64 "/%" PRId64 " cells are kept; then continue with: %s",
                      s->trouble.text, done, s->n_cells, px_text_str(&again))
            : px_fail(err, PX_INTERRUPTED, "interrupted after %" PRId64 "/%" PRId64 " cells; continue with: %s", done,
                      s->n_cells, px_text_str(&again));
    px_text_free(&again);
    return status;
}

/* Every cell that the journal lacks. */
static px_status compute(px_sweep *s, px_error *err) {
    px_task *tasks = PX_NEW_ARRAY(s->arena, px_task, s->n_cells);
    int64_t n = 0;
    double work = 0;
    for (int64_t i = 0; i < s->n_cells; i++) {
        if (s->kept[i]) continue;
        px_cost cost = s->kind->cost(s->cells[i]);
        tasks[n++] = (px_task){i, cost.work, cost.bytes};
        work += cost.work;
    }
    px_when when = s->options->progress;
    bool drawing = when == PX_ALWAYS || (when == PX_AUTO && !s->options->quiet && isatty(STDERR_FILENO));
    px_progress_begin(&s->progress, drawing, s->n_cells, s->n_kept, work);
    px_schedule schedule = {.tasks = tasks,
                            .n_tasks = n,
                            .memory_limit = memory_share * px_machine_memory(),
                            .compute = px_cell_compute,
                            .stopped = stopped,
                            .context = s};
    schedule.n_wide = px_schedule_order(tasks, n, px_parallel_jobs());
    s->shared = px_shared_new(kept_share * px_machine_memory());
    px_schedule_run(&schedule);
    px_shared_free(s->shared);
    px_progress_end(&s->progress);
    return (int64_t)s->journal.n_records == s->n_cells ? PX_OK : unfinished(s, err);
}

/* From a locked journal to the files. */
static px_status finish(px_sweep *s, px_run_result *result, px_error *err) {
    px_tally tally;
    PX_TRY(keep_cells(s, err));
    result->n_kept = s->n_kept;
    PX_TRY(compute(s, err));
    if (px_publish(s, &tally, &s->trouble) != PX_OK) return unfinished(s, err);
    memcpy(result->by_status, tally.rows, sizeof result->by_status);
    return PX_OK;
}

static void note_start(px_sweep *s) {
    const char *given = getenv("SOURCE_DATE_EPOCH");
    s->started = px_seconds();
    s->epoch_given = given && px_int_parse(given, &s->epoch);
    if (!s->epoch_given) s->epoch = (int64_t)time(NULL);
}

px_status px_run(const px_experiment *experiment, const px_plan *plan, const px_kind *kind,
                 const px_run_options *options, px_run_result *result, px_error *err) {
    px_run_options own = *options;
    if (own.n_shards < 1) own.shard = own.n_shards = 1;
    PX_ASSERT(own.shard >= 1 && own.shard <= own.n_shards);
    px_sweep s = {.experiment = experiment,
                  .plan = plan,
                  .kind = kind,
                  .options = &own,
                  .arena = px_arena_new(),
                  .lock = PTHREAD_MUTEX_INITIALIZER};
    s.directory = own.output_dir ? own.output_dir : experiment->output_dir ? experiment->output_dir : "results";
    const px_kind_spec *spec = &kind->spec;
    s.main = px_layout_main(s.arena, spec->params, spec->n_params, spec->columns, spec->n_columns, experiment->metrics,
                            experiment->n_metrics, px_kind_placed(plan));
    s.library = px_layout_library(s.arena, spec->columns, spec->n_columns, experiment->metrics, experiment->n_metrics);
    select_cells(&s);
    note_start(&s);
    *result = (px_run_result){.n_cells = s.n_cells};
    px_interrupt_begin(own.quiet);
    px_progress_begin(&s.progress, false, s.n_cells, 0, 0);
    px_status status = claim_names(&s, err);
    if (status == PX_OK) {
        px_sweep_path(&s, "csv", result->csv_path);
        status = open_journal(&s, err);
    }
    if (status == PX_OK) {
        status = finish(&s, result, err);
        px_journal_close(&s.journal);
    }
    px_interrupt_end();
    pthread_mutex_destroy(&s.lock);
    px_arena_free(s.arena);
    result->seconds = px_seconds() - s.started;
    return status;
}
