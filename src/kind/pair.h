/* One rounded operation on pairs of numbers: what the kinds add and product share. */
#ifndef PX_KIND_PAIR_H
#define PX_KIND_PAIR_H

#include "kind/axes.h"
#include "kind/columns.h"

/* How the errors da, db of two operands (absolute) reach the exact result r = a op b, relative to r. */
typedef struct px_propagation {
    double first; /* the first-order formula */
    double exact; /* (op(a + da, b + db) - r) / r */
    double bound; /* of |exact| */
} px_propagation;
typedef px_propagation px_propagate(double a, double b, double da, double db, double r);

#define PX_PAIR_AXES                                                                                                   \
    PX_AXIS_FORMAT, PX_AXIS_OUT("format"), PX_AXIS_ROUNDING, PX_AXIS_SR_BITS, PX_AXIS_SUBNORMAL, PX_AXIS_OVERFLOW,     \
        PX_AXIS_BACKEND, PX_AXIS_DATA(px_words_pair, "pairs"),                                                         \
        PX_AXIS_NUMBER("a", PX_PARAM_REAL, "0.1", -1e300, 1e300,                                                       \
                       "data values: the first operand; a decimal of up to 15 digits is meant exactly"),               \
        PX_AXIS_NUMBER("b", PX_PARAM_REAL, "0.2", -1e300, 1e300, "data values: the second operand"),                   \
        PX_AXIS_NUMBER("edge", PX_PARAM_INT, "0", -1060, 1023,                                                         \
                       "data near_edge: results come near 2^edge; tied to the format: fp16/-14, fp16/15 ..."),         \
        PX_AXIS_SIZE("n", "1024", 1 << 24, "number of pairs"), PX_AXIS_REP

#define PX_PAIR_COLUMNS(X)                                                                                             \
    X("repr_rel_a", "1", PX_COLUMN_NUMBER, "representation error: max |da|/|a|, a rounded to the format")              \
    X("repr_rel_b", "1", PX_COLUMN_NUMBER, "representation error: max |db|/|b|")                                       \
    X("pred_first_order", "1", PX_COLUMN_NUMBER,                                                                       \
      "first-order prediction of its effect on the result, relative: the "                                             \
      "largest over the pairs")                                                                                        \
    X("repr_rel", "1", PX_COLUMN_NUMBER,                                                                               \
      "the effect itself: max |op(stored) - op(ideal)| / |op(ideal)|, nothing rounded")                                \
    X("bound_repr", "1", PX_COLUMN_NUMBER, "rigorous bound of that effect")                                            \
    X("total_err_rel", "1", PX_COLUMN_NUMBER,                                                                          \
      "representation and arithmetic together: max |computed - op(ideal)| / "                                          \
      "|op(ideal)|")

/* A case of either kind that cannot be run, or NULL. */
const char *px_pair_unsupported(px_arena *arena, const px_case *c, px_op op);

/* Runs the pairs of the case through op and sets all columns but those of one kind alone. */
px_status px_pair_run(const px_case *c, px_lab *lab, px_op op, px_propagate *propagate, px_trial *t, px_row *row,
                      px_error *err);

px_cost px_pair_cost(const px_case *c);

#endif
