/* A computation is a straight-line program: a list of calls of a closed set of operations on named tensors, plain data,
 * built once from sizes and a precision policy. Executors run it. This header is the only thing that references, backends
 * and plug-ins have in common. */
#ifndef PX_OP_OP_H
#define PX_OP_OP_H

#include <stdint.h>

#include "arith/recipe.h"
#include "base/error.h"
#include "matrix/census.h"
#include "op/factor.h"
#include "op/layer.h"
#include "op/normalise.h"
#include "op/optimizer.h"

/* THE op list: X(id, name, inputs, outputs, attributes, flops, what it computes). Inputs in [ ] may be absent (slot -1).
 * flops: how often the definition computes one of + - * / sqrt or an elementary function, by m, n, o (rows, columns,
 * entries of out[0]), k, e (columns, entries of in[0]) and a (the attributes); op/count.h evaluates it. Comparisons,
 * copies, powers of two and roundings alone are free. */
#define PX_OP_LIST(X)                                                                                                  \
    X(PX_OP_ADD, "add", 2, 1, 0, o, "out = a + b, elementwise, one rounding to recipe.out")                            \
    X(PX_OP_MUL, "mul", 2, 1, 0, o, "out = a b, elementwise, one rounding to recipe.out")                              \
    X(PX_OP_ROUND, "round", 1, 1, 0, 0, "out = a, rounded to recipe.out")                                              \
    X(PX_OP_SUM, "sum", 1, 2, 0, e,                                                                                    \
      "out = the row sums of a (m x 1) by the recipe; [second output]: 1 + the index of the last term that changed "   \
      "the running sum of the sequential order, else 0")                                                               \
    X(PX_OP_GEMM, "gemm", 3, 1, 1, 2 * o * k,                                                                          \
      "inputs a, b, [c]: out = c + sign a b by the recipe; attribute 0: sign, +1 or -1")                               \
    PX_OP_FACTOR_LIST(X)                                                                                               \
    PX_OP_LAYER_LIST(X)                                                                                                \
    PX_OP_OPTIMIZER_LIST(X)                                                                                            \
    PX_OP_NORMALISE_LIST(X)

#define PX_OP_ENUM(id, name, n_in, n_out, n_attr, flops, text) id,
typedef enum px_op { PX_OP_LIST(PX_OP_ENUM) PX_OP_COUNT } px_op;
#undef PX_OP_ENUM

const char *px_op_name(px_op op);
int px_op_inputs(px_op op); /* operands that it reads, absent ones included; further ones of a call are ignored */
int px_op_outputs(px_op op);

/* A tensor: rows x cols numbers of a format. */
typedef struct px_slot {
    char name[48];
    int64_t rows, cols;
    px_fp fmt;
} px_slot;

/* A view of a slot: element (i, j) is element off + i rs + j cs of the row-major tensor; a transpose swaps rs and cs.
 * slot -1: absent. */
typedef struct px_arg {
    int32_t slot;
    int64_t off, rows, cols, rs, cs;
} px_arg;

enum { PX_MAX_IN = 6, PX_MAX_OUT = 4, PX_MAX_ATTR = 6 };

/* Each call writes fresh output views; no call reads what it writes, so its inputs stay for redoing it. */
typedef struct px_call {
    px_op op;
    px_recipe recipe;
    px_arg in[PX_MAX_IN], out[PX_MAX_OUT];
    double attr[PX_MAX_ATTR]; /* with stream, the only fields that may change between two runs of a program */
    uint64_t stream;          /* of the random bits of stochastic rounding and of dropout */
} px_call;

typedef struct px_prog {
    const px_slot *slots;
    const px_call *calls;
    int32_t n_slots, n_calls;
} px_prog;

enum { PX_EXEC_ABI = 3 };

/* An executor runs programs. Life cycle: supports (any time), open, put the inputs, run, get the results, close. Tensors
 * stay where they are between calls of run. Functions that can fail return a px_status and fill the error. */
typedef struct px_exec px_exec;
struct px_exec {
    uint32_t abi; /* PX_EXEC_ABI */
    const char *name;
    const char *help; /* a sentence for `precx list backends` */
    /* 1 when the call can be run; else 0 and why, as the end of "BACKEND has no ...". */
    int (*supports)(const px_prog *prog, const px_call *call, char *why, size_t n);
    /* Allocates every slot where it runs. self: this executor, which may be one of many libraries. */
    px_status (*open)(const px_exec *self, void **state, const px_prog *prog, px_error *err);
    px_status (*put)(void *state, int slot, const px_wide *value, px_error *err); /* values must belong to the slot's format */
    px_status (*run)(void *state, int first, int count, px_error *err);
    px_status (*get)(void *state, int slot, px_wide *value, px_error *err); /* value: shaped by the caller, filled here */
    /* px_census_add of a slot, made where the slot lies: the same counts. NULL: the caller counts what `get` gives. */
    px_status (*census)(void *state, int slot, const px_wide *truth, px_census *census, px_error *err);
    void (*close)(void *state);
    px_liberties liberties;
};

/* The view of a whole slot; of its transpose. */
px_arg px_arg_whole(const px_prog *prog, int slot);
px_arg px_arg_transposed(const px_prog *prog, int slot);
static inline px_arg px_arg_absent(void) { return (px_arg){.slot = -1}; }

/* PX_ASSERT that a call is well-formed: views inside their slots, shapes that fit, no output slot that is an input. Executors
 * check every call when they open a program. */
void px_call_check(const px_prog *prog, const px_call *call);

#endif
