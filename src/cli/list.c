/* `precx list`: the program's own tables. */
#include <string.h>

#include "arith/model.h"
#include "arith/recipe.h"
#include "backend/registry.h"
#include "base/text.h"
#include "cli/axis.h"
#include "cli/cli.h"
#include "data/data.h"
#include "data/gallery.h"
#include "data/problem.h"
#include "kind/device.h"
#include "kind/kind.h"
#include "kind/transformer.h"
#include "metric/bound.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"
#include "metric/error.h"

enum { MAX_FIELDS = 12 };

static void row(px_table *t, const char *a, const char *b, const char *c, const char *d) {
    px_table_add(t, (const char *[MAX_FIELDS]){a, b, c, d});
}

static void add_kinds(px_table *t) {
    int n;
    const px_kind *const *kinds = px_kinds(&n);
    for (int i = 0; i < n; i++) row(t, kinds[i]->spec.name, kinds[i]->question, NULL, NULL);
}

static void add_formats(px_table *t) {
    for (size_t i = 0; i < px_fp_count(); i++) row(t, px_fp_row_name(i), px_fp_row_aliases(i), NULL, NULL);
    row(t, "ieee_eXmY", "custom: X exponent bits (2 to 11), Y stored significand bits (1 to 52)", NULL, NULL);
}

static void add_backends(px_table *t) {
    int n;
    const px_exec *const *backends = px_backends(&n);
    for (int i = 0; i < n; i++) row(t, backends[i]->name, backends[i]->help, NULL, NULL);
}

static void add_models(px_table *t) {
    int n;
    const px_mma_row *rows = px_mma_rows(&n);
    for (int i = 0; i < n; i++) {
        const px_mma_row *r = &rows[i];
        char width[8], fraction[8] = "", precision[8], floor[8] = "";
        snprintf(width, sizeof width, "%d", r->width);
        if (r->fraction != PX_MMA_UNCUT) snprintf(fraction, sizeof fraction, "%d", r->fraction);
        snprintf(precision, sizeof precision, "%d", r->precision);
        if (r->floor != PX_MMA_NO_FLOOR) snprintf(floor, sizeof floor, "%d", r->floor);
        px_table_add(t,
                     (const char *[MAX_FIELDS]){px_model_name(r->model), px_model_help(r->model), r->in, r->out, width,
                                                fraction, precision, px_rounding_name((px_rounding_mode)r->rounding),
                                                floor, r->instruction, r->sources, r->validated});
    }
}

/* The operands of kind gemm, then the gallery of the other kinds. */
static void add_matrices(px_table *t) {
    const char *const *names = px_matrix_names();
    const px_gallery_row *gallery = px_gallery_rows();
    for (int i = 0; names[i]; i++) row(t, names[i], px_matrix_help(i), NULL, NULL);
    for (int i = 0; i < PX_GALLERY_COUNT; i++)
        row(t, gallery[i].name, gallery[i].formula, gallery[i].kappa_2, gallery[i].source);
}

static void add_data(px_table *t) {
    const char *const *names = px_vector_names();
    for (int i = 0; names[i]; i++) row(t, names[i], px_vector_help(i), NULL, NULL);
}

static void add_pairs(px_table *t) {
    const char *const *names = px_pair_names();
    for (int i = 0; names[i]; i++) row(t, names[i], px_pair_help(i), NULL, NULL);
}

static void add_metrics(px_table *t) {
#define PX_METRIC_ROW(field, column, unit, text) row(t, column, unit, text, NULL);
    PX_ERROR_METRICS(PX_METRIC_ROW)
#undef PX_METRIC_ROW
}

static void add_roundings(px_table *t) {
    for (int i = 0; i < PX_ROUNDING_COUNT; i++)
        row(t, px_rounding_name((px_rounding_mode)i), px_rounding_help((px_rounding_mode)i), NULL, NULL);
}

static void add_orders(px_table *t) {
    for (int i = 0; i < PX_ORDER_COUNT; i++) row(t, px_order_name((px_order)i), px_order_help((px_order)i), NULL, NULL);
}

static void add_bounds(px_table *t) {
    int n;
    const px_bound_row *rows = px_bound_rows(&n);
    for (int i = 0; i < n; i++) row(t, rows[i].name, rows[i].formula, rows[i].validity, rows[i].source);
}

static void add_optimizers(px_table *t) {
#define NAMED_ROW(id, name, text) row(t, name, text, NULL, NULL);
    PX_OPTIMIZER_LIST(NAMED_ROW)
}

static void add_schedules(px_table *t) { PX_SCHEDULE_LIST(NAMED_ROW) }
static void add_initials(px_table *t) { PX_INITIAL_LIST(NAMED_ROW) }

static void add_algorithms(px_table *t) {
    PX_ALGORITHM_LIST(NAMED_ROW)
#undef NAMED_ROW
}

