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
 * 5. In a directed mode the host may round in that mode too: first to its own grid, then to the format's, which is part
 * of it, is rounding once.
 * Rounding a host number to p bits is the kernel's business (body_rows.h); it needs p <= P - 2, and a factor 2^(P - p +
 * 1) of room above the largest number. */
#include "emu/plan.h"

#include <fenv.h>
#include <math.h>

#include "arith/round.h"
#include "base/error.h"
#include "emu/view.h"

const px_host px_binary32 = {.p = 24, .emin = -126, .emax = 127, .size = sizeof(float)};
const px_host px_binary64 = {.p = 53, .emin = -1022, .emax = 1023, .size = sizeof(double)};

enum { MOST_SORTED = 1 << 14 }; /* terms, which a network sorts: more are as quick by the definition */

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
 * numbers may overflow on the way, since it does so in the end, unless a directed host stops at its largest number. */
static bool can_round_to(px_fp f, const px_host *host, bool directed, int emax) {
    int least = f.subnormals ? host->emin : host->emin + 1;
    if (emax > f.emax && !directed) emax = f.emax;
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
        return exact || r->rounding == PX_NEAREST_EVEN || plan->directed;
    }
    plan->odd_product = !exact && !plan->directed;
    if (plan->odd_product && !error_is_exact(host, f->product)) return false;
    if (!exact && f->product.emax >= host->emax) return false;
    if (exact && format_holds(r->mul, f->product)) return true;
    plan->rounds_product = true;
    f->exact_product = false;
    plan->mul = target_of(r->mul, host);
    f->term = px_extent_rounded(f->product, r->mul);
    return can_round_to(r->mul, host, plan->directed, f->product.emax);
}

/* Jeannerod & Rump 2013: in any order, a computed sum is at most 1 + n u times the sum of magnitudes. Not to nearest:
 * (1 + 2u)^n times, of which the logarithm is below 3 u n. */
static double largest_sum(const px_recipe *r, int64_t n, double largest_term, double start) {
    if (r->rounding != PX_NEAREST_EVEN) {
        double bits = 3 * ((double)n + 2) * px_fp_u(r->acc);
        return ldexp(start + (double)n * largest_term, bits < 4000 ? (int)bits + 1 : 4000);
    }
    return (1 + ((double)n + 2) * px_fp_u(r->acc)) * (start + (double)n * largest_term) * (1 + 0x1p-40);
}

static bool plan_sum(const px_recipe *r, const px_host *host, const px_operands *o, px_plan *plan, px_facts *f) {
    double start = o->has_start ? ldexp(1.0, o->start.emax + 1) : 0.0;
    double term = ldexp(1.0, f->term.emax + 1), most = largest_sum(r, o->n, term, start);
    if (!px_fp_is_exact(r->acc)) most = fmin(most, r->acc.max_finite + term); /* or infinite */
    most *= 4;                                                                /* corrections, rounded parts */
    f->sum_emax = isfinite(most) ? ilogb(most) : 2000;
    if (px_plan_is_host(r->acc, host)) return r->rounding == PX_NEAREST_EVEN || plan->directed;
    /* Not every mode makes of a finite sum what it makes of the host's infinity. */
    if (r->rounding != PX_NEAREST_EVEN && f->sum_emax >= host->emax) return false;
    if (px_fp_is_exact(r->acc) || !can_round_to(r->acc, host, plan->directed, f->sum_emax)) return false;
    plan->rounds_sum = true;
    plan->acc = target_of(r->acc, host);
    plan->odd = f->term.p > r->acc.p || 2 * r->acc.p > host->p - 1 || plan->mode != PX_NEAREST_EVEN;
    if (plan->directed) plan->odd = false;
    return true;
}

