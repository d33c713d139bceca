#include "emu/steps.h"

#include <math.h>
#include <stdlib.h>

#include "arith/round.h"
#include "emu/plan.h"
#include "emu/round.h"
#include "emu/view.h"

bool px_steps_make(const px_recipe *r, px_steps *h) {
    *h = (px_steps){.isa = px_isa_chosen(), .recipe = r, .rounding = px_recipe_rounding(r)};
    h->acc.binary32 = px_plan_is_host(r->acc, &px_binary32);
    return r->rounding == PX_NEAREST_EVEN && !r->fused && px_fp_equal(r->mul, r->acc) && px_fits_float(r->acc) &&
           px_plan_target(r->acc, &px_binary64, &h->acc.target);
}

double px_steps_constant(const px_steps *h, double c) { return px_round(h->recipe->acc, h->rounding, c, 0); }

void px_steps_sums(const px_steps *h, int64_t m, int64_t n, const double *x, bool down, double *sum) {
    px_call call = {.op = PX_OP_SUM, .recipe = *h->recipe};
    call.recipe.out = call.recipe.acc;
    float *terms = px_room(m * n, sizeof *terms);
    for (int64_t i = 0; i < m * n; i++) terms[i] = (float)x[i];
    px_view in = {.data = terms, .fmt = h->recipe->acc, .rows = m, .cols = n, .rs = down ? 1 : n, .cs = down ? m : 1};
    px_view out = {.data = sum, .rows = m, .cols = 1, .rs = 1, .cs = 1};
    px_task task = {.call = &call, .in = {in}, .out = {out}};
    px_emu_run(&task);
    free(terms);
}

/* y, numbers of g, rounded to f. */
static void round_from(const px_steps *h, px_fp g, px_fp f, int64_t n, double *y) {
    px_rounder r;
    if (px_plan_includes(f, g)) return;
    bool quick = px_rounder_f64(f, h->rounding, &r);
    for (int64_t i = 0; i < n && quick; i += PX_CHUNK)
        px_round_doubles(&r, n - i < PX_CHUNK ? n - i : PX_CHUNK, y + i, 0, 0, 0, y + i);
    for (int64_t i = 0; i < n && !quick; i++) y[i] = px_round(f, h->rounding, y[i], 0);
}

void px_steps_last(const px_steps *h, bool first, px_fp stored, int64_t n, double *y) {
    px_fp f = first ? h->recipe->out : h->recipe->acc;
    round_from(h, h->recipe->acc, f, n, y);
    round_from(h, f, stored, n, y);
    for (int64_t i = 0; i < n; i++) y[i] = y[i] == y[i] ? y[i] : (double)NAN;
}
