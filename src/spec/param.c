#include "spec/param.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

static const px_value *value_of(const px_case *c, const char *axis, const px_param **param) {
    for (int i = 0; i < c->n_params; i++) {
        if (strcmp(c->params[i].name, axis) != 0) continue;
        *param = &c->params[i];
        return &c->values[i];
    }
    PX_ASSERT(!"the kind declares this axis");
    return NULL;
}

const px_value *px_case_value(const px_case *c, const char *axis) {
    const px_param *param;
    return value_of(c, axis, &param);
}

px_fp px_case_fp(const px_case *c, const char *axis) {
    const px_param *param;
    const px_value *v = value_of(c, axis, &param);
    PX_ASSERT(param->type == PX_PARAM_FORMAT);
    return v->fp;
}

int px_case_word(const px_case *c, const char *axis) {
    const px_param *param;
    const px_value *v = value_of(c, axis, &param);
    PX_ASSERT(param->type == PX_PARAM_WORD || param->type == PX_PARAM_PATTERN);
    return v->word;
}

int64_t px_case_int(const px_case *c, const char *axis) {
    const px_param *param;
    const px_value *v = value_of(c, axis, &param);
    PX_ASSERT(param->type == PX_PARAM_INT);
    return v->integer;
}

double px_case_real(const px_case *c, const char *axis) {
    const px_param *param;
    const px_value *v = value_of(c, axis, &param);
    PX_ASSERT(param->type == PX_PARAM_INT || param->type == PX_PARAM_REAL);
    return v->real;
}

const char *px_case_text(const px_case *c, const char *axis) { return px_case_value(c, axis)->text; }

px_row px_row_new(px_arena *arena, const px_column *columns, int n_columns) {
    return (px_row){columns, n_columns, PX_NEW_ARRAY(arena, char *, n_columns), arena};
}

static void set_field(px_row *row, const char *column, bool text, const char *value) {
    for (int i = 0; i < row->n_columns; i++) {
        if (strcmp(row->columns[i].name, column) != 0) continue;
        PX_ASSERT((row->columns[i].type == PX_COLUMN_TEXT) == text);
        row->fields[i] = value ? px_arena_strdup(row->arena, value) : NULL;
        return;
    }
    PX_ASSERT(!"the kind declares this column");
}

void px_row_number(px_row *row, const char *column, double x) {
    char buf[PX_DOUBLE_CHARS];
    set_field(row, column, false, isnan(x) ? NULL : px_double_print(x, buf));
}

void px_row_value(px_row *row, const char *column, double x) {
    char buf[PX_DOUBLE_CHARS];
    set_field(row, column, false, px_double_print(x, buf));
}

void px_row_integer(px_row *row, const char *column, int64_t x) {
    char buf[PX_DOUBLE_CHARS];
    snprintf(buf, sizeof buf, "%lld", (long long)x);
    set_field(row, column, false, buf);
}

void px_row_text(px_row *row, const char *column, const char *text) { set_field(row, column, true, text); }

const char *px_cell_status_name(px_cell_status s) {
    static const char *const names[] = {
#define NAME(id, name) name,
        PX_CELL_STATUS_LIST(NAME)
#undef NAME
    };
    PX_ASSERT(s < PX_CELL_STATUS_COUNT);
    return names[s];
}
