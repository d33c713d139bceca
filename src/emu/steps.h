/* The vocabulary of op/layer.h on arrays of binary64 numbers, as kernel/steps.h has it for one: rnd of an operation,
 * const, SUM. Rounding to recipe.acc what binary64 makes of numbers of at most 24 bits is rounding once: products are
 * exact; sums, quotients and roots because 53 >= 2 p + 2 (Figueroa 1995), the exponents being those of binary32 at
 * most. */
#ifndef PX_EMU_STEPS_H
#define PX_EMU_STEPS_H

#include "emu/emu.h"
#include "emu/isa/isa.h"

typedef struct px_steps {
    const px_isa *isa;
    const px_recipe *recipe;
    px_rounding rounding;
    px_rnd_format acc;
} px_steps;

/* False where steps by arrays are not those of the recipe. */
bool px_steps_make(const px_recipe *recipe, px_steps *h);

/* y[i] = rnd(a[i] op b[i]); rnd(a[i] op b); rnd(op a[i]). n numbers; y may be a or b. */
static inline void px_steps_each(const px_steps *h, px_rnd_op op, int64_t n, const double *a, const double *b,
                                 double *y) {
    h->isa->rnd_f64(&h->acc, op, n, a, b, 1, y);
}
static inline void px_steps_by(const px_steps *h, px_rnd_op op, int64_t n, const double *a, double b, double *y) {
    h->isa->rnd_f64(&h->acc, op, n, a, &b, 0, y);
}
static inline void px_steps_of(const px_steps *h, px_rnd_op op, int64_t n, const double *a, double *y) {
    h->isa->rnd_f64(&h->acc, op, n, a, a, 1, y);
}

/* const(c). */
double px_steps_constant(const px_steps *h, double c);

/* The m sums of n numbers of the format: of the rows of x (m x n), or down the columns of x (n x m). */
void px_steps_sums(const px_steps *h, int64_t m, int64_t n, const double *x, bool down, double *sum);

/* y as it is stored: rounded to recipe.out (first: a result of out[0]) and to the slot's format; with the one NaN. */
void px_steps_last(const px_steps *h, bool first, px_fp stored, int64_t n, double *y);

#endif
