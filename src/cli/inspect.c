/* `precx inspect FILE`: the tensors of a file, and what narrower formats would lose of them. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "io/matrix_file.h"
#include "io/safetensors.h"
#include "kind/kappa.h"
#include "metric/narrow.h"
#include "solve/jacobi.h"

/* The formats that a tensor is tried in. */
static const char *const formats[] = {"fp16", "bf16", "fp8_e4m3", "fp8_e5m2"};
enum { N_FORMATS = sizeof formats / sizeof *formats };

/* Largest (rows x columns x the smaller of them) of a condition number: a few seconds each. */
static const double largest_jacobi = 0x1p26, largest_lapack = 0x1p31;

/* THE columns: X(enumerator, name, number). */
#define COLUMN_LIST(X)                                                                                                 \
    X(TENSOR, "tensor", false)                                                                                         \
    X(FORMAT, "format", false)                                                                                         \
    X(TYPE, "type", false)                                                                                             \
    X(SHAPE, "shape", false)                                                                                           \
    X(ENTRIES, "entries", true)                                                                                        \
    X(SMALLEST, "least", true)                                                                                         \
    X(LARGEST, "most", true)                                                                                           \
    X(NORM, "norm_2", true)                                                                                            \
    X(KAPPA, "kappa_2", true)                                                                                          \
    X(FLUSHED, "n_flushed", true)                                                                                      \
    X(SUBNORMAL, "n_subnormal", true)                                                                                  \
    X(OVERFLOWED, "n_overflowed", true)                                                                                \
    X(ERROR, "err_rel_2", true)                                                                                        \
    X(ZEROS, "n_zero", true)                                                                                           \
    X(INFINITE, "n_inf", true)                                                                                         \
    X(NO_NUMBER, "n_nan", true)                                                                                        \
    X(RADIUS, "kappa_2_radius", true)                                                                                  \
    X(LAPACK, "kappa_2_gesdd", true)
#define AS_ENUM(id, name, number)   id,
#define AS_COLUMN(id, name, number) {name, number},
enum { COLUMN_LIST(AS_ENUM) N_COLUMNS };
static const px_table_column columns[] = {COLUMN_LIST(AS_COLUMN)};

typedef struct inspection {
    const px_cli *cli;
    px_table table;
    px_narrowing all[N_FORMATS]; /* of the whole file */
    int n_left_out;              /* matrices without condition number */
} inspection;

/* Programs get 8 digits, people 3. */
static const char *figure(const inspection *w, double x) {
    px_style style = px_cli_style(w->cli);
    bool for_programs = style == PX_STYLE_CSV || style == PX_STYLE_JSON;
    return px_arena_printf(w->table.arena, for_programs ? "%.8g" : "%.3g", x);
}

static const char *count(const inspection *w, int64_t n) {
    return px_arena_printf(w->table.arena, "%lld", (long long)n);
}

static void set_kappa(inspection *w, const px_mat *m, const char **fields) {
    double rows = (double)m->rows, cols = (double)m->cols, work = rows * cols * fmin(rows, cols);
    if (rows < 2 || cols < 2) return;
    px_arena *arena = px_arena_new();
    if (work <= largest_jacobi) {
        px_spectrum s = px_jacobi_spectrum(arena, m);
        fields[KAPPA] = figure(w, s.kappa_2);
        fields[RADIUS] = figure(w, s.radius);
    }
    if (work <= largest_lapack)
        fields[LAPACK] = figure(w, px_kappa_2_lapack(arena, m));
    else
        w->n_left_out++;
    px_arena_free(arena);
}

static void add_row(inspection *w, const px_narrowing *t, const char *format, const char **fields) {
    fields[ENTRIES] = count(w, t->n);
    fields[ZEROS] = count(w, t->n_zero);
    fields[INFINITE] = count(w, t->n_inf);
    fields[NO_NUMBER] = count(w, t->n_nan);
    fields[SMALLEST] = t->least <= t->most ? figure(w, t->least) : NULL;
    fields[LARGEST] = t->least <= t->most ? figure(w, t->most) : NULL;
    fields[NORM] = figure(w, px_narrowing_norm(t));
    fields[FORMAT] = format;
    fields[FLUSHED] = count(w, t->n_flushed);
    fields[SUBNORMAL] = count(w, t->n_subnormal);
    fields[OVERFLOWED] = count(w, t->n_overflowed);
    fields[ERROR] = figure(w, px_narrowing_error(t));
    px_table_add(&w->table, fields);
}

