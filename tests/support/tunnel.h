/* Runs an experiment given as text through the kinds themselves, in this process, without files: the rows of its table
 * as fields by name. */
#ifndef PX_TEST_TUNNEL_H
#define PX_TEST_TUNNEL_H

#include "kind/kind.h"

typedef struct px_flight {
    int64_t n; /* rows, in plan order; some kinds have several a cell */
    const px_case *const *cells;
    const px_row *rows;
    int64_t n_dropped; /* combinations that cannot be run */
} px_flight;

/* Fails the test, with the messages, when the text is not an experiment or a cell fails. A cell that needs a
 * library or device that is not here is left out, in words. dump_dir may be NULL. Everything lives in the arena. */
px_flight px_fly(px_arena *arena, const char *ini, px_engine engine, const char *dump_dir);

/* The same for a file, under a profile (NULL: none). */
px_flight px_fly_file(px_arena *arena, const char *path, const char *profile);

/* A field of row i: text ("" when empty), number (a NaN when empty). The column must exist. */
const char *px_flight_text(const px_flight *f, int64_t i, const char *column);
double px_flight_number(const px_flight *f, int64_t i, const char *column);

/* The row whose cell id is this; fails the test when there is none. */
int64_t px_flight_find(const px_flight *f, const char *id);

/* A matrix that a cell dumped, whose id or folder is `cell`: count doubles in C order from a .npy file of version 1.0. */
double *px_flight_load(px_arena *arena, const char *dump_dir, const char *cell, const char *name, int64_t count);

#endif
