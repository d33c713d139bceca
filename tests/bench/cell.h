/* A cell of kind gemm without its input: what is computed, and what judging it costs on top. (Apart from bench.h: the
 * kinds and emu/isa.h have names in common.) */
#ifndef PX_BENCH_CELL_H
#define PX_BENCH_CELL_H

#include <stdint.h>

#include "matrix/mat.h"

/* About normal numbers, rounded to nearest: n x n. stream: apart for A and B. */
px_mat bench_normal(px_arena *arena, px_fp fmt, int64_t n, uint64_t stream);

typedef struct bench_cell {
    px_fp fmt; /* of everything */
    px_mat in[2];
    px_arena *scratch; /* emptied after each call */
} bench_cell;

void bench_cell_product(const bench_cell *c); /* emulated, every step rounded, sequential */
void bench_cell_whole(const bench_cell *c);   /* product, reference, errors, bounds */

#endif
