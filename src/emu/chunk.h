/* Elementwise operations, a chunk of the result at a time, on the pool. */
#ifndef PX_EMU_CHUNK_H
#define PX_EMU_CHUNK_H

#include "emu/emu.h"
#include "emu/round.h"

/* n <= PX_CHUNK neighbours of a row of the result, from (i, j) on; element: the index of the first, row-major. */
typedef struct px_chunk {
    const px_task *task;
    int64_t i, j, n;
    uint64_t element;
    bool streams; /* the result is too large for the caches */
} px_chunk;

/* body for every chunk of out[0]; the operands 0 .. n_in - 1 have its shape. work: of an element, in multiply-adds. */
void px_for_chunks(const px_task *task, int n_in, double work, void (*body)(const px_chunk *chunk, void *context),
                   void *context);

/* The numbers of an operand: its own where they lie together in that type, else a copy in buffer (PX_CHUNK numbers). */
const float *px_chunk_floats(const px_chunk *c, int in, float *buffer);
const double *px_chunk_doubles(const px_chunk *c, int in, double *buffer);

/* Where results may be written before they are put: the result's own memory, or the buffer. */
float *px_chunk_room(const px_chunk *c, float *buffer);
float *px_chunk_place(const px_chunk *c);
void px_chunk_put_floats(const px_chunk *c, const float *x);
void px_chunk_put_doubles(const px_chunk *c, const double *x);

#endif
