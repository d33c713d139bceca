/* Which columns stand in which file. NAME.csv: cell, every axis of the kind, the key columns, the exact columns,
 * `status` last. NAME.library.csv: cell, the key columns, the columns of class library. Values come as text (px_row).
 */
#ifndef PX_RUN_LAYOUT_H
#define PX_RUN_LAYOUT_H

#include "base/text.h"
#include "spec/param.h"

/* The last column of every table; a kind declares it among its columns. */
#define PX_STATUS_COLUMN "status"

typedef enum px_field_source { PX_FIELD_CELL, PX_FIELD_AXIS, PX_FIELD_PLACE, PX_FIELD_COLUMN } px_field_source;

typedef struct px_field {
    px_field_source source;
    int index; /* AXIS: in the kind's params; COLUMN: in the kind's columns */
} px_field;

/* One file's fields, in order. */
typedef struct px_layout {
    const px_param *params;
    const px_column *columns;
    const px_field *fields;
    int n_fields;
} px_layout;

/* The main table of a kind. `metrics` are the names of [measure] (n_metrics = 0: all): an error column (err_, bwd_,
 * fwd_) that they do not name is left out; keys, bounds, counts and results stay. A kind that declares no `status` is a
 * bug. placed: `executed_on` stands behind the axes. */
px_layout px_layout_main(px_arena *arena, const px_param *params, int n_params, const px_column *columns, int n_columns,
                         const char *const *metrics, int n_metrics, bool placed);

/* The table of the library's columns, by the same rule; n_fields = 0 when none is left. */
px_layout px_layout_library(px_arena *arena, const px_column *columns, int n_columns, const char *const *metrics,
                            int n_metrics);

const char *px_layout_field_name(const px_layout *layout, int i);
void px_layout_header(const px_layout *layout, px_text *out);

/* Appends the record of a row of this cell; row->columns are those that the table was made from. */
void px_layout_record(const px_layout *layout, const px_case *c, const px_row *row, px_text *out);

/* The same for the library's table, which holds only rows that have something of the library's. */
void px_layout_library_record(const px_layout *layout, const px_case *c, const px_row *row, px_text *out);

/* The record of a cell without results: its axes and a status (failed, unsupported), nothing else. */
void px_layout_failed(const px_layout *layout, const px_case *c, px_cell_status status, px_text *out);

/* Counts the records of n bytes of CSV that end in a status, by that status. False when they are not n_records records,
 * or one ends in another word. */
bool px_layout_count(const char *csv, size_t n, int64_t n_records, int64_t by_status[PX_CELL_STATUS_COUNT]);

#endif
