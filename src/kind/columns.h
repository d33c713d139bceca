/* Column groups that kinds share, each defined once: THE lists X(name, unit, type, what it is), and how a group is set.
 * A kind's table is a sequence of groups, expanded by PX_AS_COLUMN; `status` comes last. */
#ifndef PX_KIND_COLUMNS_H
#define PX_KIND_COLUMNS_H

#include "kind/trial.h"

#define PX_AS_COLUMN(name, unit, type, text)         {name, unit, type, PX_CLASS_EXACT, text},
#define PX_AS_LIBRARY_COLUMN(name, unit, type, text) {name, unit, type, PX_CLASS_LIBRARY, text},

/* The metrics of metric/error.h: arithmetic error, against the exact result on the stored operands. */
#define PX_AS_ERROR_COLUMN(field, column, unit, text) {column, unit, PX_COLUMN_NUMBER, PX_CLASS_EXACT, text},
#define PX_COLUMNS_ERROR                              PX_ERROR_METRICS(PX_AS_ERROR_COLUMN)

#define PX_COLUMNS_BOUND(X)                                                                                            \
    X("bound_det", "1", PX_COLUMN_NUMBER, "beta of the deterministic bound |E| <= beta B + eta; empty if none holds")  \
    X("bound_det_eta", "1", PX_COLUMN_NUMBER, "eta of that bound: what underflow may add")                             \
    X("slack_det", "1", PX_COLUMN_NUMBER, "max |E| / (beta B + eta): at most 1, and 1 where the bound is attained")    \
    X("bound_note", "", PX_COLUMN_TEXT, "the theorem behind bound_det, or why there is none")

#define PX_COLUMNS_PROBABLE(X)                                                                                         \
    X("bound_prob", "1", PX_COLUMN_NUMBER, "beta of the probabilistic bound, for all entries together")                \
    X("slack_prob", "1", PX_COLUMN_NUMBER, "max |E| / (bound_prob B + its eta); may exceed 1, by a model")             \
    X("lambda", "1", PX_COLUMN_NUMBER, "lambda of the probabilistic bound")                                            \
    X("probability", "1", PX_COLUMN_NUMBER, "probability with which bound_prob holds for all entries")                 \
    X("n_u", "1", PX_COLUMN_NUMBER, "number of terms times u of the accumulator: growth in the worst case")            \
    X("sqrt_n_u", "1", PX_COLUMN_NUMBER, "root of the number of terms times u: growth of random errors")

#define PX_COLUMNS_AMPLIFICATION(X)                                                                                    \
    X("amplification", "1", PX_COLUMN_NUMBER, "condition of the sum: max of sum |x| / |sum x| over the stored terms")

#define PX_COLUMNS_COUNT(X)                                                                                            \
    X("n_inf", "entries", PX_COLUMN_INTEGER, "infinite results")                                                       \
    X("n_nan", "entries", PX_COLUMN_INTEGER, "results that are not a number")                                          \
    X("n_subnormal", "entries", PX_COLUMN_INTEGER, "subnormal results")                                                \
    X("n_flushed", "entries", PX_COLUMN_INTEGER, "results 0 although the rounded reference is not")                    \
    X("n_ref_zero", "entries", PX_COLUMN_INTEGER, "exact results that are 0: no relative error there")

/* One result: printed in full where the cell has only one. */
#define PX_COLUMNS_SINGLE(X)                                                                                           \
    X("computed", "1", PX_COLUMN_NUMBER, "the result, where there is one")                                             \
    X("reference", "1", PX_COLUMN_NUMBER, "the exact result on the stored operands, as the nearest double")

#define PX_COLUMNS_STATUS(X)                                                                                           \
    X("status", "", PX_COLUMN_TEXT, "the worst of what happened: failed, nan, overflow, underflow, ok")

void px_columns_error(px_row *row, const px_trial *t);         /* PX_COLUMNS_ERROR */
void px_columns_bound(px_row *row, const px_trial *t);         /* PX_COLUMNS_BOUND */
void px_columns_probable(px_row *row, const px_trial *t);      /* PX_COLUMNS_PROBABLE */
void px_columns_amplification(px_row *row, const px_trial *t); /* PX_COLUMNS_AMPLIFICATION */
void px_columns_count(px_row *row, const px_trial *t);         /* PX_COLUMNS_COUNT */
void px_columns_single(px_row *row, const px_trial *t);        /* PX_COLUMNS_SINGLE */
void px_columns_status(px_row *row, px_cell_status s);         /* PX_COLUMNS_STATUS */

/* A figure of this room's own arithmetic (relative error about 1e-15): rounded to 8 digits like all error figures, and
 * correctly but for a chance of 1e-6; the same on every machine. PX_UNDEFINED gives an empty field. */
void px_columns_figure(px_row *row, const char *column, double x);

#endif
