/* The arithmetic once more, by MPFR: what every operation of arith/ must give, bit for bit, flags included. Shares no
 * code with arith/ but the format's numbers. To nearest even and in the three IEEE directed modes the result comes from
 * MPFR's own rounding with the target's exponent range and mpfr_subnormalize; nearest_away, odd and stochastic are
 * built from the exact value and its two neighbours. */
#ifndef PX_TESTS_ORACLE_H
#define PX_TESTS_ORACLE_H

#include <stdint.h>

#include "arith/fp.h"
#include "arith/rounding.h"

/* X(enumerator, name, operands) */
#define PX_ORACLE_OPS(X)                                                                                               \
    X(OP_ROUND, "round", 1)                                                                                            \
    X(OP_ADD, "add", 2)                                                                                                \
    X(OP_SUB, "sub", 2)                                                                                                \
    X(OP_MUL, "mul", 2)                                                                                                \
    X(OP_DIV, "div", 2)                                                                                                \
    X(OP_SQRT, "sqrt", 1)                                                                                              \
    X(OP_FMA, "fma", 3)
#define PX_ORACLE_ENUM(id, name, n) id,
typedef enum px_oracle_op { PX_ORACLE_OPS(PX_ORACLE_ENUM) OP_COUNT } px_oracle_op;
#undef PX_ORACLE_ENUM

const char *px_oracle_name(px_oracle_op op);

/* The operation on doubles x[0..2], taken as they are, rounded once to f; flags in TestFloat's coding (set, not or-ed).
 */
double px_oracle(px_oracle_op op, px_fp f, px_rounding r, const double x[3], uint64_t bits, unsigned *flags);

#endif
