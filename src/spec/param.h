/* What a kind declares and what a cell is: axes (px_param), one choice of their values (px_case), the columns it fills
 * (px_column) and a row of them (px_row). */
#ifndef PX_SPEC_PARAM_H
#define PX_SPEC_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arith/fp.h"
#include "base/arena.h"
#include "base/error.h"

typedef enum px_param_type {
    PX_PARAM_FORMAT, /* a format name; `words` are further words it may take (exact) */
    PX_PARAM_WORD,   /* one of `words` */
    PX_PARAM_PATTERN,/* one of `words`, in which * stands for any text (blas:*) */
    PX_PARAM_INT,
    PX_PARAM_REAL
} px_param_type;

/* An axis. Every axis of a kind has a default, in the syntax of the file. */
typedef struct px_param {
    const char *name;
    px_param_type type;
    const char *fallback;         /* the default, a single value */
    const char *const *words;     /* NULL-terminated; WORD and PATTERN: all; FORMAT: besides the formats */
    const char *same_as;          /* the axis whose value the word `same` stands for; NULL: `same` is not allowed */
    double lo, hi;                /* INT, REAL: the admissible range, ends included */
    bool input;                   /* the data depend on it (sizes, data, matrix, rep): part of the input's identity */
    const char *help;             /* one sentence */
} px_param;

/* A value of an axis. text is canonical and is what the table prints and expressions compare: numbers in shortest
 * decimal, `same` kept for a format axis, replaced by the value for any other. Paths never reach a table:
 * blas:LABEL=PATH has the text blas:LABEL, blas:PATH the text blas:FILE with the last part of the path. */
typedef struct px_value {
    const char *text;
    const char *path; /* PATTERN with a path: relative to the working directory, absolute, or (blas:) a name without
                         '/' for the loader to find; else NULL */
    int word;         /* WORD: index in words; PATTERN: index of the pattern that matched; FORMAT: index of a further
                         word, -1 for a format; else -1 */
    px_fp fp;         /* FORMAT: the format (that of same_as for `same`); p = 0 for a further word */
    double real;      /* INT and REAL */
    int64_t integer;  /* INT */
} px_value;

/* One cell of the plan: a value for every axis of the kind, in the kind's order. */
typedef struct px_case {
    const px_param *params;
    const px_value *values;
    int n_params;
    int64_t index;    /* in the plan, from 0 */
    const char *id;   /* the `cell` column: the values of the axes that the file names, joined by '/' */
    uint64_t seed;
} px_case;

/* Values by axis name; PX_ASSERT that the kind declares it with that type. */
const px_value *px_case_value(const px_case *c, const char *axis);
px_fp px_case_fp(const px_case *c, const char *axis);
int px_case_word(const px_case *c, const char *axis);
int64_t px_case_int(const px_case *c, const char *axis);
double px_case_real(const px_case *c, const char *axis);
const char *px_case_text(const px_case *c, const char *axis);

typedef enum px_column_type { PX_COLUMN_NUMBER, PX_COLUMN_INTEGER, PX_COLUMN_TEXT } px_column_type;
typedef enum px_column_class {
    PX_CLASS_EXACT,   /* the same bytes on every machine where the cell is emulated: NAME.csv */
    PX_CLASS_KEY,     /* a further key of a kind that writes several rows a cell: NAME.csv, after the axes */
    PX_CLASS_LIBRARY  /* computed by a library, may change with its build: NAME.library.csv */
} px_column_class;

typedef struct px_column {
    const char *name, *unit; /* unit "1" for pure numbers, "" for text */
    px_column_type type;
    px_column_class class;
    const char *help;
} px_column;

/* A row under construction: one field a column, empty until set. Numbers that are PX_UNDEFINED (nan by
 * px_row_number) print empty; a computed value that may be NaN is set by px_row_value, which prints nan. */
typedef struct px_row {
    const px_column *columns;
    int n_columns;
    char **fields; /* NULL: empty */
    px_arena *arena;
} px_row;

px_row px_row_new(px_arena *arena, const px_column *columns, int n_columns);
void px_row_number(px_row *row, const char *column, double x);
void px_row_value(px_row *row, const char *column, double x);
void px_row_integer(px_row *row, const char *column, int64_t x);
void px_row_text(px_row *row, const char *column, const char *text);

/* Where rows go. The sink copies what it needs before it returns. */
typedef struct px_sink px_sink;
struct px_sink {
    px_status (*emit)(px_sink *sink, const px_row *row, px_error *err);
};

/* Row statuses, THE list, worst first: X(enumerator, name). */
#define PX_CELL_STATUS_LIST(X)                                                                                        \
    X(PX_CELL_FAILED, "failed")                                                                                       \
    X(PX_CELL_UNSUPPORTED, "unsupported")                                                                             \
    X(PX_CELL_SINGULAR, "singular")                                                                                   \
    X(PX_CELL_NAN, "nan")                                                                                             \
    X(PX_CELL_OVERFLOW, "overflow")                                                                                   \
    X(PX_CELL_NOT_CONVERGED, "not_converged")                                                                         \
    X(PX_CELL_UNDERFLOW, "underflow")                                                                                 \
    X(PX_CELL_OK, "ok")
#define PX_CELL_STATUS_ENUM(id, name) id,
typedef enum px_cell_status { PX_CELL_STATUS_LIST(PX_CELL_STATUS_ENUM) PX_CELL_STATUS_COUNT } px_cell_status;
#undef PX_CELL_STATUS_ENUM
const char *px_cell_status_name(px_cell_status s);

#endif
