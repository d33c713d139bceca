/* The kind transformer, inside this room: what a cell's axes mean, its data, its rows. */
#ifndef PX_KIND_TRANSFORMER_H
#define PX_KIND_TRANSFORMER_H

#include "data/text.h"
#include "kind/kinds.h"
#include "nn/train.h"
#include "ref/balls.h"

/* Which tensors get rows. */
#define PX_TENSORS_LIST(X)                                                                                             \
    X(STEP, "step", "none: one row a step")                                                                            \
    X(GRADIENTS, "gradients", "gradients of parameters, as they come out of the backward pass (scaled)")               \
    X(UNSCALED, "unscaled", "gradients of parameters, added over micro-batches and ranks, without the loss scale")     \
    X(WEIGHTS, "weights", "weight matrices before the step: kappa_2")                                                  \
    X(UPDATES, "updates", "parameters after the update")                                                               \
    X(ATTENTION, "attention", "of attention: scores, probabilities, what comes of them, and their gradients")          \
    X(ALL, "all", "all but data, casts and scalars")
#define PX_TENSORS_ENUM(id, name, text) PX_TENSORS_##id,
typedef enum px_tensors_id { PX_TENSORS_LIST(PX_TENSORS_ENUM) PX_TENSORS_COUNT } px_tensors_id;

/* How weight matrices begin: in columns of numbers taken in, rows of numbers given out. */
#define PX_INITIAL_LIST(X)                                                                                             \
    X(GPT2, "gpt2", "N(0, init^2); of the two that end a branch less by sqrt(2 layers)")                               \
    X(XAVIER_UNIFORM, "xavier_uniform", "U(-a, a), a = sqrt(6 / (in + out)): Glorot & Bengio 2010")                    \
    X(XAVIER_NORMAL, "xavier_normal", "N(0, 2 / (in + out))")                                                          \
    X(HE, "he", "N(0, 2 / in): He et al. 2015")                                                                        \
    X(ORTHOGONAL, "orthogonal", "orthonormal rows, or columns where those are fewer: Saxe et al. 2014")
#define PX_INITIAL_ENUM(id, name, text) PX_INITIAL_##id,
typedef enum px_initial_id { PX_INITIAL_LIST(PX_INITIAL_ENUM) PX_INITIAL_COUNT } px_initial_id;

enum { PX_JUDGE_EXACT, PX_JUDGE_CERTIFIED, PX_JUDGE_NONE };

/* Signs of health: X(id, name, column of the step at which it warned). A sign warns at the first step
 * at which it is not finite, or more than `alarm` times the mean of the first `calm` values that were measured of it,
 * where that mean is positive. */
#define PX_SIGN_LIST(X)                                                                                                \
    X(LOSS, "loss", "loss_warned")                                                                                     \
    X(GRAD_NORM, "grad_norm", "grad_warned")                                                                           \
    X(WEIGHT_NORM, "weight_norm", "weight_warned")                                                                     \
    X(KAPPA, "kappa_2_max", "kappa_warned")
#define PX_SIGN_ENUM(id, name, column)   PX_SIGN_##id,
#define PX_SIGN_NAME(id, name, column)   name,
#define PX_SIGN_COLUMN(id, name, column) column,
typedef enum px_sign_id { PX_SIGN_LIST(PX_SIGN_ENUM) PX_SIGN_COUNT } px_sign_id;

typedef struct px_sign {
    double sum;
    int64_t n;      /* values in sum */
    int64_t warned; /* step; 0: not so far */
} px_sign;
typedef struct px_transformer_signs {
    double alarm;
    int64_t calm;
    px_sign sign[PX_SIGN_COUNT];
    char foretold[40]; /* those of the first three that had warned when kappa_2_max did; empty: it did not */
} px_transformer_signs;
void px_transformer_watch(px_transformer_signs *all, int64_t step, const double value[PX_SIGN_COUNT],
                          const bool measured[PX_SIGN_COUNT]);
void px_transformer_signs_set(const px_transformer_signs *all, px_row *row);

/* Early stopping: the loss of a batch from the end of the text, which training never sees. */
typedef struct px_transformer_held {
    double part;      /* of the text; 0: none */
    int64_t patience; /* training ends when the least loss is so many steps old; 0: never */
    double loss, least;
    int64_t least_at; /* step */
    bool stopped;
} px_transformer_held;

/* A cell: the program, its run, and what is reported of it. */
typedef struct px_transformer {
    px_nn_model model;
    px_nn_policy policy;
    px_nn_scaler scaler;
    const px_exec *exec; /* who computes the steps */
    int64_t steps, every; /* rows of tensors for steps 1, 1 + every, ... */
    px_tensors_id tensors;
    int judge;
    bool histogram;         /* rows of exponents, too */
    bool local;             /* every operation again on its own inputs */
    const char *parameters; /* a .safetensors file, or NULL */
    const px_case *cell;
    px_initial_id initial;
    double init, grad; /* standard deviations of weights and of dy */
    uint64_t rep;
    px_text_data text; /* loss cross_entropy */
    px_nn_program program;
    px_nn_train train;
    px_transformer_held held;
    px_transformer_signs *signs;
} px_transformer;

