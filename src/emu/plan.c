/* When a sum in a format may be computed in binary32 or binary64 (the host) and rounded to the format after each step.
 *
 * 1. The product of two numbers of p_a and p_b bits is exact in a host of P >= p_a + p_b bits, if its range holds it.
 *    Rounding it is then one rounding.
 * 2. A sum s + t is rounded twice, by the host to P bits and then to p. With s a number of the format and t of at most
 * p bits, the first rounding is harmless if 2p <= P - 1 (Figueroa 1995 has it for 2p + 2 <= P): it errs only if the
 * host's sum is inexact and a midpoint of the format. If inexact, the smaller operand ends below the host's last bit,
 * so it is less than 2^(e - P + p) for a sum in [2^e, 2^(e + 1)), while the larger, of p bits, is at least 2^(e - p)
 * away from the midpoint. Near the subnormals, where the grid is coarser than p bits, the sum is a multiple of 2^(emin
 * - 2p): exact.
 * 3. Otherwise the host's sum is rounded to odd, which keeps the second rounding right for p <= P - 2 (Boldo &
 * Melquiond 2008).
 * 4. Where the accumulator is the host's own format, its addition is the definition; fused, its fma.
 * Rounding a host number to p bits is the kernel's business (body_rows.h); it needs p <= P - 2, and a factor 2^(P - p +
 * 1) of room above the largest number. */
#include "emu/plan.h"

#include <math.h>

#include "arith/round.h"

const px_host px_binary32 = {.p = 24, .emin = -126, .emax = 127, .size = sizeof(float)};
const px_host px_binary64 = {.p = 53, .emin = -1022, .emax = 1023, .size = sizeof(double)};

static int quantum_of(px_fp f) { return f.emin - f.p + 1; }

bool px_plan_holds(const px_host *host, px_extent x) {
    return x.p <= host->p && x.quantum >= host->emin - host->p + 1 && x.emax <= host->emax;
}

static bool keeps_infinities(px_fp f) { return f.has_inf && f.overflow != PX_OVERFLOW_SATURATE; }

/* Is every number of this px_extent a number of the format, so that rounding to it does nothing? */
static bool format_holds(px_fp f, px_extent x) {
    return f.subnormals && x.p <= f.p && x.quantum >= quantum_of(f) && x.emax < f.emax &&
           (px_extent_is_finite(x) || keeps_infinities(f));
}

bool px_plan_includes(px_fp f, px_fp g) {
    if (px_fp_is_exact(f) || px_fp_equal(f, g)) return true;
    return !px_fp_is_exact(g) && f.subnormals && g.p <= f.p && quantum_of(g) >= quantum_of(f) &&
           g.max_finite <= f.max_finite && (!g.has_inf || keeps_infinities(f));
}

/* Is the host's own arithmetic that of the format? */
bool px_plan_is_host(px_fp f, const px_host *host) {
    return f.p == host->p && f.emin == host->emin && f.emax == host->emax && f.subnormals &&
           f.overflow == PX_OVERFLOW_INF && f.has_inf;
}

/* emax: no number to be rounded is 2^(emax + 1) or more, as far as that is known; what is larger than the format's own
 * numbers may overflow on the way, since it does so in the end. */
static bool can_round_to(px_fp f, const px_host *host, int emax) {
    int least = f.subnormals ? host->emin : host->emin + 1;
    if (emax > f.emax) emax = f.emax;
    return !px_fp_is_exact(f) && f.p <= host->p - 2 && emax + host->p - f.p + 1 <= host->emax && f.emin >= least;
}

/* Tininess is judged after rounding to p bits without a limit to the exponent: where subnormals are flushed, the
 * quantum goes on shrinking below emin. */
