#include <math.h>

#include "kind/kinds.h"
#include "kind/pair.h"

static const px_param params[] = {PX_PAIR_AXES};

static const px_column columns[] = {PX_PAIR_COLUMNS(PX_AS_COLUMN) PX_COLUMNS_ERROR PX_COLUMNS_BOUND(
    PX_AS_COLUMN) PX_COLUMNS_COUNT(PX_AS_COLUMN) PX_COLUMNS_SINGLE(PX_AS_COLUMN) PX_COLUMNS_STATUS(PX_AS_COLUMN)};

/* With relative errors x, y: x + y to first order, x + y + x y exactly. */
static px_propagation propagate(double a, double b, double da, double db, double r) {
    (void)r;
    double x = da / a, y = db / b;
    return (px_propagation){.first = x + y, .exact = x + y + x * y, .bound = fabs(x) + fabs(y) + fabs(x * y)};
}

static const char *unsupported(px_arena *arena, const px_case *c) { return px_pair_unsupported(arena, c, PX_OP_MUL); }

static px_status run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    px_row row = px_row_new(lab->arena, columns, PX_KIND_COUNT_OF(columns));
    px_trial t;
    PX_TRY(px_pair_run(c, lab, PX_OP_MUL, propagate, &t, &row, err));
    return sink->emit(sink, &row, err);
}

const px_kind px_kind_product = {
    .spec = {.name = "product",
             .params = params,
             .n_params = PX_KIND_COUNT_OF(params),
             .columns = columns,
             .n_columns = PX_KIND_COUNT_OF(columns),
             .unsupported = unsupported},
    .question = "How much does one rounded product lose, when do products underflow, and when do they overflow?",
    .detail =
        "n pairs are rounded to the format and multiplied with one rounding. Columns repr_* say what rounding the data "
        "did to the exact product, beside the first-order formula da + db and the bound |da| + |db| + |da db|; columns "
        "err_* say what the multiplication itself did, beside its bound u and, below the normal range, eta.",
    .sources =
        (const char *const[]){"Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, 2.2, 3.1",
                              "Hauser, Handling floating-point exceptions, ACM TOPLAS 18(2), 1996", NULL},
    .highlights = (const char *const[]){"repr_rel", "pred_first_order", "err_rel", "bound_det", "slack_det",
                                        "n_flushed", "n_inf", "computed", NULL},
    .cost = px_pair_cost,
    .run = run,
};
