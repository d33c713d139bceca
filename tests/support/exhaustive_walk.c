#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arith/round.h"
#include "base/parallel.h"
#include "support/exhaustive.h"
#include "support/values.h"

const char *const px_exhaust_formats[PX_EXHAUST_FORMATS] = {"fp16", "bf16", "fp8_e4m3", "fp8_e5m2"};

enum { CHUNKS = 512 };

typedef struct walk {
    px_values values;
    px_fp fp;
    uint64_t stride;
    px_tally tally[CHUNKS];
} walk;

/* What x > 0 becomes: at[i] <= x < at[i+1]. Overflow is code n. */
static int expected_code(const px_values *v, px_rounding_mode mode, int negative, double x, int i, uint64_t bits) {
    double below = v->at[i], above = v->at[i + 1];
    if (x == below) return i;
    double middle = below + (above - below) / 2;
    switch (mode) {
    case PX_NEAREST_EVEN: return x < middle || (x == middle && i % 2 == 0) ? i : i + 1;
    case PX_NEAREST_AWAY: return x < middle ? i : i + 1;
    case PX_TOWARD_ZERO: return i;
    case PX_UP: return negative ? i : i + 1;
    case PX_DOWN: return negative ? i + 1 : i;
    case PX_ODD: return i % 2 ? i : i + 1 < v->n ? i + 1 : i;
    default: break;
    }
    /* stochastic, 32 bits: the fraction cut to 32 bits, plus 32 drawn ones, reaches 1 */
    uint64_t fraction = (uint64_t)((x - below) / (above - below) * 0x1p32);
    return fraction + (bits & 0xffffffffu) >= (uint64_t)1 << 32 ? i + 1 : i;
}

static double expected(const px_values *v, px_rounding_mode mode, int negative, double x, int i, uint64_t bits) {
    if (i == v->n) { /* at the successor of the largest number, or beyond */
        int inwards = mode == PX_TOWARD_ZERO || mode == PX_ODD || mode == (negative ? PX_UP : PX_DOWN);
        return inwards ? v->at[v->n - 1] : v->beyond;
    }
    int code = expected_code(v, mode, negative, x, i, bits);
    return code == v->n ? v->beyond : v->at[code];
}

static int same(double a, double b) { return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b)); }

static void complain(const walk *w, px_rounding_mode mode, double x, double got, double want, px_tally *t) {
    if (t->differences++ < 3)
        fprintf(stderr, "%a to %d bits, %s: got %a, want %a\n", x, w->fp.p, px_rounding_name(mode), got, want);
}

static void compare_one(const walk *w, px_rounding r, double x, int i, px_tally *t) {
    uint64_t bits, word;
    memcpy(&word, &x, sizeof word);
    bits = word * 0x9e3779b97f4a7c15u >> 17; /* any word will do: the same for both */
    double plus = px_round(w->fp, r, x, bits), minus = px_round(w->fp, r, -x, bits);
    double want_plus = expected(&w->values, r.mode, 0, x, i, bits), want_minus = -expected(&w->values, r.mode, 1, x, i, bits);
    if (!same(plus, want_plus)) complain(w, r.mode, x, plus, want_plus, t);
    if (!same(minus, want_minus)) complain(w, r.mode, -x, minus, want_minus, t);
    t->cases += 2;
}

/* Finite binary32 magnitudes in ascending order, a chunk of them, in one mode. */
static void walk_mode(walk *w, int64_t chunk, px_rounding r) {
    const uint64_t all = 0x7f800000, first = all / CHUNKS * (uint64_t)chunk, last = all / CHUNKS * ((uint64_t)chunk + 1);
    uint64_t begin = (first + w->stride - 1) / w->stride * w->stride;
    int i = 0;
    for (uint64_t word = begin; word < last; word += w->stride) {
        float f;
        uint32_t narrow = (uint32_t)word;
        memcpy(&f, &narrow, sizeof f);
        double x = (double)f;
        while (i < w->values.n && w->values.at[i + 1] <= x) i++;
        compare_one(w, r, x, i, &w->tally[chunk]);
    }
}

static void walk_chunk(void *context, int64_t chunk) {
    for (int mode = 0; mode < PX_ROUNDING_COUNT; mode++) walk_mode(context, chunk, px_rounding_of((px_rounding_mode)mode));
}

px_tally px_exhaust_conversions(const char *format, uint64_t stride) {
    walk *w = calloc(1, sizeof *w);
    if (!w || !px_values_of(format, &w->values) || px_fp_parse(format, &w->fp, NULL) != PX_OK) abort();
    w->stride = stride;
    px_parallel_for(CHUNKS, walk_chunk, w);
    px_tally sum = {0};
    for (int i = 0; i < CHUNKS; i++) {
        sum.cases += w->tally[i].cases;
        sum.differences += w->tally[i].differences;
    }
    /* infinities and NaN */
    double inf = (double)INFINITY, special[] = {inf, -inf, (double)NAN};
    for (int mode = 0; mode < PX_ROUNDING_COUNT; mode++)
        for (int k = 0; k < 3; k++) {
            double got = px_round(w->fp, px_rounding_of((px_rounding_mode)mode), special[k], 0);
            double want = k < 2 && isinf(w->values.beyond) ? special[k] : (double)NAN;
            sum.cases++;
            if (!same(got, want)) complain(w, (px_rounding_mode)mode, special[k], got, want, &sum);
        }
    free(w);
    return sum;
}