static bool plan_order(const px_recipe *r, const px_host *host, int64_t n, const px_facts *f, px_plan *plan) {
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
        return !plan->rounds_partial || can_round_to(r->split, host, plan->directed, f->sum_emax);
    case PX_SORTED_UP:
    case PX_SORTED_DOWN: return !plan->fused && host->p == 24 && n <= MOST_SORTED;
    case PX_ORDER_COUNT: break;
    }
    return false;
}

bool px_plan_target(px_fp f, const px_host *host, px_target *target) {
    if (!can_round_to(f, host, false, host->emax)) return false;
    *target = target_of(f, host);
    return true;
}

px_operands px_operands_of_gemm(const px_task *task, bool scanned) {
    const px_view *a = &task->in[0], *b = &task->in[1], *c = &task->in[2];
    px_operands o = {.products = true, .has_start = c->data != NULL, .turned = task->call->attr[0] < 0, .n = a->cols};
    o.a = scanned ? px_extent_of_view(a) : px_extent_of_format(a->fmt);
    o.b = scanned ? px_extent_of_view(b) : px_extent_of_format(b->fmt);
    if (!o.has_start) return o;
    o.start = scanned ? px_extent_of_view(c) : px_extent_of_format(c->fmt);
    o.c = c->fmt;
    return o;
}

/* May the host round in the recipe's mode? Kahan's and Neumaier's corrections are not among the sums that largest_sum
 * knows; nor is what a format makes of an infinity, when that is a number. */
static bool may_direct(const px_recipe *r, const px_operands *o) {
    bool finite = px_extent_is_finite(o->b) && (!o->products || px_extent_is_finite(o->a)) &&
                  (!o->has_start || px_extent_is_finite(o->start));
    bool kept = keeps_infinities(r->acc) && (px_fp_is_exact(r->split) || keeps_infinities(r->split));
    if (r->order == PX_KAHAN || r->order == PX_NEUMAIER || (!finite && !kept)) return false;
    return r->rounding == PX_TOWARD_ZERO || (!o->turned && (r->rounding == PX_UP || r->rounding == PX_DOWN));
}

void *px_plan_room(const px_plan *plan, int64_t n) {
    return plan->order == PX_SORTED_UP || plan->order == PX_SORTED_DOWN ? px_room(n, PX_SORT_BYTES) : NULL;
}

static int mode_of_host(const px_plan *plan) {
    return plan->mode == PX_UP ? FE_UPWARD : plan->mode == PX_DOWN ? FE_DOWNWARD : FE_TOWARDZERO;
}

void px_plan_enter(const px_plan *plan) {
    if (plan->directed) PX_ASSERT(fesetround(mode_of_host(plan)) == 0);
}

void px_plan_leave(const px_plan *plan) {
    if (plan->directed) PX_ASSERT(fesetround(FE_TONEAREST) == 0);
}

/* The fraction d / q of a number rounded to odd is right to 52 - p bits; (1 - chance) q must be a number of binary64. */
static bool can_draw_for(px_fp f, int bits) {
    return px_fp_is_exact(f) || (f.p + bits <= 52 && quantum_of(f) - bits >= -1074);
}

/* Stochastic rounding, in the orders in which the k-th step adds the k-th term to all before it. */
static bool plan_chance(const px_recipe *r, px_plan *plan) {
    plan->sr_bits = r->sr_bits, plan->reversed = r->order == PX_REVERSE;
    if (r->order != PX_SEQUENTIAL && r->order != PX_REVERSE) return false;
    return can_draw_for(r->mul, r->sr_bits) && can_draw_for(r->acc, r->sr_bits) && can_draw_for(r->out, r->sr_bits);
}

