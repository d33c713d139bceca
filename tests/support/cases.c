#include "support/cases.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arith/codec.h"

uint64_t px_random_word(px_random *g) {
    uint64_t z = g->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

int px_random_below(px_random *g, int n) { return (int)(px_random_word(g) % (uint64_t)n); }

static int random_sign(px_random *g) { return px_random_below(g, 2) ? 1 : -1; }

uint64_t px_word_of(double x) {
    uint64_t word;
    memcpy(&word, &x, sizeof word);
    return word;
}

static double from_word(uint64_t word) {
    double x;
    memcpy(&x, &word, sizeof x);
    return x;
}

int px_case_formats(void) { return (int)px_fp_count() + 12; }

px_fp px_case_format(int i) {
    static const char *const custom[12] = {"ieee_e2m1",  "ieee_e3m2",   "ieee_e4m3",   "ieee_e2m9",
                                           "ieee_e6m9",  "ieee_e8m1",   "ieee_e8m25",  "ieee_e9m30",
                                           "ieee_e11m5", "ieee_e11m24", "ieee_e11m49", "ieee_e11m51"};
    int rows = (int)px_fp_count();
    if (i < rows) return px_fp_row((size_t)i);
    px_fp f;
    PX_ASSERT(px_fp_parse(custom[i - rows], &f, NULL) == PX_OK);
    return f;
}

/* Words where something happens: zero, the ends of the subnormals, of the normals, one, infinity, and their neighbours.
 */
static double corner(px_random *g, px_fp f) {
    uint64_t one_field = (uint64_t)1 << (f.p - 1);
    uint64_t top = ((uint64_t)1 << (px_fp_exponent_bits(f) + f.p - 1)) - 1;
    uint64_t landmarks[] = {0, one_field, (uint64_t)-f.emin * one_field, one_field * 2, top, top & ~(one_field - 1)};
    uint64_t landmark = landmarks[px_random_below(g, 6)];
    int64_t step = px_random_below(g, 7) - 3;
    uint64_t word = landmark + (uint64_t)step;
    if (word > top) word = landmark;
    return random_sign(g) * px_decode(f, word << f.pad);
}

/* A number with exponent near e and p random bits, few of them ones half of the time. */
static double near_exponent(px_random *g, px_fp f, int e) {
    uint64_t m = px_random_word(g) >> 11 >> (53 - f.p);
    if (px_random_below(g, 2)) m &= px_random_word(g) & px_random_word(g) & px_random_word(g);
    if (px_random_below(g, 4) == 0) m = ~m & (((uint64_t)1 << f.p) - 1);
    m |= (uint64_t)1 << (f.p - 1);
    return random_sign(g) * ldexp((double)m, e - f.p + 1);
}

static double operand(px_random *g, px_fp f) {
    switch (px_random_below(g, 8)) {
    case 0:
    case 1: return corner(g, f);
    case 2:
    case 3: return near_exponent(g, f, px_random_below(g, 9) - 4);
    case 4: return near_exponent(g, f, f.emin + px_random_below(g, 8) - 4);
    case 5:
        return px_random_below(g, 4) ? near_exponent(g, f, f.emax - px_random_below(g, 3))
                                     : from_word(px_random_word(g));
    default: return px_decode(f, px_random_word(g));
    }
}

/* The quantum of f at x. */
static double quantum(px_fp f, double x) {
    int e = f.emin;
    if (x != 0 && isfinite(x)) e = ilogb(x) > f.emin ? ilogb(x) : f.emin;
    return ldexp(1.0, e - f.p + 1);
}

/* Half a quantum of x, or a little more or less: the last bit of a p-bit number, or of a double. */
static double about_half(px_random *g, px_fp f, double x) {
    double half = random_sign(g) * quantum(f, x) / 2;
    switch (px_random_below(g, 5)) {
    case 0: return half * (1 + ldexp(1.0, 1 - f.p));
    case 1: return half * (1 - ldexp(1.0, -f.p));
    case 2: return nextafter(half, 0);
    case 3: return half + random_sign(g) * ldexp(half, -px_random_below(g, 60));
    default: return half;
    }
}

static double midpoint(px_random *g, px_fp f) {
    double x = operand(g, f), y = x + about_half(g, f, x);
    if (px_random_below(g, 4) == 0) y = random_sign(g) * (f.max_finite + about_half(g, f, f.max_finite));
    if (px_random_below(g, 3) == 0) y = nextafter(y, random_sign(g) * (double)INFINITY);
    return y;
}

static double partner(px_random *g, px_fp f, double a) {
    switch (px_random_below(g, 4)) {
    case 0: return -a + random_sign(g) * px_random_below(g, 3) * quantum(f, a);
    case 1: return about_half(g, f, a);
    case 2: return px_random_below(g, 8) ? operand(g, f) : from_word(px_random_word(g));
    default: return operand(g, f);
    }
}

/* A factor that brings a product or quotient with a to a border: of the subnormals, of the range, or near one. */
static double factor(px_random *g, px_fp f, double a, int quotient) {
    if (a == 0 || !isfinite(a) || px_random_below(g, 3) == 0) return operand(g, f);
    int goals[] = {f.emin, f.emin - f.p, f.emax, 0}, goal = goals[px_random_below(g, 4)] + px_random_below(g, 5) - 2;
    int e = quotient ? ilogb(a) - goal : goal - ilogb(a);
    e = e < f.emin ? f.emin : e > f.emax ? f.emax : e;
    return near_exponent(g, f, e);
}

void px_case_draw(px_random *g, px_oracle_op op, px_fp f, double x[3]) {
    x[0] = operand(g, f);
    x[1] = x[2] = 0;
    double m = near_exponent(g, f, px_random_below(g, 3)) + about_half(g, f, 1.0);
    switch (op) {
    case OP_ROUND:
        if (px_random_below(g, 3)) x[0] = midpoint(g, f);
        break;
    case OP_ADD:
    case OP_SUB:
        x[1] = partner(g, f, x[0]);
        if (op == OP_SUB) x[1] = -x[1];
        break;
    case OP_MUL: x[1] = factor(g, f, x[0], 0); break;
    case OP_DIV:
        x[1] = factor(g, f, x[0], 1);
        if (px_random_below(g, 3) == 0) x[0] = (double)(float)(x[1] * m); /* near a midpoint times the divisor */
        break;
    case OP_SQRT:
        if (px_random_below(g, 2)) x[0] = fabs(x[0]);
        if (px_random_below(g, 3) == 0) x[0] = ldexp((double)(float)(m * m), 2 * px_random_below(g, 5));
        break;
    case OP_FMA:
        x[1] = factor(g, f, x[0], 0);
        x[2] = px_random_below(g, 2) ? partner(g, f, x[0] * x[1]) : operand(g, f);
        break;
    case OP_COUNT: break;
    }
}

static void describe(px_verdict *v, px_oracle_op op, px_fp f, px_rounding r, const double x[3], uint64_t bits,
                     double got, double want, unsigned got_flags, unsigned flags) {
    char name[24];
    snprintf(
        v->first, sizeof v->first,
        "%s %s %s%s%d %s overflow=%s bits=%#llx: x = %a %a %a: got %a (%#llx) flags %#x, want %a (%#llx) flags %#x",
        px_oracle_name(op), px_fp_name(f, name), px_rounding_name((px_rounding_mode)r.mode), " r=", r.sr_bits,
        f.subnormals ? "keep" : "flush", px_overflow_name((px_overflow)f.overflow), (unsigned long long)bits, x[0],
        x[1], x[2], got, (unsigned long long)px_word_of(got), got_flags, want, (unsigned long long)px_word_of(want),
        flags);
}

static void judge_one(px_verdict *v, px_subject *subject, px_oracle_op op, px_fp f, px_rounding r, px_random *g) {
    double x[3];
    px_case_draw(g, op, f, x);
    f.overflow = (uint8_t)px_random_below(g, PX_OVERFLOW_COUNT);
    if (!f.has_inf && f.overflow == PX_OVERFLOW_INF) f.overflow = PX_OVERFLOW_NAN;
    static const uint8_t sr_bits[] = {1, 2, 8, 23, 32, 63, 64};
    if (r.mode == PX_STOCHASTIC) r.sr_bits = sr_bits[px_random_below(g, 7)];
    uint64_t bits = px_random_word(g);
    if (px_random_below(g, 4) == 0) bits = px_random_below(g, 2) ? 0 : UINT64_MAX;
    unsigned flags, got_flags = PX_NO_FLAGS;
    double want = px_oracle(op, f, r, x, bits, &flags), got = subject(op, f, r, x, bits, &got_flags);
    if (isnan(want)) want = from_word((uint64_t)0x7ff8 << 48); /* the canonical one */
    v->cases++;
    if (flags & 1) v->inexact[r.mode]++;
    if (px_word_of(got) == px_word_of(want) && (got_flags == PX_NO_FLAGS || got_flags == flags)) return;
    if (v->differences++ == 0) describe(v, op, f, r, x, bits, got, want, got_flags, flags);
}

px_verdict px_case_judge(px_subject *subject, px_oracle_op op, int n, uint64_t seed) {
    px_verdict v = {0};
    px_random g = {seed};
    for (int i = 0; i < px_case_formats(); i++)
        for (int mode = 0; mode < PX_ROUNDING_COUNT; mode++)
            for (int keep = 0; keep < 2; keep++) {
                px_fp f = px_case_format(i);
                f.subnormals = (uint8_t)keep;
                for (int k = 0; k < n; k++) judge_one(&v, subject, op, f, px_rounding_of((px_rounding_mode)mode), &g);
            }
    return v;
}
