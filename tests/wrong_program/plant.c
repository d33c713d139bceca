/* precx with a defect, for the gate to find: linked around px_emu_run (ld --wrap), so everything else is the real program.
 *     PX_PLANT=ulp:OP      the largest result of every OP call becomes its neighbour in the result's
 *                          format, away from 0
 *     PX_PLANT=half_up     ties of every operation go away from zero, not to even */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu.h"
#include "matrix/mat.h"

void __real_px_emu_run(const px_task *task);
void __wrap_px_emu_run(const px_task *task);

/* The next number of the format above |x|, with x's sign; x itself where there is none. */
static double one_ulp_out(px_fp f, double x) {
    if (!isfinite(x) || fabs(x) >= f.max_finite) return x;
    int e = f.emin;
    if (fabs(x) >= ldexp(1, f.emin)) {
        frexp(x, &e);
        e--;
    }
    return x + copysign(ldexp(1, e - f.p + 1), x);
}

static double number(const px_view *v, int64_t at) {
    return px_fits_float(v->fmt) ? (double)((const float *)v->data)[at] : ((const double *)v->data)[at];
}

static void plant_ulp(const px_view *out) {
    int64_t largest = -1;
    for (int64_t i = 0; out->data && i < out->rows; i++)
        for (int64_t j = 0; j < out->cols; j++) {
            int64_t at = i * out->rs + j * out->cs;
            if (largest < 0 || fabs(number(out, at)) > fabs(number(out, largest))) largest = at;
        }
    if (largest < 0) return;
    double x = one_ulp_out(out->fmt, number(out, largest));
    if (px_fits_float(out->fmt))
        ((float *)out->data)[largest] = (float)x;
    else
        ((double *)out->data)[largest] = x;
}

void __wrap_px_emu_run(const px_task *task) {
    const char *plant = getenv("PX_PLANT");
    px_call call = *task->call;
    px_task wrong = *task;
    wrong.call = &call;
    if (plant && strcmp(plant, "half_up") == 0 && call.recipe.rounding == PX_NEAREST_EVEN)
        call.recipe.rounding = PX_NEAREST_AWAY;
    __real_px_emu_run(&wrong);
    if (plant && strncmp(plant, "ulp:", 4) == 0 && strcmp(plant + 4, px_op_name(call.op)) == 0)
        plant_ulp(&wrong.out[0]);
}
