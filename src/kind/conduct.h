/* How an executor of products behaves, beyond its accuracy: which entries it mixes, what it makes of NaN, infinities
 * and subnormal numbers, and whether the same product comes out the same again. */
#ifndef PX_KIND_CONDUCT_H
#define PX_KIND_CONDUCT_H

#include "kind/ask.h"

typedef enum px_answer { PX_ANSWER_UNKNOWN, PX_ANSWER_NO, PX_ANSWER_YES } px_answer;
const char *px_answer_text(px_answer a); /* "", "no", "yes" */

typedef struct px_conduct {
    /* Smallest n = 2, 4, 8, ... at which c_ij depends on rows of A other than i, or columns of B other than j: 0 for
     * none up to the size asked. No order of the k products does that; Strassen's product and its like do. */
    int mixes_from;
    px_answer keeps_nan;        /* a NaN reaches all of its row (column) */
    px_answer keeps_infinity;   /* so does an infinity, as 0 inf = inf - inf = NaN say */
    px_answer spreads;          /* a NaN or infinity reaches other rows (columns), too */
    px_answer keeps_subnormals; /* operands and results */
    px_answer same_repeats;     /* the same bits three times */
    px_answer same_threads;     /* libraries: with 1 thread and with 4 */
    px_answer same_alignment;   /* libraries: wherever the operands lie within 64 bytes */
    char environment[240];      /* libraries: the floating-point probe that fails once it is loaded; "" for none */
} px_conduct;

/* With products of n x n matrices; draw: of the numbers where those do not matter. */
px_status px_conduct_watch(const px_asked *w, int64_t n, uint64_t seed, px_conduct *c, px_error *err);

#endif
