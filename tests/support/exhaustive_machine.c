#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arith/round.h"
#include "base/parallel.h"
#include "support/cases.h"
#include "support/exhaustive.h"

enum { CHUNKS = 64 };

/* What the machine does: functions that are not inlined, so that nothing moves across a change of the rounding mode. */
#define MACHINE __attribute__((noinline, noclone)) static
MACHINE double machine64(char op, double a, double b, double c) {
    switch (op) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    case '/': return a / b;
    case 's': return sqrt(a);
    default: return fma(a, b, c);
    }
}
MACHINE float machine32(char op, float a, float b, float c) {
    switch (op) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    case '/': return a / b;
    case 's': return sqrtf(a);
    default: return fmaf(a, b, c);
    }
}

static double ours(px_fp f, px_rounding r, char op, double a, double b, double c) {
    switch (op) {
    case '+': return px_add(f, r, a, b, 0);
    case '-': return px_sub(f, r, a, b, 0);
    case '*': return px_mul(f, r, a, b, 0);
    case '/': return px_div(f, r, a, b, 0);
    case 's': return px_sqrt(f, r, a, 0);
    default: return px_fma(f, r, a, b, c, 0);
    }
}

/* A number of f: any word; or one with few bits; or one near `like`, for cancellation and midpoints. */
static double draw(px_random *g, px_fp f, double like) {
    uint64_t word = px_random_word(g), style = px_random_word(g) % 4;
    double x;
    if (style == 1) word &= ~(uint64_t)0 << (12 + px_random_below(g, 40)); /* few significant bits */
    memcpy(&x, &word, sizeof x);
    if (style >= 2 && isfinite(like) && like != 0) /* within some 60 binades of `like` */
        x = ldexp(1 + (double)(word >> 12) * 0x1p-52, ilogb(like) - px_random_below(g, style == 2 ? 3 : 60));
    if (f.p <= 24 && style < 2) x = ldexp(x, -ilogb(x == 0 || !isfinite(x) ? 1.0 : x) + px_random_below(g, f.emax - f.emin + f.p + 2) + f.emin - f.p);
    x = px_exact_round(f, px_rounding_of(PX_NEAREST_EVEN), px_exact_of(x), 0, NULL);
    return word & 1 ? -x : x;
}

typedef struct job {
    px_fp fp;
    char operation;
    uint64_t n;
    px_tally tally[CHUNKS];
} job;

static int same(double a, double b) { return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b)); }

static void complain(const job *j, int64_t chunk, const double x[3], double y, double z, int mode) {
    if (j->tally[chunk].differences < 2)
        fprintf(stderr, "p = %d, %s: %c of %a %a %a: got %a, want %a\n", j->fp.p,
                px_rounding_name((px_rounding_mode)mode), j->operation, x[0], x[1], x[2], y, z);
}

static void machine_chunk(void *context, int64_t chunk) {
    static const struct {
        px_rounding_mode ours;
        int machine;
    } modes[] = {{PX_NEAREST_EVEN, FE_TONEAREST}, {PX_UP, FE_UPWARD}, {PX_DOWN, FE_DOWNWARD}, {PX_TOWARD_ZERO, FE_TOWARDZERO}};
    job *j = context;
    px_random g = {(uint64_t)chunk * 1000003 + (uint64_t)j->operation};
    for (uint64_t i = 0; i < j->n / CHUNKS; i++) {
        double x[3];
        x[0] = draw(&g, j->fp, 1);
        x[1] = draw(&g, j->fp, x[0]);
        x[2] = draw(&g, j->fp, x[0] * x[1]);
        if (j->operation == 's') x[0] = fabs(x[0]);
        int mode = (int)(i % 4);
        fesetround(modes[mode].machine);
        double z = j->fp.p == 53 ? machine64(j->operation, x[0], x[1], x[2])
                                 : (double)machine32(j->operation, (float)x[0], (float)x[1], (float)x[2]);
        fesetround(FE_TONEAREST);
        double y = ours(j->fp, px_rounding_of(modes[mode].ours), j->operation, x[0], x[1], x[2]);
        j->tally[chunk].cases++;
        if (same(y, z)) continue;
        complain(j, chunk, x, y, z, modes[mode].ours);
        j->tally[chunk].differences++;
    }
}

/* a b + c to nearest in a format of at most 11 bits: the machine's fma in binary64, truncated, its last bit set when it was
 * inexact (round to odd), then counted in quanta. No such result is below 2^-300, so nothing underflows. */
static double fma_to_nearest(px_fp f, const double x[3]) {
    fesetround(FE_TOWARDZERO);
    feclearexcept(FE_INEXACT);
    double z = machine64('f', x[0], x[1], x[2]);
    int inexact = fetestexcept(FE_INEXACT);
    fesetround(FE_TONEAREST);
    if (z == 0 || !isfinite(z)) return isfinite(z) || f.has_inf ? z : (double)NAN;
    uint64_t word;
    memcpy(&word, &z, sizeof word);
    if (inexact) word |= 1;
    memcpy(&z, &word, sizeof z);
    int e = ilogb(z), quantum = (e > f.emin ? e : f.emin) - f.p + 1;
    double y = ldexp(rint(ldexp(fabs(z), -quantum)), quantum);
    return copysign(y > f.max_finite ? f.has_inf ? (double)INFINITY : (double)NAN : y, z);
}

static void fma_chunk(void *context, int64_t chunk) {
    job *j = context;
    px_random g = {(uint64_t)chunk * 1000003 + 77};
    for (uint64_t i = 0; i < j->n / CHUNKS; i++) {
        double x[3];
        x[0] = draw(&g, j->fp, 1);
        x[1] = draw(&g, j->fp, x[0]);
        x[2] = draw(&g, j->fp, x[0] * x[1]);
        double z = fma_to_nearest(j->fp, x), y = px_fma(j->fp, px_rounding_of(PX_NEAREST_EVEN), x[0], x[1], x[2], 0);
        j->tally[chunk].cases++;
        if (same(y, z)) continue;
        complain(j, chunk, x, y, z, PX_NEAREST_EVEN);
        j->tally[chunk].differences++;
    }
}

static px_tally run(const char *format, char operation, uint64_t n, void (*chunk)(void *, int64_t)) {
    job j = {.operation = operation, .n = n};
    if (px_fp_parse(format, &j.fp, NULL) != PX_OK) abort();
    px_parallel_for(CHUNKS, chunk, &j);
    px_tally sum = {0};
    for (int i = 0; i < CHUNKS; i++) {
        sum.cases += j.tally[i].cases;
        sum.differences += j.tally[i].differences;
    }
    return sum;
}

px_tally px_exhaust_machine(const char *format, char operation, uint64_t n) { return run(format, operation, n, machine_chunk); }
px_tally px_exhaust_fma(const char *format, uint64_t n) { return run(format, 'f', n, fma_chunk); }
