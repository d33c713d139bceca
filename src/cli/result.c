/* What a run leaves on stdout. On a terminal: the axes that vary, the kind's most telling columns with three digits,
 * then where the table is and what to type next. In a pipe: the path, or with --format the table. */
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/job.h"
#include "io/csv.h"

enum { MAX_ROWS = 40, FEW_ROWS = 50, MAX_COLUMNS = 16 };

/* Columns of the CSV that are shown, in order. */
typedef struct shown {
    int index[MAX_COLUMNS]; /* in the CSV */
    px_table_column column[MAX_COLUMNS];
    int n;
} shown;

static void show(shown *s, const px_csv *csv, int index, bool number) {
    if (index < 0 || s->n == MAX_COLUMNS) return;
    s->index[s->n] = index;
    s->column[s->n++] = (px_table_column){csv->header[index], number};
}

static bool varies(const px_csv *csv, int j) {
    for (size_t i = 1; i < csv->n_rows; i++)
        if (strcmp(csv->rows[i][j], csv->rows[0][j]) != 0) return true;
    return false;
}

static bool filled(const px_csv *csv, int j) {
    for (size_t i = 0; i < csv->n_rows; i++)
        if (*csv->rows[i][j]) return true;
    return false;
}

static const px_column *column_of(const px_kind_spec *spec, const char *name) {
    for (int j = 0; j < spec->n_columns; j++)
        if (strcmp(spec->columns[j].name, name) == 0) return &spec->columns[j];
    return NULL;
}

/* The axes that vary (those that the file names: m = same follows n), further keys, status when a row is not ok, and the
 * highlights that are filled. */
static shown choose(const px_job *job, const px_csv *csv, bool all_ok) {
    const px_kind_spec *spec = &job->kind->spec;
    shown s = {.n = 0};
    for (int j = 0; j < spec->n_params; j++) {
        int at = px_csv_column(csv, spec->params[j].name);
        bool number = spec->params[j].type == PX_PARAM_INT || spec->params[j].type == PX_PARAM_REAL;
        if (at >= 0 && job->plan.axis_named[j] && varies(csv, at)) show(&s, csv, at, number);
    }
    for (int j = 0; j < spec->n_columns; j++)
        if (spec->columns[j].class == PX_CLASS_KEY) show(&s, csv, px_csv_column(csv, spec->columns[j].name), false);
    if (!all_ok) show(&s, csv, px_csv_column(csv, "status"), false);
    for (int j = 0; job->kind->highlights && job->kind->highlights[j]; j++) {
        int at = px_csv_column(csv, job->kind->highlights[j]);
        const px_column *c = column_of(spec, job->kind->highlights[j]);
        if (at >= 0 && c && filled(csv, at)) show(&s, csv, at, c->type != PX_COLUMN_TEXT);
    }
    return s;
}

/* Three digits are enough to look at; the CSV has them all. */
static const char *rounded(px_arena *arena, const px_kind_spec *spec, const char *name, const char *field) {
    const px_column *c = column_of(spec, name);
    double x;
    if (!c || c->type != PX_COLUMN_NUMBER || !px_double_parse(field, &x)) return field;
    return px_arena_printf(arena, "%.3g", x);
}

static void print_summary(const px_cli *cli, const px_job *job, const px_csv *csv, px_style style, bool all_ok) {
    shown s = choose(job, csv, all_ok);
    px_table t = px_table_new(job->arena, s.column, s.n);
    for (size_t i = 0; i < csv->n_rows; i++) {
        const char *fields[MAX_COLUMNS];
        for (int j = 0; j < s.n; j++)
            fields[j] = rounded(job->arena, &job->kind->spec, s.column[j].name, csv->rows[i][s.index[j]]);
        px_table_add(&t, fields);
    }
    px_table_print(stdout, &t, style, csv->n_rows > FEW_ROWS ? MAX_ROWS : 0, px_cli_color(cli, stdout));
}

