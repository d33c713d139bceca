/* A merge under way: what the files of this room share. */
#ifndef PX_RUN_JOINING_H
#define PX_RUN_JOINING_H

#include <jansson.h>

#include "io/outfile.h"
#include "io/result.h"

/* The records of one cell in one file of a part: rows first .. end - 1. */
typedef struct px_rows {
    size_t first, end;
} px_rows;

typedef struct px_part {
    const char *path;
    px_result result;
    json_t *meta, *block;
    int shard, of;
    int64_t n_cells, *index; /* of its cells in the plan */
    px_rows *rows;           /* one a cell */
    px_csv side[2];          /* library, timing; n_columns 0: not there */
} px_part;

/* A cell of the whole table. */
typedef struct px_joined {
    int64_t index;
    int part;
    int64_t cell; /* in the part */
} px_joined;

typedef struct px_joining {
    px_arena *arena;
    px_part *parts;
    int n;
    px_joined *cells;
    int64_t n_cells;
    px_error *err;
} px_joining;

/* The command that made a part, with another --shard; in the arena. */
const char *px_part_command(px_arena *arena, const px_part *part, int shard);

/* NAME.meta.json of the whole: the first part's, with what belongs to a part put together and `parts`, which says where
 * and when each was made. library NULL: none. */
void px_join_meta(const px_joining *j, const px_outfile *main, const px_outfile *library, px_text *out);

#endif
