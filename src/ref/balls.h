/* The reference of whole programs: every operation of the list but the factorisations, with real numbers to a chosen
 * number of bits and a bound of the error of every number (ref/ball.h). Recipes are ignored. Whatever cannot be told
 * from 0 has a radius that reaches 0, so exact zeros are seen: the gradient of the key bias is one. */
#ifndef PX_REF_BALLS_H
#define PX_REF_BALLS_H

#include "op/op.h"
#include "ref/ball.h"

enum { PX_BALLS_BITS = 256 }; /* of a training step: 2^-150 is left of them after a deep one */

/* An executor: pass &balls.exec, which must live until close. */
typedef struct px_ref_balls {
    px_exec exec;
    int bits;
} px_ref_balls;

px_ref_balls px_ref_balls_of(int bits); /* at least 106 */

/* The balls of a slot, row-major, of an open program: more digits than get gives. */
const px_ball *px_ref_balls_slot(const void *state, int slot);

/* The slot `to` becomes what `from`, of the same shape, is: all digits, between two runs of a program. */
void px_ref_balls_move(void *state, int from, int to);

#endif
