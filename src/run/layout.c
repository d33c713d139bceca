#include "run/layout.h"

#include <string.h>

#include "io/csv.h"
#include "kind/kind.h"

/* Columns of these families are errors, which [measure] chooses from; everything else a kind reports stays. */
static const char *const error_families[] = {"err_", "bwd_", "fwd_"};

static bool is_error(const char *name) {
    for (size_t i = 0; i < sizeof error_families / sizeof *error_families; i++)
        if (strncmp(name, error_families[i], strlen(error_families[i])) == 0) return true;
    return false;
}

static bool is_wanted(const char *name, const char *const *metrics, int n_metrics) {
    if (n_metrics == 0 || !is_error(name)) return true;
    for (int i = 0; i < n_metrics; i++)
        if (strcmp(metrics[i], name) == 0) return true;
    return false;
}

static bool is_status(const px_column *column) { return strcmp(column->name, PX_STATUS_COLUMN) == 0; }

/* Appends the wanted columns of one class, `status` excepted. Returns the new count. */
static int add_columns(px_field *fields, int n, px_column_class class, const px_column *columns, int n_columns,
                       const char *const *metrics, int n_metrics) {
    for (int i = 0; i < n_columns; i++)
        if (columns[i].class == class && !is_status(&columns[i]) && is_wanted(columns[i].name, metrics, n_metrics))
            fields[n++] = (px_field){PX_FIELD_COLUMN, i};
    return n;
}

px_layout px_layout_main(px_arena *arena, const px_param *params, int n_params, const px_column *columns, int n_columns,
                         const char *const *metrics, int n_metrics, bool placed) {
    px_field *fields = PX_NEW_ARRAY(arena, px_field, 2 + n_params + n_columns);
    int n = 0, status = -1;
    fields[n++] = (px_field){PX_FIELD_CELL, 0};
    for (int i = 0; i < n_params; i++) fields[n++] = (px_field){PX_FIELD_AXIS, i};
    if (placed) fields[n++] = (px_field){PX_FIELD_PLACE, 0};
    n = add_columns(fields, n, PX_CLASS_KEY, columns, n_columns, NULL, 0);
    n = add_columns(fields, n, PX_CLASS_EXACT, columns, n_columns, metrics, n_metrics);
    for (int i = 0; i < n_columns; i++)
        if (is_status(&columns[i])) status = i;
    PX_ASSERT(status >= 0);
    fields[n++] = (px_field){PX_FIELD_COLUMN, status};
    return (px_layout){params, columns, fields, n};
}

px_layout px_layout_library(px_arena *arena, const px_column *columns, int n_columns, const char *const *metrics,
                            int n_metrics) {
    px_field *fields = PX_NEW_ARRAY(arena, px_field, 1 + n_columns);
    fields[0] = (px_field){PX_FIELD_CELL, 0};
    int keys = add_columns(fields, 1, PX_CLASS_KEY, columns, n_columns, NULL, 0);
    int n = add_columns(fields, keys, PX_CLASS_LIBRARY, columns, n_columns, metrics, n_metrics);
    return (px_layout){NULL, columns, fields, n == keys ? 0 : n};
}

const char *px_layout_field_name(const px_layout *layout, int i) {
    px_field f = layout->fields[i];
    if (f.source == PX_FIELD_CELL) return "cell";
    if (f.source == PX_FIELD_PLACE) return "executed_on";
    return f.source == PX_FIELD_AXIS ? layout->params[f.index].name : layout->columns[f.index].name;
}

/* A record longer than this many fields would be a kind gone wild. */
enum { MAX_FIELDS = 256 };

void px_layout_header(const px_layout *layout, px_text *out) {
    const char *names[MAX_FIELDS];
    PX_ASSERT(layout->n_fields <= MAX_FIELDS);
    for (int i = 0; i < layout->n_fields; i++) names[i] = px_layout_field_name(layout, i);
    px_csv_record(out, names, layout->n_fields);
}

/* row NULL: nothing but the axes and this status. */
static void record(const px_layout *layout, const px_case *c, const px_row *row, px_cell_status status, px_text *out) {
    const char *fields[MAX_FIELDS];
    PX_ASSERT(layout->n_fields <= MAX_FIELDS);
    for (int i = 0; i < layout->n_fields; i++) {
        px_field f = layout->fields[i];
        if (f.source == PX_FIELD_CELL)
            fields[i] = c->id;
        else if (f.source == PX_FIELD_AXIS)
            fields[i] = c->values[f.index].text;
        else if (f.source == PX_FIELD_PLACE)
            fields[i] = px_kind_executed_on(c);
        else if (row)
            fields[i] = row->fields[f.index];
        else
            fields[i] = is_status(&layout->columns[f.index]) ? px_cell_status_name(status) : NULL;
    }
    px_csv_record(out, fields, layout->n_fields);
}

void px_layout_record(const px_layout *layout, const px_case *c, const px_row *row, px_text *out) {
    PX_ASSERT(row->columns == layout->columns);
    record(layout, c, row, PX_CELL_OK, out);
}

void px_layout_library_record(const px_layout *layout, const px_case *c, const px_row *row, px_text *out) {
    bool any = false;
    for (int i = 0; i < layout->n_fields; i++) {
        px_field f = layout->fields[i];
        if (f.source == PX_FIELD_COLUMN && layout->columns[f.index].class == PX_CLASS_LIBRARY && row->fields[f.index])
            any = true;
    }
    if (any) px_layout_record(layout, c, row, out);
}

void px_layout_failed(const px_layout *layout, const px_case *c, px_cell_status status, px_text *out) {
    record(layout, c, NULL, status, out);
}

static int status_of(const char *word, size_t n) {
    for (int s = 0; s < PX_CELL_STATUS_COUNT; s++) {
        const char *name = px_cell_status_name((px_cell_status)s);
        if (strlen(name) == n && memcmp(name, word, n) == 0) return s;
    }
    return -1;
}

bool px_layout_count(const char *csv, size_t n, int64_t n_records, int64_t by_status[PX_CELL_STATUS_COUNT]) {
    bool quoted = false;
    const char *field = csv;
    for (const char *p = csv; p < csv + n; p++) {
        if (*p == '"') quoted = !quoted;
        if (quoted || (*p != ',' && *p != '\n')) continue;
        if (*p == '\n') {
            int s = status_of(field, (size_t)(p - field));
            if (s < 0) return false;
            by_status[s]++;
            n_records--;
        }
        field = p + 1;
    }
    return n_records == 0 && (n == 0 || (!quoted && csv[n - 1] == '\n'));
}
