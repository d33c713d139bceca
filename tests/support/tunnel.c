#include "support/tunnel.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/parallel.h"
#include "base/text.h"

typedef struct collector {
    px_sink sink;
    px_arena *arena;
    const px_case *cell;
    px_flight *flight;
    const px_case **cells;
    px_row *rows;
    int64_t room;
} collector;

static void *grown(px_arena *arena, const void *old, int64_t n, int64_t room, size_t size) {
    void *more = px_arena_alloc(arena, (size_t)room, size);
    if (n > 0) memcpy(more, old, (size_t)n * size);
    return more;
}

static px_status collect(px_sink *sink, const px_row *row, px_error *err) {
    (void)err;
    collector *c = (collector *)sink;
    px_flight *f = c->flight;
    if (f->n == c->room) {
        c->room = 2 * c->room + 64;
        f->cells = c->cells = grown(c->arena, c->cells, f->n, c->room, sizeof *c->cells);
        f->rows = c->rows = grown(c->arena, c->rows, f->n, c->room, sizeof *c->rows);
    }
    c->cells[f->n] = c->cell;
    px_row copy = px_row_new(c->arena, row->columns, row->n_columns); /* a row's fields are gone after this call */
    for (int k = 0; k < row->n_columns; k++)
        if (row->fields[k]) copy.fields[k] = px_arena_strdup(c->arena, row->fields[k]);
    c->rows[f->n++] = copy;
    return PX_OK;
}

/* The experiment as a file of its own: the reader takes files only. */
static void write_ini(const char *ini, char path[static 64]) {
    strcpy(path, "/tmp/px_tunnel_XXXXXX.ini");
    int fd = mkstemps(path, 4);
    assert_true(fd >= 0);
    assert_true(write(fd, ini, strlen(ini)) == (ssize_t)strlen(ini));
    close(fd);
}

static px_flight fly(const char *path, const char *profile, px_lab lab) {
    px_arena *arena = lab.arena;
    px_experiment experiment;
    px_plan plan;
    px_text report = {0};
    px_error err;
    px_overrides overrides = {.profile = profile};
    if (px_experiment_load(arena, path, px_kind_catalogue_get(), &overrides, &experiment, &plan, &report, &err) !=
        PX_OK)
        fail_msg("%s", px_text_str(&report));
    px_text_free(&report);
    px_parallel_set_jobs(1); /* many small cells: a pool would spin more than work */
    const px_kind *kind = px_kind_find(experiment.kind->name);
    px_flight flight = {.n_dropped = plan.n_combinations - plan.n_unfiltered};
    collector c = {.sink = {collect}, .arena = arena, .flight = &flight};
    for (int64_t i = 0; i < plan.n_cells; i++) {
        int64_t before = flight.n;
        c.cell = &plan.cells[i];
        px_status status = kind->run(c.cell, &lab, &c.sink, &err);
        if (status == PX_SKIPPED) {
            print_message("%s is left out: %s\n", c.cell->id, err.text);
            continue;
        }
        if (status != PX_OK) fail_msg("%s: %s", c.cell->id, err.text);
        assert_true(flight.n > before);
    }
    return flight;
}

px_flight px_fly(px_arena *arena, const char *ini, px_engine engine, const char *dump_dir) {
    char path[64];
    write_ini(ini, path);
    px_flight f = fly(path, NULL, (px_lab){.arena = arena, .engine = engine, .dump_dir = dump_dir});
    unlink(path);
    return f;
}

px_flight px_fly_file(px_arena *arena, const char *path, const char *profile) {
    return fly(path, profile, (px_lab){.arena = arena});
}

const char *px_flight_text(const px_flight *f, int64_t i, const char *column) {
    assert_true(i >= 0 && i < f->n);
    const px_row *row = &f->rows[i];
    for (int c = 0; c < row->n_columns; c++)
        if (strcmp(row->columns[c].name, column) == 0) return row->fields[c] ? row->fields[c] : "";
    fail_msg("no column %s", column);
    return "";
}

double px_flight_number(const px_flight *f, int64_t i, const char *column) {
    const char *text = px_flight_text(f, i, column);
    double x = NAN;
    if (*text) assert_true(px_double_parse(text, &x));
    return x;
}

int64_t px_flight_find(const px_flight *f, const char *id) {
    for (int64_t i = 0; i < f->n; i++)
        if (strcmp(f->cells[i]->id, id) == 0) return i;
    fail_msg("no cell %s", id);
    return -1;
}

double *px_flight_load(px_arena *arena, const char *dump_dir, const char *cell, const char *name, int64_t count) {
    char *folder = px_arena_strdup(arena, cell);
    for (char *p = folder; *p; p++) *p = *p == '/' ? '_' : *p;
    FILE *f = fopen(px_arena_printf(arena, "%s/%s/%s.npy", dump_dir, folder, name), "rb");
    if (!f) fail_msg("%s of %s is missing", name, cell);
    unsigned char head[10];
    assert_int_equal(fread(head, 1, 10, f), 10);
    assert_memory_equal(head, "\x93NUMPY\x01\x00", 8);
    assert_int_equal(fseek(f, 10 + head[8] + 256 * head[9], SEEK_SET), 0);
    double *x = PX_NEW_ARRAY(arena, double, count + 1);
    assert_int_equal(fread(x, sizeof *x, (size_t)count + 1, f), (size_t)count);
    fclose(f);
    return x;
}
