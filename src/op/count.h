/* What a call costs: operations by THE op list, and bytes. */
#ifndef PX_OP_COUNT_H
#define PX_OP_COUNT_H

#include "op/op.h"

typedef struct px_count {
    double flops;         /* exact below 2^53 */
    double read, written; /* bytes: every number of an operand and of a result once, in its slot's format */
} px_count;

px_count px_call_count(const px_prog *prog, const px_call *call);

/* Bytes of the numbers that a view sees, one that is spread over rows or columns (stride 0) once; absent: 0. */
double px_arg_bytes(const px_prog *prog, px_arg view);

#endif
