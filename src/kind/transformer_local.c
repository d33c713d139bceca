/* Local and propagated errors: total = local + propagated, by loops over calls that know nothing of layers. */
#include <math.h>

#include "kind/transformer.h"
#include "metric/error.h"
#include "ref/redo.h"

int32_t px_transformer_last_writer(const px_transformer *t, int32_t slot) {
    const px_prog *prog = &t->program.prog;
    for (int32_t c = prog->n_calls - 1; c >= 0; c--)
        for (int k = 0; k < px_op_outputs(prog->calls[c].op); k++)
            if (prog->calls[c].out[k].slot == slot) return c;
    return -1;
}

px_status px_transformer_local(const px_transformer *t, px_arena *arena, const px_exec *reference, int32_t slot,
                               px_wide *local, bool *made, px_error *err) {
    const px_prog *prog = &t->program.prog;
    char why[128];
    int last = px_transformer_last_writer(t, slot);
    *made = last >= 0 && reference->supports(prog, &prog->calls[last], why, sizeof why);
    if (!*made) return PX_OK;
    return px_ref_redo_slot(arena, reference, prog, 0, last + 1, slot, t->train.exec, t->train.state, local, &last,
                            err);
}

/* Of the entries divided by `top`: the sum of squares of the differences, of their radii, and of the exact ones. */
static void squares(const px_wide *local, const px_wide *exact, double top, double sums[3]) {
    for (int64_t i = 0; i < exact->hi.rows; i++)
        for (int64_t j = 0; j < exact->hi.cols; j++) {
            double e = px_mat_get(&exact->hi, i, j), d = px_mat_get(&local->hi, i, j) - e;
            double r = px_mat_get(&local->radius, i, j) + px_mat_get(&exact->radius, i, j);
            d += px_mat_get(&local->lo, i, j) - px_mat_get(&exact->lo, i, j);
            sums[0] += d / top * (d / top);
            sums[1] += r / top * (r / top);
            sums[2] += e / top * (e / top);
        }
}

double px_transformer_propagated(const px_wide *local, const px_wide *exact, bool *decided) {
    double top = 0, sums[3] = {0};
    *decided = true;
    for (int64_t i = 0; i < exact->hi.rows; i++)
        for (int64_t j = 0; j < exact->hi.cols; j++) {
            double e = px_mat_get(&exact->hi, i, j);
            if (!isfinite(e) || !isfinite(px_mat_get(&local->hi, i, j))) return PX_UNDEFINED;
            top = fmax(top, fabs(e));
        }
    if (top == 0) return PX_UNDEFINED;
    squares(local, exact, top, sums);
    double figure = sqrt(sums[0] / sums[2]), off = sqrt(sums[1] / sums[2]);
    *decided = px_round_digits(fmax(figure - off, 0)) == px_round_digits(figure + off);
    return *decided ? figure : PX_UNDEFINED;
}
