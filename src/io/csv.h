/* CSV as the contract says: RFC 4180, LF, UTF-8, C locale. */
#ifndef PX_IO_CSV_H
#define PX_IO_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

/* Appends one record with its newline; NULL fields are empty; fields are quoted only when they must be. */
void px_csv_record(px_text *out, const char *const *fields, int n);

/* A whole table in memory: header and records of as many fields each. */
typedef struct px_csv {
    const char *const *header;
    int n_columns;
    const char *const *const *rows;
    const int *lines; /* where record i begins in the file, from 1 */
    size_t n_rows;
} px_csv;

/* PX_BAD_FILE with path:line for anything that is not such a table (ragged records, an open quote, NUL, a header twice the
 * same, > 1 GiB). csv then holds the records before the mistake, n_columns = 0 when the header is at fault. */
px_status px_csv_read(px_arena *arena, const char *path, px_csv *csv, px_error *err);
px_status px_csv_parse(px_arena *arena, const char *name, const char *bytes, size_t n, px_csv *csv, px_error *err);
int px_csv_column(const px_csv *csv, const char *name); /* -1: none */

#endif
