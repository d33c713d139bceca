/* Learning rates from step to step. */
#ifndef PX_NN_SCHEDULE_H
#define PX_NN_SCHEDULE_H

#include <stdint.h>

/* THE list, t from 1 to T: X(id, name, factor of the learning rate). */
#define PX_SCHEDULE_LIST(X)                                                                                            \
    X(CONSTANT, "constant", "1")                                                                                       \
    X(LINEAR, "linear", "1 - t/T: 0 at the last step")                                                                 \
    X(COSINE, "cosine", "(1 + cos(pi t/T))/2: 0 at the last step (Loshchilov & Hutter 2017)")                          \
    X(STEP, "step", "a tenth of what it was after each third of the steps")                                            \
    X(INVERSE_ROOT, "inverse_root", "1/sqrt(t)")
#define PX_SCHEDULE_ENUM(id, name, text) PX_SCHEDULE_##id,
typedef enum px_schedule_id { PX_SCHEDULE_LIST(PX_SCHEDULE_ENUM) PX_SCHEDULE_COUNT } px_schedule_id;
#undef PX_SCHEDULE_ENUM

typedef struct px_schedule {
    int id;         /* px_schedule_id */
    int64_t steps;  /* T */
    int64_t warmup; /* in steps before this one, t/warmup of the rate besides */
} px_schedule;

/* The learning rate of step t >= 1; beyond T: that of T. From IEEE basic operations alone. */
double px_schedule_rate(const px_schedule *s, double lr, int64_t t);

#endif