static bool make(const px_recipe *recipe, const px_host *host, const px_operands *o, bool directed, px_plan *plan,
                 px_facts *facts) {
    *plan = (px_plan){.directed = directed}, *facts = (px_facts){0};
    if (recipe->algorithm != PX_ALGORITHM_NONE) return false;
    plan->mode = plan->mul_mode = recipe->rounding;
    if (plan->mode != PX_NEAREST_EVEN && !plan->directed && host->p != 53) return false;
    if (plan->mode == PX_STOCHASTIC && !plan_chance(recipe, plan)) return false;
    if (recipe->model != 0 || recipe->promote != 0 || o->n < 1) return false;
    if (!px_plan_holds(host, o->b) || (o->products && !px_plan_holds(host, o->a))) return false;
    facts->term = facts->product = o->products ? px_extent_of_product(o->a, o->b) : o->b;
    if (o->products && !plan_product(recipe, host, plan, facts)) return false;
    if (!plan_sum(recipe, host, o, plan, facts) || !plan_order(recipe, host, o->n, facts, plan)) return false;
    plan->has_start = o->has_start;
    if (o->has_start && !px_plan_includes(recipe->acc, o->c)) return false;
    plan->flushes = (plan->rounds_product && !recipe->mul.subnormals) || (plan->rounds_sum && !recipe->acc.subnormals);
    bool emulated = plan->rounds_product || plan->rounds_sum;
    bool finer = plan->rounds_sum && facts->term.quantum < quantum_of(recipe->acc); /* sums may underflow */
    plan->signed_zeros = finer || (emulated && (plan->directed || plan->order == PX_PAIRWISE));
    plan->quick_sum = plan->rounds_sum && !finer && plan->mode == PX_NEAREST_EVEN && 2 * recipe->acc.p < host->p &&
                      facts->term.quantum >= host->emin;
    plan->rounds_out =
        !px_plan_includes(recipe->out, recipe->acc) ||
        (plan->rounds_partial && !px_plan_includes(recipe->out, recipe->split)); /* of a lone partial sum */
    if (plan->rounds_out) plan->out = target_of(recipe->out, host);
    return !plan->rounds_out || can_round_to(recipe->out, host, plan->directed, facts->sum_emax);
}

/* What Kahan's and Neumaier's sums need more than plain ones, which are at most `sum`. Kahan: s - c is the sum of the
 * terms but for errors of 2.1 u |y| + 2.1 u^2 |s| a term, y the corrected term, and |c| <= 1.1 u (|s| + |y|); so that s
 * stays below twice the sum of magnitudes while n u^2 <= 1/64. Neumaier: n corrections of at most 3.3 u |s|, summed. */
static double largest_corrected(const px_recipe *r, int64_t n, double largest, double start, double sum) {
    double u = px_fp_u(r->acc), nu = ((double)n + 1) * u;
    if (r->rounding != PX_NEAREST_EVEN || u > 0x1p-4) return (double)INFINITY;
    if (r->order == PX_NEUMAIER) return 2 * sum * (1 + 3.3 * nu * (1 + nu));
    return nu * u <= 0x1p-6 ? 4 * (start + (double)n * largest) : (double)INFINITY;
}

bool px_plan_make(const px_recipe *recipe, const px_host *host, const px_operands *o, px_plan *plan, px_facts *facts) {
    return (may_direct(recipe, o) && make(recipe, host, o, true, plan, facts)) ||
           make(recipe, host, o, false, plan, facts);
}

bool px_plan_is_special(const px_recipe *recipe, const px_plan *plan, int64_t n, double largest, double start) {
    if (!plan->rounds_product && !plan->rounds_sum) return false; /* the machine's own arithmetic */
    if (plan->flushes || plan->rounds_partial) return true;
    if (plan->rounds_product) {
        if (!(largest <= recipe->mul.max_finite)) return true;
        largest = px_round(recipe->mul, px_rounding_of(plan->directed ? PX_UP : PX_NEAREST_EVEN), largest, 0);
    }
    double sum = largest_sum(recipe, n, largest, start);
    if (plan->order == PX_KAHAN || plan->order == PX_NEUMAIER) sum = largest_corrected(recipe, n, largest, start, sum);
    return !(sum <= recipe->acc.max_finite);
}