/* The whole table, every column. */
static void print_whole(const px_job *job, const px_csv *csv, px_style style) {
    const px_kind_spec *spec = &job->kind->spec;
    px_table_column *columns = PX_NEW_ARRAY(job->arena, px_table_column, csv->n_columns);
    const char **fields = PX_NEW_ARRAY(job->arena, const char *, csv->n_columns);
    for (int j = 0; j < csv->n_columns; j++) {
        const px_column *c = column_of(spec, csv->header[j]);
        columns[j] = (px_table_column){csv->header[j], c && c->type != PX_COLUMN_TEXT};
        for (int k = 0; k < spec->n_params; k++)
            if (strcmp(spec->params[k].name, csv->header[j]) == 0)
                columns[j].number = spec->params[k].type == PX_PARAM_INT || spec->params[k].type == PX_PARAM_REAL;
    }
    px_table t = px_table_new(job->arena, columns, csv->n_columns);
    for (size_t i = 0; i < csv->n_rows; i++) {
        for (int j = 0; j < csv->n_columns; j++) fields[j] = *csv->rows[i][j] ? csv->rows[i][j] : NULL;
        px_table_add(&t, fields);
    }
    px_table_print(stdout, &t, style, 0, false);
}

/* What the table is about: the title, and the axes of the file that have one value. */
static void print_heading(const px_job *job, const px_csv *csv) {
    const px_experiment *e = &job->experiment;
    px_job_print_title(job);
    const char *constants = "";
    for (int j = 0; j < e->kind->n_params && csv->n_rows; j++) {
        int at = px_csv_column(csv, e->kind->params[j].name);
        if (at < 0 || !job->plan.axis_named[j] || varies(csv, at)) continue;
        constants = px_arena_printf(job->arena, "%s%s%s = %s", constants, *constants ? ", " : "with ", csv->header[at],
                                    csv->rows[0][at]);
    }
    px_print_wrapped(stdout, 2, px_terminal_width(stdout), constants);
    putchar('\n');
}

/* "1100 ok, 34 overflow": worst last, because the eye is there. */
static const char *statuses(const px_job *job, const px_run_result *r) {
    const char *s = "";
    for (int i = PX_CELL_STATUS_COUNT - 1; i >= 0; i--)
        if (r->by_status[i])
            s = px_arena_printf(job->arena, "%s%s%lld %s", s, *s ? ", " : "", (long long)r->by_status[i],
                                px_cell_status_name((px_cell_status)i));
    return s;
}

static void print_next(const px_job *job, const px_run_result *r) {
    printf("\n%s   %lld cells in %.1f s: %s\n", r->csv_path, (long long)r->n_cells, r->seconds, statuses(job, r));
    const char *usual = px_arena_printf(job->arena, "experiments/%s.ini", job->experiment.stem);
    bool found = strcmp(usual, job->path) == 0; /* where report looks */
    printf("next:\n  precx report %s%s%s\n      plots, tables and a page to look at\n", r->csv_path,
           found ? "" : " --experiment ", found ? "" : job->path);
    printf("  precx describe %s\n      what each column means, and the sources\n", job->kind->spec.name);
    if (job->experiment.profile)
        printf("  precx run %s --dry-run\n      the plan of the whole experiment\n", job->path);
    printf("  precx run %s%s%s --filter EXPR --dump DIR\n      inputs, result and reference of some cells as .npy\n",
           job->path, job->experiment.profile ? " --profile " : "",
           job->experiment.profile ? job->experiment.profile : "");
}

px_status px_job_print_result(const px_cli *cli, const px_job *job, const px_run_result *result, px_error *err) {
    bool table = px_cli_given(cli, PX_OPT_TABLE) || isatty(STDOUT_FILENO);
    px_style style = px_cli_style(cli);
    if (!table || px_cli_given(cli, PX_OPT_QUIET)) {
        printf("%s\n", result->csv_path);
        return PX_OK;
    }
    px_csv csv;
    PX_TRY(px_csv_read(job->arena, result->csv_path, &csv, err));
    int64_t rows = (int64_t)csv.n_rows;
    if (style == PX_STYLE_CSV || style == PX_STYLE_JSON) {
        print_whole(job, &csv, style);
        return PX_OK;
    }
    if (style == PX_STYLE_TTY) print_heading(job, &csv);
    print_summary(cli, job, &csv, style, result->by_status[PX_CELL_OK] == rows);
    if (style == PX_STYLE_TTY) print_next(job, result);
    return PX_OK;
}
