/* Tables for people and programs: one table, five ways to print it. */
#ifndef PX_CLI_TABLE_H
#define PX_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"

/* THE list of styles: X(enumerator, name), as in --format. */
#define PX_STYLE_LIST(X)                                                                                               \
    X(PX_STYLE_CSV, "csv")                                                                                             \
    X(PX_STYLE_JSON, "json")                                                                                           \
    X(PX_STYLE_MD, "md")                                                                                               \
    X(PX_STYLE_LATEX, "latex")                                                                                         \
    X(PX_STYLE_TTY, "tty")
#define PX_STYLE_ENUM(id, name) id,
typedef enum px_style { PX_STYLE_LIST(PX_STYLE_ENUM) PX_STYLE_COUNT } px_style;
#undef PX_STYLE_ENUM

typedef struct px_table_column {
    const char *name;
    bool number; /* right-aligned; a JSON number where JSON has one (inf and nan stay text) */
} px_table_column;

typedef struct px_table {
    px_arena *arena; /* owns the copies of the cells */
    const px_table_column *columns;
    int n_columns;
    const char **cells; /* n_rows x n_columns; NULL: an empty cell */
    size_t n_rows, capacity;
    bool whole; /* tty: never cut where no terminal sets a width; a log keeps every column */
} px_table;

/* columns must outlive the table. */
px_table px_table_new(px_arena *arena, const px_table_column *columns, int n_columns);

/* Appends a row of n_columns fields (copied; NULL: empty). */
void px_table_add(px_table *table, const char *const *fields);

/* csv: RFC 4180. json: an array of objects, one a line; null where empty. md, latex: a table to paste (latex: a tabular
 * with booktabs rules). tty: aligned columns; of more than max_rows rows (0: no limit) the first and the last are
 * shown, and a line between them says how many are left out. */
void px_table_print(FILE *stream, const px_table *table, px_style style, size_t max_rows, bool color);
void px_table_print_tty(FILE *stream, const px_table *table, size_t max_rows, bool color);

/* Columns of the terminal behind the stream; 100 when there is none. */
int px_terminal_width(FILE *stream);

/* The text in lines of at most `width` columns, broken at blanks, each behind `indent` blanks. */
void px_print_wrapped(FILE *stream, int indent, int width, const char *text);

#endif