static px_target target_of(px_fp f, const px_host *host) {
    const double beyond[] = {
        [PX_OVERFLOW_INF] = (double)INFINITY, [PX_OVERFLOW_NAN] = (double)NAN, [PX_OVERFLOW_SATURATE] = f.max_finite};
    double at_infinity = f.has_inf ? (double)INFINITY : (double)NAN;
    return (px_target){.p = f.p,
                       .least = f.subnormals ? px_fp_min_normal(f) : ldexp(1.0, host->emin),
                       .flush_below = f.subnormals ? 0.0 : px_fp_min_normal(f),
                       .max_finite = f.max_finite,
                       .beyond = beyond[f.overflow],
                       .at_infinity = f.overflow == PX_OVERFLOW_SATURATE ? f.max_finite : at_infinity};
}

/* Products in binary64 whose rounding error is a number, with room to spare. */
static bool error_is_exact(const px_host *host, px_extent product) {
    return host->p == 53 && product.least > -960 && product.emax < 1000;
}

/* The product: exact in the host, or the host's own, or exact (or rounded to odd) and then rounded to mul. Makes f->term
 * of f->product. */
static bool plan_product(const px_recipe *r, const px_host *host, px_plan *plan, px_facts *f) {
    bool exact = px_plan_holds(host, f->product), unrounded = r->fused || px_fp_is_exact(r->mul);
    f->term = f->product;
    f->exact_product = exact;
    if (unrounded) {
        plan->fused = !exact;
        return exact || px_plan_is_host(r->acc, host);
    }
    if (px_plan_is_host(r->mul, host)) {
        if (!exact) f->term = px_extent_rounded(f->product, r->mul);
        return exact || r->rounding == PX_NEAREST_EVEN;
    }
    plan->odd_product = !exact;
    if (!exact && !error_is_exact(host, f->product)) return false;
    if (exact && format_holds(r->mul, f->product)) return true;
    plan->rounds_product = true;
    f->exact_product = false;
    plan->mul = target_of(r->mul, host);
    f->term = px_extent_rounded(f->product, r->mul);
    return can_round_to(r->mul, host, f->product.emax);
}

/* Jeannerod & Rump 2013: in any order, a computed sum is at most 1 + n u times the sum of magnitudes. */
static double largest_sum(const px_recipe *r, int64_t n, double largest_term, double start) {
    return (1 + ((double)n + 2) * px_fp_u(r->acc)) * (start + (double)n * largest_term) * (1 + 0x1p-40);
}

static bool plan_sum(const px_recipe *r, const px_host *host, const px_operands *o, px_plan *plan, px_facts *f) {
    double start = o->has_start ? ldexp(1.0, o->start.emax + 1) : 0.0;
    f->sum_emax =
        ilogb(4 * largest_sum(r, o->n, ldexp(1.0, f->term.emax + 1), start)); /* 4: corrections, rounded parts */
    if (px_plan_is_host(r->acc, host)) return r->rounding == PX_NEAREST_EVEN;
    /* Not every mode makes of a finite sum what it makes of the host's infinity. */
    if (r->rounding != PX_NEAREST_EVEN && f->sum_emax >= host->emax) return false;
    if (px_fp_is_exact(r->acc) || !can_round_to(r->acc, host, f->sum_emax)) return false;
    plan->rounds_sum = true;
    plan->acc = target_of(r->acc, host);
    plan->odd = f->term.p > r->acc.p || 2 * r->acc.p > host->p - 1 || plan->mode != PX_NEAREST_EVEN;
    return true;
}

static bool plan_order(const px_recipe *r, const px_host *host, int64_t n, px_plan *plan) {
    plan->order = r->order;
    switch ((px_order)r->order) {
    case PX_SEQUENTIAL:
    case PX_KAHAN: return true;
    case PX_PAIRWISE:
    case PX_NEUMAIER: return !plan->fused;                     /* a term is used apart from the sum it is fused into */
    case PX_REVERSE: plan->order = PX_SEQUENTIAL; return true; /* the driver turns the terms round */
    case PX_BLOCKED: plan->block = r->block; return r->block > 0;
    case PX_SPLITK:
        if (r->splits <= 0) return false;
        plan->order = PX_BLOCKED;
        plan->block = (n + r->splits - 1) / r->splits;
        plan->rounds_partial = !px_fp_is_exact(r->split) && !px_plan_includes(r->split, r->acc);
        if (plan->rounds_partial) plan->split = target_of(r->split, host);
        return !plan->rounds_partial || can_round_to(r->split, host, r->split.emax);
    case PX_SORTED_UP:
    case PX_SORTED_DOWN:
    case PX_ORDER_COUNT: break;
    }
    return false;
}

