/* The signs of a training run that goes wrong, side by side, and which of them spoke first. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kind/transformer.h"

/* The mean of the first values stands for health; a sign that is beside it later, or no number, warns. */
static void watch(px_sign *s, const px_transformer_signs *all, int64_t step, double value) {
    if (s->warned) return;
    bool healthy = s->n == all->calm && s->sum > 0;
    if (!isfinite(value) || (healthy && value > all->alarm * s->sum / (double)s->n))
        s->warned = step;
    else if (s->n < all->calm) {
        s->sum += value;
        s->n++;
    }
}

void px_transformer_watch(px_transformer_signs *all, int64_t step, const double value[PX_SIGN_COUNT],
                          const bool measured[PX_SIGN_COUNT]) {
    bool before = all->sign[PX_SIGN_KAPPA].warned;
    for (int k = 0; k < PX_SIGN_COUNT; k++)
        if (measured[k]) watch(&all->sign[k], all, step, value[k]);
    if (before || !all->sign[PX_SIGN_KAPPA].warned) return;
    static const char *const names[PX_SIGN_COUNT] = {PX_SIGN_LIST(PX_SIGN_NAME)};
    for (int k = 0; k < PX_SIGN_KAPPA; k++)
        if (all->sign[k].warned) {
            if (all->foretold[0]) strcat(all->foretold, "+");
            strcat(all->foretold, names[k]);
        }
    if (!all->foretold[0]) strcpy(all->foretold, "none");
}

void px_transformer_signs_set(const px_transformer_signs *all, px_row *row) {
    static const char *const columns[PX_SIGN_COUNT] = {PX_SIGN_LIST(PX_SIGN_COLUMN)};
    for (int k = 0; k < PX_SIGN_COUNT; k++)
        if (all->sign[k].warned) px_row_integer(row, columns[k], all->sign[k].warned);
    if (all->foretold[0]) px_row_text(row, "foretold", all->foretold);
}
