/* Finding experiments, and what --dry-run says about one. */
#include "cli/job.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/parallel.h"
#include "base/text.h"

/* Stems of the files in experiments/, for suggestions. */
static size_t known_stems(px_arena *arena, const char **stems, size_t most) {
    DIR *d = opendir("experiments");
    size_t n = 0;
    for (struct dirent *e; d && n < most && (e = readdir(d));) {
        size_t length = strlen(e->d_name);
        if (length > 4 && strcmp(e->d_name + length - 4, ".ini") == 0)
            stems[n++] = px_arena_printf(arena, "%.*s", (int)length - 4, e->d_name);
    }
    if (d) closedir(d);
    return n;
}

px_status px_job_find(px_arena *arena, const char *operand, const char **path, px_error *err) {
    *path = operand;
    if (access(operand, F_OK) == 0) return PX_OK;
    if (strchr(operand, '/') || px_glob("*.ini", operand))
        return px_fail(err, PX_BAD_FILE, "%s: %s", operand, strerror(errno));
    *path = px_arena_printf(arena, "experiments/%s.ini", operand);
    if (access(*path, F_OK) == 0) return PX_OK;
    const char *stems[256];
    const char *near = px_suggest(operand, stems, known_stems(arena, stems, 256));
    if (near)
        return px_fail(err, PX_BAD_FILE, "no experiment '%s' (no such file, nor %s); did you mean '%s'?", operand,
                       *path, near);
    return px_fail(err, PX_BAD_FILE, "no experiment '%s' (no such file, nor %s)", operand, *path);
}

/* The values of a group of axes, a/b for axes that move together; the middle of a long list is left out. */
static const char *values_of(const px_job *job, const px_group *g) {
    enum { SHOWN = 12 };
    px_text text = {0};
    for (int i = 0; i < g->n_tuples; i++) {
        if (g->n_tuples > SHOWN && i == SHOWN - 1) {
            px_text_add(&text, " ...");
            i = g->n_tuples - 1;
        }
        for (int j = 0; j < g->n_axes; j++)
            px_text_printf(&text, "%s%s", j ? "/" : i ? " " : "", g->values[i * g->n_axes + j].text);
    }
    const char *copy = px_arena_strdup(job->arena, px_text_str(&text));
    px_text_free(&text);
    return copy;
}

static bool named(const px_plan *plan, const px_group *g) {
    for (int j = 0; j < g->n_axes; j++)
        if (plan->axis_named[g->axes[j]]) return true;
    return false;
}

static void print_axes(const px_job *job) {
    const px_plan *plan = &job->plan;
    int width = 0;
    for (int i = 0; i < plan->n_groups; i++) {
        int n = (int)strlen(plan->groups[i]->name);
        if (named(plan, plan->groups[i]) && n > width) width = n;
    }
    for (int i = 0; i < plan->n_groups; i++) {
        const px_group *g = plan->groups[i];
        if (named(plan, g)) printf("  %-*s %4d   %s\n", width, g->name, g->n_tuples, values_of(job, g));
    }
}

static const char *duration(px_arena *arena, double seconds) {
    if (seconds < 1) return "less than a second";
    if (seconds < 120) return px_arena_printf(arena, "about %.0f s", seconds);
    if (seconds < 7200) return px_arena_printf(arena, "about %.0f min", seconds / 60);
    return px_arena_printf(arena, "about %.1f h", seconds / 3600);
}

static const char *memory(px_arena *arena, double bytes) {
    if (bytes < 1e6) return px_arena_printf(arena, "%.0f kB", bytes / 1e3 < 1 ? 1 : bytes / 1e3);
    if (bytes < 1e9) return px_arena_printf(arena, "%.0f MB", bytes / 1e6);
    return px_arena_printf(arena, "%.1f GB", bytes / 1e9);
}

void px_job_print_title(const px_job *job) {
    const px_experiment *e = &job->experiment;
    printf("%s: %s   (seed %llu%s%s)\n", e->stem, e->title, (unsigned long long)e->seed, e->profile ? ", profile " : "",
           e->profile ? e->profile : "");
}

void px_job_print_plan(const px_job *job) {
    const px_plan *plan = &job->plan;
    double work = 0, bytes = 0;
    px_job_print_title(job);
    print_axes(job);
    printf("%lld combinations\n", (long long)plan->n_combinations);
    for (int i = 0; i < plan->n_dropped; i++)
        printf("  - %lld: %s\n", (long long)plan->dropped[i].count, plan->dropped[i].reason);
    if (plan->n_cells != plan->n_unfiltered)
        printf("  - %lld: not matched by --filter\n", (long long)(plan->n_unfiltered - plan->n_cells));
    for (int64_t i = 0; i < plan->n_cells; i++) {
        px_cost cost = job->kind->cost(&plan->cells[i]);
        work += cost.work;
        if (cost.bytes > bytes) bytes = cost.bytes;
    }
    int jobs = px_parallel_jobs();
    printf("%lld cells, largest needs %s, together at most %s, %s on %d thread%s\n", (long long)plan->n_cells,
           memory(job->arena, bytes), memory(job->arena, px_run_memory(bytes, plan->n_cells)),
           duration(job->arena, work / 1e9 / jobs), jobs, jobs == 1 ? "" : "s");
}
