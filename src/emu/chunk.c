#include "emu/chunk.h"

#include <string.h>

#include "base/parallel.h"
#include "emu/view.h"

/* Results of more bytes than this are not wanted in a cache soon. */
static const double most_cached = 16e6;

enum { PIECE = 128 }; /* chunks, one after the other on a thread */

typedef struct chunks {
    px_task task; /* of one row where that can be */
    int64_t per_row, count;
    bool streams;
    void (*body)(const px_chunk *chunk, void *context);
    void *context;
} chunks;

static bool lies_together(const px_view *v) { return v->cs == 1 && v->rs == v->cols; }

/* Rows that follow each other, or a column, as one row: its elements have the same indices. */
static px_task as_one_row(const px_task *task, int n_in) {
    px_task flat = *task;
    int64_t rows = task->out[0].rows, columns = task->out[0].cols;
    bool together = lies_together(&task->out[0]);
    for (int k = 0; k < n_in; k++) together = together && lies_together(&task->in[k]);
    if (!together && columns != 1) return flat;
    for (int k = 0; k <= n_in; k++) {
        px_view *v = k < n_in ? &flat.in[k] : &flat.out[0];
        if (columns == 1) v->cs = v->rs;
        v->rows = 1, v->cols = rows * columns, v->rs = v->cols;
    }
    return flat;
}

/* How many numbers the place of row i lies behind a multiple of 64 bytes: streams begin at one. */
static int64_t offset_of(const chunks *c, int64_t i) {
    const px_view *out = &c->task.out[0];
    return c->streams ? (int64_t)((uintptr_t)((const float *)out->data + i * out->rs) / sizeof(float) % 16) : 0;
}

static void run_chunk(const chunks *c, int64_t index) {
    int64_t columns = c->task.out[0].cols, i = index / c->per_row;
    int64_t first = index % c->per_row * PX_CHUNK - offset_of(c, i), j = first > 0 ? first : 0;
    int64_t end = first + PX_CHUNK < columns ? first + PX_CHUNK : columns;
    px_chunk chunk = {
        .task = &c->task, .i = i, .j = j, .n = end - j, .element = (uint64_t)(i * columns + j), .streams = c->streams};
    if (chunk.n > 0) c->body(&chunk, c->context);
}

static void run_piece(void *context, int64_t piece) {
    const chunks *c = context;
    int64_t end = (piece + 1) * PIECE < c->count ? (piece + 1) * PIECE : c->count;
    for (int64_t index = piece * PIECE; index < end; index++) run_chunk(c, index);
    if (c->streams) px_isa_chosen()->stream_end();
}

void px_for_chunks(const px_task *task, int n_in, double work, void (*body)(const px_chunk *chunk, void *context),
                   void *context) {
    chunks c = {.task = as_one_row(task, n_in), .body = body, .context = context};
    const px_view *out = &c.task.out[0];
    double n = (double)out->rows * (double)out->cols;
    c.per_row = (out->cols + 15 + PX_CHUNK - 1) / PX_CHUNK;
    c.count = out->rows * c.per_row;
    c.streams = px_fits_float(out->fmt) && out->cs == 1 && n * sizeof(float) > most_cached;
    px_parallel_for_work(n * work, (c.count + PIECE - 1) / PIECE, run_piece, &c);
}

const float *px_chunk_floats(const px_chunk *c, int in, float *buffer) {
    const px_view *v = &c->task->in[in];
    const float *x = (const float *)v->data + c->i * v->rs + c->j * v->cs;
    if (v->cs == 1) return x;
    for (int64_t k = 0; k < c->n; k++) buffer[k] = x[k * v->cs];
    return buffer;
}

const double *px_chunk_doubles(const px_chunk *c, int in, double *buffer) {
    const px_view *v = &c->task->in[in];
    int64_t at = c->i * v->rs + c->j * v->cs;
    const float *f32 = (const float *)v->data + at;
    const double *f64 = (const double *)v->data + at;
    if (px_fits_float(v->fmt))
        for (int64_t k = 0; k < c->n; k++) buffer[k] = (double)f32[k * v->cs];
    else if (v->cs == 1)
        return f64;
    else
        for (int64_t k = 0; k < c->n; k++) buffer[k] = f64[k * v->cs];
    return buffer;
}

static bool has_room(const px_chunk *c) {
    const px_view *out = &c->task->out[0];
    return px_fits_float(out->fmt) && out->cs == 1;
}

float *px_chunk_place(const px_chunk *c) {
    const px_view *out = &c->task->out[0];
    return (float *)out->data + c->i * out->rs + c->j * out->cs;
}

float *px_chunk_room(const px_chunk *c, float *buffer) {
    return has_room(c) && !c->streams ? px_chunk_place(c) : buffer;
}

void px_chunk_put_floats(const px_chunk *c, const float *x) {
    if (c->streams)
        px_isa_chosen()->stream_f32(c->n, x, px_chunk_place(c));
    else if (!has_room(c))
        for (int64_t k = 0; k < c->n; k++) px_view_set(&c->task->out[0], c->i, c->j + k, (double)x[k]);
    else if (x != px_chunk_place(c))
        memcpy(px_chunk_place(c), x, (size_t)c->n * sizeof *x);
}

void px_chunk_put_doubles(const px_chunk *c, const double *x) {
    const px_view *out = &c->task->out[0];
    int64_t at = c->i * out->rs + c->j * out->cs;
    if (c->n < 1) return;
    if (px_fits_float(out->fmt))
        for (int64_t k = 0; k < c->n; k++) ((float *)out->data)[at + k * out->cs] = (float)x[k];
    else
        for (int64_t k = 0; k < c->n; k++) ((double *)out->data)[at + k * out->cs] = x[k];
}
