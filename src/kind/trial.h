/* One operation in the tunnel: computed by an executor on stored operands, judged against the exact result and against
 * theory. What all kinds of a single call have in common. */
#ifndef PX_KIND_TRIAL_H
#define PX_KIND_TRIAL_H

#include "kind/kind.h"
#include "kind/treatment.h"
#include "metric/bound.h"
#include "metric/error.h"

/* Points into itself: never copied after px_trial_plan. */
typedef struct px_trial {
    px_treatment how;
    px_slot slots[4]; /* operands, result, [last change] */
    px_call call;
    px_prog prog;
    int n_in;
    px_mat in[2];
    px_mat computed;    /* the result, in recipe.out */
    px_mat last_change; /* PX_OP_SUM only: see op.h */
    px_truth truth;     /* of the operation on the stored operands; found before px_trial_run where `known` */
    bool known;
    px_mat rounded;     /* the truth rounded once to recipe.out, subnormals kept, where `computed` is 0 or subnormal */
    px_errors errors;
    bool saturated;     /* an entry beyond the largest number of `out` came out finite */
    px_bound det, prob; /* det: relative to |exact| for PX_OP_ADD and PX_OP_MUL, else to the sum of magnitudes */
    double slack_det, slack_prob; /* PX_UNDEFINED where there is no bound */
} px_trial;

/* The truth by the engine that the experiment asks for; `in` must outlive it. Where matrices are dumped, with all
 * digits that two doubles hold. */
px_status px_lab_truth(px_lab *lab, const px_call *call, const px_mat *in, int n_in, px_truth *truth, px_error *err);

/* The same, exact to the last digit of hi and lo whatever the engine: for differences of what nearly cancels, where a
 * radius relative to the terms would show. */
px_status px_lab_truth_exact(px_lab *lab, const px_call *call, const px_mat *in, int n_in, px_truth *truth,
                             px_error *err);

/* Writes the program: one call of op on operands of these shapes (rows, cols), all stored in how->in. */
void px_trial_plan(px_trial *t, const px_treatment *how, px_op op, const int64_t shapes[][2]);

/* Why the executor cannot run the planned call, or NULL. Text in the arena. */
const char *px_trial_refused(px_arena *arena, const px_trial *t);

/* Computes, finds the truth, measures, bounds. in: the stored operands, of the planned shapes. */
px_status px_trial_run(px_trial *t, px_lab *lab, const px_mat *in, px_error *err);

/* nan, overflow, underflow or ok: the worst that the result shows. */
px_cell_status px_trial_status(const px_trial *t);

#endif
