/* Parts of a table, made by runs with --shard, joined to the table that one run would have written: the same bytes. */
#ifndef PX_RUN_MERGE_H
#define PX_RUN_MERGE_H

#include "io/outfile.h"

typedef struct px_merged {
    char csv_path[PX_PATH_CHARS];
    int64_t n_cells, n_rows;
} px_merged;

/* Reads the parts (NAME.IofN.csv with its meta file, and the side files that there are) and writes DIRECTORY/NAME.csv,
 * NAME.library.csv, NAME.timing.csv and NAME.meta.json. PX_BAD_FILE, with the file and what to do, for a table that is
 * no part or was edited, for parts of different tables (seed, axes, profile, filter, version: the first difference is
 * named), a part that stands twice, and parts that are missing, with the command that makes the first of them. */
px_status px_merge(const char *const *paths, int n, const char *directory, px_merged *merged, px_error *err);

#endif
