/* The operations of op/op.h in emulated arithmetic: every rounding by precx's own code, the same bits on every machine.
 *
 * kernel/ defines, emu/ hurries. Each operation has a table of paths; the first whose `matches` says yes runs, and the
 * last row is the definition, which runs everything that px_emu_supports accepts. A faster row prints the same bits,
 * and the tests hold it to that. */
#ifndef PX_EMU_EMU_H
#define PX_EMU_EMU_H

#include <stdbool.h>

#include "op/op.h"

/* A tensor's view with its numbers: element (i, j) is data[i rs + j cs], in the carrier of fmt (float when
 * px_fits_float, else double). data NULL: absent. The slot owns the numbers. */
typedef struct px_view {
    void *data;
    px_fp fmt;
    int64_t rows, cols, rs, cs;
} px_view;

/* A call with its operands found. */
typedef struct px_task {
    const px_call *call;
    px_view in[PX_MAX_IN], out[PX_MAX_OUT];
} px_task;

typedef struct px_path {
    const char *name;
    bool (*matches)(const px_task *task);
    void (*run)(const px_task *task);
} px_path;

/* The paths of an operation, fastest first; the last is the definition. */
const px_path *px_emu_paths(px_op op, int *n);

/* 1 when the definition covers the call; else 0 and why, as the end of "emulated has no ...". */
int px_emu_supports(const px_prog *prog, const px_call *call, char *why, size_t n);

/* PX_USAGE when PRECX_ISA names an instruction set that is unknown or not of this processor. */
px_status px_emu_ready(px_error *err);

/* The instruction set in use: avx512, avx2 or portable. */
const char *px_emu_isa(void);

/* Runs the first path that matches. Shapes are right and no output is an input: the executor has checked. Only a
 * product's start value may lie in its output, entry on entry: it is read before the entry is written. */
void px_emu_run(const px_task *task);

#endif
