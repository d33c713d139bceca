/* The kind cost, inside this room: a program's operations line by line, and what a parameter takes. */
#ifndef PX_KIND_COST_H
#define PX_KIND_COST_H

#include "kind/device.h"
#include "kind/kinds.h"
#include "nn/nn.h"

/* Passes beyond those of nn/nn.h: the whole step. */
enum { PX_COST_TRAINING = PX_NN_PASS_COUNT };

typedef struct px_cost_plan {
    px_nn_model model;
    px_nn_policy policy;
    int pass;
    const px_device *device;
    double devices; /* ranks of ZeRO */
} px_cost_plan;

/* An operation of a stage: calls with the same name, all layers together. */
typedef struct px_cost_line {
    const char *stage, *operation;
    bool product;   /* a matrix product; norms and <dy, y> are sums */
    px_fp operands; /* of a product */
    double calls, flops, bytes;
} px_cost_line;

typedef struct px_cost_sheet {
    px_cost_line *lines;
    int n;
} px_cost_sheet;

/* The plan's program, with so many layers. */
px_status px_cost_build(px_arena *arena, const px_cost_plan *plan, int64_t layers, px_nn_program *p, px_error *err);

/* Counts the program. Layers are alike, and what lies about them does not depend on their number: counted are programs
 * of one and of two layers. */
px_status px_cost_count(px_arena *arena, const px_cost_plan *plan, px_cost_sheet *sheet, px_error *err);

/* By the formulas, forward: operations of the blocks' matrix products, and attention's share of them; operations of one
 * product (the head included), and its M N + M K + K N numbers in `width` bytes. PX_UNDEFINED where there is none. */
double px_cost_formula(const px_cost_plan *plan, double *attention);
double px_cost_formula_of(const px_cost_plan *plan, const char *operation, double width, double *bytes);

/* What lies in memory, of all layers together: X(id, name, the stage of ZeRO (Rajbhandari et al. 2020) from which on
 * devices share it, what it is). */
#define PX_COST_TERM_LIST(X)                                                                                           \
    X(WEIGHTS, "weights", 1, "parameters as they are updated: the master copy, where there is another")                \
    X(COPY, "copy", 3, "parameters as products take them")                                                             \
    X(GRADIENT, "gradient", 2, "gradients as they come out of the backward pass")                                      \
    X(UNSCALED, "unscaled", 1, "gradients as the optimizer takes them")                                                \
    X(STATE, "state", 1, "of the optimizer: adam's two moments")                                                       \
    X(CACHE, "kv_cache", 3, "keys and values of all positions")
#define PX_COST_TERM_ENUM(id, ...) PX_COST_##id,
typedef enum px_cost_term { PX_COST_TERM_LIST(PX_COST_TERM_ENUM) PX_COST_TERMS } px_cost_term;
#undef PX_COST_TERM_ENUM

typedef struct px_cost_memory {
    double parameters, bytes[PX_COST_TERMS];
} px_cost_memory;
px_status px_cost_remember(px_arena *arena, const px_cost_plan *plan, px_cost_memory *memory, px_error *err);

const char *px_cost_term_name(px_cost_term term);
/* Of bytes of a term, what is left on one of so many devices at a stage of ZeRO, 0 .. 3. */
double px_cost_share(px_cost_term term, double bytes, int stage, double devices);

/* What this machine does: operations a second of OpenBLAS's sgemm on one thread, bytes a second of copying (read and
 * written). Measured once a process, in a quarter of a second. */
typedef struct px_cost_host {
    double products, bandwidth;
} px_cost_host;
px_status px_cost_host_measure(px_cost_host *host, px_error *err);

#endif