bool px_plan_target(px_fp f, const px_host *host, px_target *target) {
    if (!can_round_to(f, host, host->emax)) return false;
    *target = target_of(f, host);
    return true;
}

px_operands px_operands_of_gemm(const px_task *task, bool scanned) {
    const px_view *a = &task->in[0], *b = &task->in[1], *c = &task->in[2];
    px_operands o = {.products = true, .has_start = c->data != NULL, .n = a->cols};
    o.a = scanned ? px_extent_of_view(a) : px_extent_of_format(a->fmt);
    o.b = scanned ? px_extent_of_view(b) : px_extent_of_format(b->fmt);
    if (!o.has_start) return o;
    o.start = scanned ? px_extent_of_view(c) : px_extent_of_format(c->fmt);
    o.c = c->fmt;
    return o;
}

bool px_plan_make(const px_recipe *recipe, const px_host *host, const px_operands *o, px_plan *plan, px_facts *facts) {
    *plan = (px_plan){0}, *facts = (px_facts){0};
    if (recipe->algorithm != PX_ALGORITHM_NONE) return false;
    plan->mode = plan->mul_mode = recipe->rounding;
    if (plan->mode == PX_STOCHASTIC || (plan->mode != PX_NEAREST_EVEN && host->p != 53)) return false;
    if (recipe->model != 0 || recipe->promote != 0 || o->n < 1) return false;
    if (!px_plan_holds(host, o->b) || (o->products && !px_plan_holds(host, o->a))) return false;
    facts->term = facts->product = o->products ? px_extent_of_product(o->a, o->b) : o->b;
    if (o->products && !plan_product(recipe, host, plan, facts)) return false;
    if (!plan_sum(recipe, host, o, plan, facts) || !plan_order(recipe, host, o->n, plan)) return false;
    plan->has_start = o->has_start;
    if (o->has_start && !px_plan_includes(recipe->acc, o->c)) return false;
    plan->flushes = (plan->rounds_product && !recipe->mul.subnormals) || (plan->rounds_sum && !recipe->acc.subnormals);
    bool emulated = plan->rounds_product || plan->rounds_sum;
    bool finer = plan->rounds_sum && facts->term.quantum < quantum_of(recipe->acc); /* sums may underflow */
    plan->signed_zeros = finer || (emulated && plan->order == PX_PAIRWISE);
    plan->quick_sum = plan->rounds_sum && !finer && plan->mode == PX_NEAREST_EVEN && 2 * recipe->acc.p < host->p &&
                      facts->term.quantum >= host->emin;
    plan->rounds_out =
        !px_plan_includes(recipe->out, recipe->acc) ||
        (plan->rounds_partial && !px_plan_includes(recipe->out, recipe->split)); /* of a lone partial sum */
    if (plan->rounds_out) plan->out = target_of(recipe->out, host);
    return !plan->rounds_out || can_round_to(recipe->out, host, recipe->out.emax);
}

bool px_plan_is_special(const px_recipe *recipe, const px_plan *plan, int64_t n, double largest, double start) {
    if (!plan->rounds_product && !plan->rounds_sum) return false; /* the machine's own arithmetic */
    if (plan->flushes || plan->rounds_partial || plan->order == PX_KAHAN || plan->order == PX_NEUMAIER) return true;
    if (plan->rounds_product) {
        if (!(largest <= recipe->mul.max_finite)) return true;
        largest = px_round(recipe->mul, px_recipe_rounding(recipe), largest, 0);
    }
    return !(largest_sum(recipe, n, largest, start) <= recipe->acc.max_finite);
}