/* m NULL: numbers of a type that has no format. */
static void add_tensor(inspection *w, const char *name, const char *type, const char *shape, int64_t entries,
                       bool matrix, const px_mat *m) {
    const char *fields[N_COLUMNS] = {[TENSOR] = name, [TYPE] = type, [SHAPE] = shape, [ENTRIES] = count(w, entries)};
    if (!m) {
        px_table_add(&w->table, fields);
        return;
    }
    for (int i = 0; i < N_FORMATS; i++) {
        px_fp f;
        PX_ASSERT(px_fp_parse(formats[i], &f, NULL) == PX_OK);
        px_narrowing t = px_narrowing_of(m, f);
        px_narrowing_merge(&w->all[i], &t);
        if (i == 0 && matrix && t.n_inf + t.n_nan == 0) set_kappa(w, m, fields);
        add_row(w, &t, formats[i], fields);
    }
}

static const char *shape_of(px_arena *arena, const px_tensor *t) {
    const char *s = t->n_dims ? "" : "scalar";
    for (int i = 0; i < t->n_dims; i++) s = px_arena_printf(arena, "%s%s%lld", s, i ? "x" : "", (long long)t->dim[i]);
    return s;
}

static px_status inspect_tensors(inspection *w, const char *path, px_error *err) {
    px_safetensors file;
    PX_TRY(px_safetensors_open(w->cli->arena, path, &file, err));
    for (int i = 0; i < file.n_tensors; i++) {
        const px_tensor *t = &file.tensors[i];
        const char *shape = shape_of(w->cli->arena, t);
        if (!t->dtype->format) {
            add_tensor(w, t->name, t->dtype->name, shape, t->count, false, NULL);
            continue;
        }
        px_arena *arena = px_arena_new(); /* one tensor at a time is in memory */
        px_mat m;
        px_status status = px_safetensors_load(arena, &file, t, &m, err);
        if (status == PX_OK) add_tensor(w, t->name, t->dtype->name, shape, t->count, t->n_dims == 2, &m);
        px_arena_free(arena);
        PX_TRY(status);
    }
    if (file.n_tensors < 2) return PX_OK;
    for (int i = 0; i < N_FORMATS; i++)
        if (w->all[i].n) add_row(w, &w->all[i], formats[i], (const char *[N_COLUMNS]){[TENSOR] = "(all)"});
    return PX_OK;
}

static px_status inspect_matrix(inspection *w, const char *path, px_error *err) {
    px_mat m;
    PX_TRY(px_matrix_file_read(w->cli->arena, path, &m, err));
    const char *slash = strrchr(path, '/');
    const char *shape = px_arena_printf(w->cli->arena, "%lldx%lld", (long long)m.rows, (long long)m.cols);
    add_tensor(w, slash ? slash + 1 : path, NULL, shape, m.rows * m.cols, true, &m);
    return PX_OK;
}

static bool ends_in(const char *s, const char *ending) {
    size_t n = strlen(s), k = strlen(ending);
    return n >= k && strcmp(s + n - k, ending) == 0;
}

px_status px_command_inspect(const px_cli *cli, px_error *err) {
    inspection w = {.cli = cli, .table = px_table_new(cli->arena, columns, N_COLUMNS)};
    const char *path = cli->operands[0];
    for (int i = 0; i < N_FORMATS; i++) w.all[i] = px_narrowing_none();
    if (ends_in(path, ".safetensors"))
        PX_TRY(inspect_tensors(&w, path, err));
    else if (ends_in(path, ".npy") || ends_in(path, ".mtx"))
        PX_TRY(inspect_matrix(&w, path, err));
    else
        return px_fail(err, PX_BAD_FILE, "%s: the name ends in .safetensors, .npy or .mtx", path);
    px_table_print(stdout, &w.table, px_cli_style(cli), 0, px_cli_color(cli, stdout));
    if (w.n_left_out && !px_cli_given(cli, PX_OPT_QUIET))
        fprintf(stderr, "precx: %d matrices are too large for a condition number here\n", w.n_left_out);
    return PX_OK;
}