/* Reads the axes; the reason in the arena when the combination makes no sense, else NULL. */
const char *px_transformer_read(px_arena *arena, const px_case *c, px_transformer *t);

/* Parameters and data of the first step; fresh data for the step to come. Functions of seed, rep, sizes and the axes
 * that belong to the input alone; stored in the formats of the program. */
void px_transformer_start(const px_case *c, px_transformer *t);
void px_transformer_batch(const px_case *c, px_transformer *t);

/* Characters that training draws from. */
int64_t px_transformer_seen(const px_transformer *t);
/* Before a step: the loss of the held-out batch, and whether it is time to stop. */
px_status px_transformer_hold(const px_case *c, px_transformer *t, px_error *err);

/* Emits the rows of the step just made. */
px_status px_transformer_emit(const px_transformer *t, const px_nn_report *report, px_lab *lab, px_sink *sink,
                              px_error *err);

/* Parameters and, where the file has them, data (named as their slots: x, dy, ...) from a .safetensors file into
 * inputs, by slot, rounded to their formats. Names as in nanoGPT's state dict, with "transformer." before them or not,
 * without "h.0." where there is one layer; biases that the file lacks are 0. PX_BAD_FILE with the place for a missing
 * or misshapen one. */
px_status px_transformer_load(px_arena *arena, const char *path, const px_nn_program *program, px_mat *inputs,
                              px_error *err);
px_status px_transformer_check(const px_plan *plan, px_error *err); /* reads every file that the plan names */

/* What random matrices of independent entries promise (kappa.c's limits): the condition number that rows x cols has, of
 * square ones the median, for large sizes; and for a square one the probability of a smaller kappa_2. */
double px_transformer_kappa_theory(px_initial_id initial, int64_t rows, int64_t cols);
double px_transformer_kappa_law(int64_t n, double kappa);

/* kappa_2 of a weight matrix; PX_UNDEFINED where it has an entry that is not finite, or a smaller side beyond 256. */
typedef struct px_transformer_kappa {
    double kappa_2, radius;
} px_transformer_kappa;
px_transformer_kappa px_transformer_kappa_of(px_arena *arena, const px_mat *m);
void px_transformer_kappa_set(const px_transformer *t, px_row *row, int32_t slot, const px_transformer_kappa *k);

/* Of a step, counted from its calls. */
typedef struct px_transformer_counts {
    double products, formula; /* operations of matrix products; 3 (24 B T C^2 + 4 B T^2 C) a layer and micro-batch */
    double other;             /* by the op list */
    double bytes;             /* operands read and results written, once each, in their formats */
    double per_parameter;     /* bytes of master copy, 16-bit copy, gradients and optimizer state */
} px_transformer_counts;
px_transformer_counts px_transformer_count(const px_transformer *t);

/* One who has made the exact step, or would (state NULL); `calls` of it. */
typedef struct px_witness {
    const px_exec *exec; /* NULL: there is none */
    void *state;
    int32_t calls;
} px_witness;

/* The exact step by the cell's judge; and by the exact one, where the certified one leaves something open and
 * px_transformer_settles. Must not be moved while it is open. */
typedef struct px_exact_step {
    const px_transformer *t;
    px_ref_balls balls;
    px_witness first, last;
} px_exact_step;

bool px_transformer_settles(const px_nn_model *m);
double px_transformer_flops(const px_nn_model *m); /* of matrix products, by the formula */

px_status px_exact_step_open(px_exact_step *e, const px_transformer *t, px_error *err);
void px_exact_step_close(px_exact_step *e);
/* What a slot should be. *by: who says so, "exact" or "certified"; NULL: nobody does. */
px_status px_exact_step_read(px_exact_step *e, px_arena *arena, int32_t slot, px_wide *exact, const char **by,
                             px_error *err);
/* Where that does not decide a figure: by the exact judge. *by: "exact", or "open": it would take too long. */
px_status px_exact_step_settle(px_exact_step *e, px_arena *arena, int32_t slot, px_wide *exact, const char **by,
                               px_error *err);

/* A slot against its operations, each redone by `reference` on the inputs that it had. *made: some
 * call writes it. */
px_status px_transformer_local(const px_transformer *t, px_arena *arena, const px_exec *reference, int32_t slot,
                               px_wide *local, bool *made, px_error *err);
/* ||local - exact||_2 / ||exact||_2: what the inputs' errors have become. *decided: radii leave no digit of 8 open; else
 * it is undefined. */
double px_transformer_propagated(const px_wide *local, const px_wide *exact, bool *decided);

/* --dump: DUMP_DIR/ID/step_N/computed.safetensors, and reference and local where they are known: NAME, NAME.lo and
 * NAME.radius; exact = NAME + NAME.lo. */
px_status px_transformer_dump(const px_transformer *t, const px_lab *lab, const px_witness *reference, px_error *err);

/* The last call that writes a slot, -1: none. */
int32_t px_transformer_last_writer(const px_transformer *t, int32_t slot);

/* What the kind's table points to. */
const char *px_transformer_unsupported(px_arena *arena, const px_case *c);
px_cost px_transformer_cost(const px_case *c);
px_status px_transformer_run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err);

#endif
