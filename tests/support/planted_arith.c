/* Wrong roundings, judged against MPFR by support/cases.h. */
#include <math.h>

#include "arith/round.h"
#include "support/cases.h"
#include "support/planted.h"

static px_exact exact(px_oracle_op op, px_rounding r, const double x[3]) {
    switch (op) {
    case OP_ADD: return px_exact_add(r, x[0], x[1], NULL);
    case OP_SUB: return px_exact_add(r, x[0], -x[1], NULL);
    case OP_MUL: return px_exact_mul(x[0], x[1], NULL);
    case OP_DIV: return px_exact_div(x[0], x[1], NULL);
    case OP_SQRT: return px_exact_sqrt(x[0], NULL);
    case OP_FMA: return px_exact_fma(r, x[0], x[1], x[2], NULL);
    default: return px_exact_of(x[0]);
    }
}

static double right(px_oracle_op op, px_fp f, px_rounding r, const double x[3], uint64_t bits, unsigned *flags) {
    (void)flags;
    return px_exact_round(f, r, exact(op, r, x), bits, NULL);
}

static px_planted_verdict judge(const px_planted *defect) {
    px_subject *subject = defect ? (px_subject *)defect->wrong : right;
    px_planted_verdict sum = {0};
    for (int op = 0; op < OP_COUNT; op++) {
        px_verdict v = px_case_judge(subject, (px_oracle_op)op, 40, 5);
        sum.cases += v.cases;
        sum.differences += v.differences;
    }
    return sum;
}

#define VARIANT(name)                                                                                                  \
    static double name(px_oracle_op op, px_fp f, px_rounding r, const double x[3], uint64_t bits, unsigned *flags)

VARIANT(half_up_ties) {
    if (r.mode == PX_NEAREST_EVEN) r = px_rounding_of(PX_NEAREST_AWAY);
    return right(op, f, r, x, bits, flags);
}
VARIANT(truncation) {
    if (r.mode == PX_NEAREST_EVEN) r = px_rounding_of(PX_TOWARD_ZERO);
    return right(op, f, r, x, bits, flags);
}
/* Two bits below the last one are kept, what lies further down is forgotten. */
VARIANT(missing_sticky_bit) {
    px_fp wide = f;
    wide.p = (int16_t)(f.p + 2);
    wide.emin = -1022;
    wide.emax = 1023;
    wide.max_finite = 0x1.fffffffffffffp1023;
    wide.subnormals = 1;
    if (f.p > 51) return right(op, f, r, x, bits, flags);
    double cut = px_exact_round(wide, px_rounding_of(PX_TOWARD_ZERO), exact(op, r, x), bits, NULL);
    return px_exact_round(f, r, px_exact_of(cut), bits, NULL);
}
VARIANT(flush_to_zero) {
    double y = right(op, f, r, x, bits, flags);
    return fabs(y) < px_fp_min_normal(f) ? copysign(0.0, y) : y;
}
static double through(const char *format, px_oracle_op op, px_fp f, px_rounding r, const double x[3], uint64_t bits) {
    px_fp middle;
    PX_ASSERT(px_fp_parse(format, &middle, NULL) == PX_OK);
    double y = px_exact_round(middle, px_rounding_of(PX_NEAREST_EVEN), exact(op, r, x), 0, NULL);
    return px_exact_round(f, r, px_exact_of(y), bits, NULL);
}
VARIANT(double_rounding_through_float) {
    if (!px_fits_float(f)) return right(op, f, r, x, bits, flags);
    return through("fp32", op, f, r, x, bits);
}
VARIANT(double_rounding_through_double) { return (void)flags, through("fp64", op, f, r, x, bits); }
VARIANT(emin_wrong_by_one) {
    f.emin++;
    return right(op, f, r, x, bits, flags);
}
VARIANT(saturating_overflow) {
    f.overflow = PX_OVERFLOW_SATURATE;
    return right(op, f, r, x, bits, flags);
}
/* p and emax of E4M3 suggest 480; the code of 480 is NaN. */
VARIANT(e4m3_maximum_480) {
    if (f.max_finite == 448) f.max_finite = 480;
    return right(op, f, r, x, bits, flags);
}
VARIANT(lost_sign_of_zero) { return right(op, f, r, x, bits, flags) + 0.0; }
/* One random bit fewer than stated. */
VARIANT(stochastic_with_a_bit_less) {
    if (r.mode == PX_STOCHASTIC && r.sr_bits > 1) r.sr_bits--;
    return right(op, f, r, x, bits, flags);
}
VARIANT(directed_modes_swapped) {
    if (r.mode == PX_UP || r.mode == PX_DOWN) r.mode = r.mode == PX_UP ? PX_DOWN : PX_UP;
    return right(op, f, r, x, bits, flags);
}
/* a b + c in two roundings instead of one. */
VARIANT(fma_that_is_not_fused) {
    if (op != OP_FMA) return right(op, f, r, x, bits, flags);
    double ab = px_exact_round(f, r, px_exact_mul(x[0], x[1], NULL), bits, NULL);
    return px_exact_round(f, r, px_exact_add(r, ab, x[2], NULL), bits, NULL);
}

#define DEFECT(name) {#name, judge, (void (*)(void))name}
const px_planted px_planted_arith[] = {
    DEFECT(half_up_ties),
    DEFECT(truncation),
    DEFECT(missing_sticky_bit),
    DEFECT(flush_to_zero),
    DEFECT(double_rounding_through_float),
    DEFECT(double_rounding_through_double),
    DEFECT(emin_wrong_by_one),
    DEFECT(saturating_overflow),
    DEFECT(e4m3_maximum_480),
    DEFECT(lost_sign_of_zero),
    DEFECT(stochastic_with_a_bit_less),
    DEFECT(directed_modes_swapped),
    DEFECT(fma_that_is_not_fused),
    {0},
};
