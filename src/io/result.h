/* A table and its provenance: a result (NAME.csv, NAME.meta.json) or a baseline, which has in
 * addition a column X_hex behind every column X of numbers. */
#ifndef PX_IO_RESULT_H
#define PX_IO_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "io/csv.h"
#include "io/infile.h"

/* What NAME.meta.json says. Texts are "" when it does not say. */
typedef struct px_origin {
    bool known; /* there is a meta file */
    const char *name, *kind, *plan, *profile, *filter, *shard, *seed, *version, *git, *started;
    const char *experiment_sha256, *compiler, *blas, *cpu, *os;
    const char *accepted, *because; /* of a baseline: when and why, the last time */
    const char *sha256;             /* of the CSV, as stated */
    bool dirty;                     /* made by a build whose sources were modified */
} px_origin;

typedef enum px_role {
    PX_ROLE_KEY,   /* cell and the further key columns: together the name of a row */
    PX_ROLE_AXIS,  /* follows from the cell */
    PX_ROLE_VALUE, /* what the gate compares */
    PX_ROLE_HEX    /* the hexfloats of another column */
} px_role;

typedef struct px_result {
    const char *path, *meta_path;
    px_csv csv;
    px_origin origin;
    bool intact;       /* the CSV is the one that the meta file was written for */
    px_role *roles;    /* one a column */
    int *hex;          /* one a column: where its hexfloats stand; -1: nowhere */
    const char **keys; /* one a row: cell, with the further keys behind it as in "cell step=3" */
} px_result;

/* Reads the table at `path` and the meta file beside it, which may be absent. PX_BAD_FILE with path:line for what
 * cannot be read; a table without a column `cell` is none of ours. Everything lives in the arena. */
px_status px_result_read(px_arena *arena, const char *path, px_result *result, px_error *err);

/* The same on memory, for the fuzzer; path only names it, and nothing is known to be intact. meta.at NULL: no meta file. */
px_status px_result_parse(px_arena *arena, const char *path, px_bytes table, px_bytes meta, px_result *result,
                          px_error *err);

/* For each row of a the row of b with the same key, or -1. Rows with the same key are matched in their order; so are
 * the rows of a cell where one side has no meta file to name the further keys. In the arena. */
int64_t *px_result_match(px_arena *arena, const px_result *a, const px_result *b);

/* PATH.csv -> PATH.meta.json */
const char *px_result_meta_path(px_arena *arena, const char *csv_path);

/* Do these fields hold the same value: the same text, or numbers of the same bits (every NaN is alike)? */
bool px_same_value(const char *a, const char *b);

#endif
