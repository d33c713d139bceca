/* Inside the executor of balls: its tensors, and the operations as bodies over rows. */
#ifndef PX_REF_BALL_EXEC_H
#define PX_REF_BALL_EXEC_H

#include "op/op.h"
#include "ref/ball.h"

typedef struct px_ball_state {
    const px_prog *prog;
    px_ball **slots;
    mpfr_prec_t bits;
} px_ball_state;

/* One call on its way. */
typedef struct px_ball_work {
    const px_ball_state *s;
    const px_call *call;
} px_ball_work;

static inline px_ball *px_ball_at(const px_ball_work *w, const px_arg *a, int64_t i, int64_t j) {
    return &w->s->slots[a->slot][a->off + i * a->rs + j * a->cs];
}
static inline px_ball *px_ball_in(const px_ball_work *w, int k, int64_t i, int64_t j) {
    return px_ball_at(w, &w->call->in[k], i, j);
}
static inline px_ball *px_ball_out(const px_ball_work *w, int k, int64_t i, int64_t j) {
    return px_ball_at(w, &w->call->out[k], i, j);
}
static inline bool px_ball_has(const px_arg *a) { return a->slot >= 0; }

/* A body does one unit of a call: a row or a column of out[0], or all of it. Bodies of one call run side by side. */
typedef void px_ball_body(const px_ball_work *w, int64_t i);
typedef enum px_ball_units { PX_BALL_ROWS, PX_BALL_COLUMNS, PX_BALL_ONE } px_ball_units;

typedef struct px_ball_op {
    px_ball_body *body; /* NULL: not here */
    px_ball_units units;
} px_ball_op;

/* Lists by operation: the layer's, losses and updates, relatives of adam, data (ball_layer.c, ball_train.c,
 * ball_adaptive.c, ball_normalise.c). */
px_ball_op px_ball_op_layer(px_op op);
px_ball_op px_ball_op_train(px_op op);
px_ball_op px_ball_op_adaptive(px_op op);
px_ball_op px_ball_op_normalise(px_op op);

/* beta, 1 - beta, 1 - beta^t, of the decimal that beta is meant as; scratch: a temporary. */
void px_ball_decay(px_ball beta[3], double value, int64_t t, px_ball *scratch);

#endif