static void add_devices(px_table *t) {
#define ROW(id, name, fp64, fp32, tf32, fp16, bf16, fp8, bandwidth, memory, source)                                    \
    px_table_add(                                                                                                      \
        t, (const char *[MAX_FIELDS]){name, #fp64, #fp32, #tf32, #fp16, #bf16, #fp8, #bandwidth, #memory, source});
    PX_DEVICE_LIST(ROW)
#undef ROW
}

static void add_problems(px_table *t) {
#define ROW(id, text) row(t, #id, text, NULL, NULL);
    PX_PROBLEM_LIST(ROW)
#undef ROW
}

/* THE list of what can be listed. */
static const struct listing {
    const char *name;
    px_table_column columns[MAX_FIELDS];
    int n_columns;
    void (*add)(px_table *t);
} listings[] = {
    {"kinds", {{"kind", 0}, {"question", 0}}, 2, add_kinds},
    {"formats", {{"format", 0}, {"other_names", 0}}, 2, add_formats},
    {"backends", {{"backend", 0}, {"what", 0}}, 2, add_backends},
    {"models",
     {{"model", 0},
      {"unit", 0},
      {"in", 0},
      {"out", 0},
      {"block", 1},
      {"fraction_bits", 1},
      {"result_bits", 1},
      {"rounding", 0},
      {"least_exponent", 1},
      {"instruction", 0},
      {"sources", 0},
      {"validated", 0}},
     12,
     add_models},
    {"matrices", {{"matrix", 0}, {"what", 0}, {"kappa_2", 0}, {"source", 0}}, 4, add_matrices},
    {"data", {{"data", 0}, {"what", 0}}, 2, add_data},
    {"pairs", {{"data", 0}, {"what", 0}}, 2, add_pairs},
    {"optimizers", {{"optimizer", 0}, {"update", 0}}, 2, add_optimizers},
    {"schedules", {{"schedule", 0}, {"factor", 0}}, 2, add_schedules},
    {"initials", {{"initial", 0}, {"weights", 0}}, 2, add_initials},
    {"problems", {{"problem", 0}, {"what", 0}}, 2, add_problems},
    {"devices",
     {{"device", 0},
      {"fp64_tflops", 1},
      {"fp32_tflops", 1},
      {"tf32_tflops", 1},
      {"fp16_tflops", 1},
      {"bf16_tflops", 1},
      {"fp8_tflops", 1},
      {"gb_per_s", 1},
      {"memory_gb", 1},
      {"source", 0}},
     10,
     add_devices},
    {"metrics", {{"metric", 0}, {"unit", 0}, {"formula", 0}}, 3, add_metrics},
    {"roundings", {{"rounding", 0}, {"what", 0}}, 2, add_roundings},
    {"orders", {{"order", 0}, {"what", 0}}, 2, add_orders},
    {"algorithms", {{"algorithm", 0}, {"what", 0}}, 2, add_algorithms},
    {"bounds", {{"bound", 0}, {"formula", 0}, {"holds", 0}, {"source", 0}}, 4, add_bounds},
};
enum { N_LISTINGS = sizeof listings / sizeof *listings };

static void list(const px_cli *cli, const struct listing *what) {
    px_table t = px_table_new(cli->arena, what->columns, what->n_columns);
    what->add(&t);
    px_table_print(stdout, &t, px_cli_style(cli), 0, px_cli_color(cli, stdout));
}

/* Without WHAT: every list's name and the names in it. */
static void list_lists(const px_cli *cli) {
    static const px_table_column columns[] = {{"what", false}, {"names", false}};
    px_table all = px_table_new(cli->arena, columns, 2);
    for (size_t k = 0; k < N_LISTINGS; k++) {
        px_table t = px_table_new(cli->arena, listings[k].columns, listings[k].n_columns);
        px_text names = {0};
        listings[k].add(&t);
        const char *last = "";
        for (size_t i = 0; i < t.n_rows; i++) {
            const char *name = t.cells[i * (size_t)t.n_columns];
            if (strcmp(name, last) != 0) px_text_printf(&names, "%s%s", i ? " " : "", name); /* a model has many rows */
            last = name;
        }
        px_table_add(&all, (const char *[]){listings[k].name, t.n_rows ? px_text_str(&names) : NULL});
        px_text_free(&names);
    }
    px_table_print(stdout, &all, px_cli_style(cli), 0, px_cli_color(cli, stdout));
}

px_status px_command_list(const px_cli *cli, px_error *err) {
    const char *names[N_LISTINGS];
    if (cli->n_operands == 0) {
        list_lists(cli);
        return PX_OK;
    }
    for (size_t i = 0; i < N_LISTINGS; i++) {
        names[i] = listings[i].name;
        if (strcmp(cli->operands[0], names[i]) == 0) {
            list(cli, &listings[i]);
            return PX_OK;
        }
    }
    return px_cli_unknown(err, "list", cli->operands[0], names, N_LISTINGS);
}

const char *px_listing_of(const px_param *axis) {
    if (axis->type == PX_PARAM_FORMAT) return "formats";
    for (size_t i = 0; i < N_LISTINGS; i++)
        if (strcmp(listings[i].columns[0].name, axis->name) == 0) return listings[i].name;
    return NULL;
}

const char *px_listing_name(int i) { return i < N_LISTINGS ? listings[i].name : NULL; }
