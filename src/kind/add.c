#include <math.h>

#include "kind/kinds.h"
#include "kind/pair.h"

static const px_param params[] = {PX_PAIR_AXES};

static const px_column columns[] = {PX_PAIR_COLUMNS(PX_AS_COLUMN) PX_COLUMNS_AMPLIFICATION(PX_AS_COLUMN)
                                        PX_COLUMNS_ERROR PX_COLUMNS_BOUND(PX_AS_COLUMN) PX_COLUMNS_COUNT(PX_AS_COLUMN)
                                            PX_COLUMNS_SINGLE(PX_AS_COLUMN) PX_COLUMNS_STATUS(PX_AS_COLUMN)};

/* (a da' + b db')/(a + b) with relative errors da', db': exact for a sum, and bounded by the same with magnitudes. */
static px_propagation propagate(double a, double b, double da, double db, double r) {
    (void)a, (void)b;
    return (px_propagation){.first = (da + db) / r, .exact = (da + db) / r, .bound = (fabs(da) + fabs(db)) / fabs(r)};
}

static const char *unsupported(px_arena *arena, const px_case *c) { return px_pair_unsupported(arena, c, PX_OP_ADD); }

static px_status run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    px_row row = px_row_new(lab->arena, columns, PX_KIND_COUNT_OF(columns));
    px_trial t;
    PX_TRY(px_pair_run(c, lab, PX_OP_ADD, propagate, &t, &row, err));
    px_columns_amplification(&row, &t);
    return sink->emit(sink, &row, err);
}

const px_kind px_kind_add = {
    .spec = {.name = "add",
             .params = params,
             .n_params = PX_KIND_COUNT_OF(params),
             .columns = columns,
             .n_columns = PX_KIND_COUNT_OF(columns),
             .unsupported = unsupported},
    .question = "How much does one rounded addition lose, and how much was lost before it, when the data were rounded?",
    .detail =
        "n pairs are rounded to the format and added with one rounding. Columns repr_* say what rounding the data did "
        "to "
        "the exact sum, beside the first-order formula (a da + b db)/(a + b) of two relative errors da, db; columns "
        "err_* say what the addition itself did, beside its bound u. Where a + b cancels, the first grows with "
        "amplification, the second does not: the addition is innocent.",
    .sources =
        (const char *const[]){"Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, 1.7, 2.2",
                              "Sterbenz, Floating-Point Computation, 1974: x - y is exact for y/2 <= x <= 2y", NULL},
    .highlights = (const char *const[]){"repr_rel", "pred_first_order", "err_rel", "bound_det", "slack_det",
                                        "amplification", "computed", NULL},
    .cost = px_pair_cost,
    .run = run,
};
