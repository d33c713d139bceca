#include "selftest/scalars.h"

#include "arith/codec.h"
#include "arith/round.h"
#include "base/parallel.h"
#include "base/philox.h"
#include "base/text.h"
#include "kernel/fn.h"

enum { CHUNK = 1 << 20, PIECE = 4096, OPERANDS = 3 };

/* A part of a sweep of one operation in one format. */
typedef struct part {
    const px_scalar_sweep *sweep;
    px_scalar op;
    px_fp f, from; /* from: the operands' */
    bool every;    /* the first operand is word i */
    int64_t first, n;
    double *in[OPERANDS], *got, *want;
} part;

/* The definition; exp and its like are those of kernel/fn.h, which tests judge by MPFR. */
static double define(px_scalar op, px_fp f, double a, double b, double c) {
    const px_rounding r = px_rounding_of(PX_NEAREST_EVEN);
    px_exact x;
    switch (op) {
    case PX_SCALAR_ADD: x = px_exact_add(r, a, b, NULL); break;
    case PX_SCALAR_MUL: x = px_exact_mul(a, b, NULL); break;
    case PX_SCALAR_DIV: x = px_exact_div(a, b, NULL); break;
    case PX_SCALAR_FMA: x = px_exact_fma(r, a, b, c, NULL); break;
    case PX_SCALAR_SQRT: x = px_exact_sqrt(a, NULL); break;
    case PX_SCALAR_EXP: return px_fn_exp(f, r, a);
    case PX_SCALAR_TANH: return px_fn_tanh(f, r, a);
    case PX_SCALAR_ERF: return px_fn_erf(f, r, a);
    case PX_SCALAR_LOG: return px_fn_log(f, r, a);
    case PX_SCALAR_RSQRT: return px_fn_rsqrt(f, r, a);
    default: x = px_exact_of(a); break;
    }
    return px_exact_round(f, r, x, 0, NULL);
}

static double compute_here(const px_scalars *s, int64_t i) {
    const px_rounding r = px_rounding_of(PX_NEAREST_EVEN);
    const double a = s->in[0][i], b = s->in[1][i];
    switch (s->op) {
    case PX_SCALAR_ADD: return px_add(s->format, r, a, b, 0);
    case PX_SCALAR_MUL: return px_mul(s->format, r, a, b, 0);
    case PX_SCALAR_DIV: return px_div(s->format, r, a, b, 0);
    case PX_SCALAR_FMA: return px_fma(s->format, r, a, b, s->in[2][i], 0);
    case PX_SCALAR_SQRT: return px_sqrt(s->format, r, a, 0);
    default: return px_round(s->format, r, a, 0);
    }
}

px_status px_scalars_here(const px_scalars *s, px_error *err) {
    if (s->instructions || s->op > PX_SCALAR_ROUND) return px_fail(err, PX_SKIPPED, "nothing to compare");
    for (int64_t i = 0; i < s->n; i++) s->out[i] = compute_here(s, i);
    return PX_OK;
}

/* Words of the whole format by turns with such whose exponents lie so near to 0 that sums cancel and that products and
 * roundings come near the ends of the result's range. */
static uint64_t drawn_word(const part *p, int64_t i, int k) {
    uint64_t place = (uint64_t)p->op << 32 | (uint64_t)p->f.p << 8 | (uint64_t)k;
    uint64_t word = px_philox(p->sweep->seed, place, (uint64_t)i).lo;
    if (i % 2 == 0) return word;
    int bits = px_fp_exponent_bits(p->from), spread = p->f.p + 2 + (p->op == PX_SCALAR_ROUND ? p->f.emax : 0);
    uint64_t bias = (uint64_t)p->from.emax, field = (uint64_t)(1 << bits) - 1;
    uint64_t near = bias - (uint64_t)spread + (word >> 1) % (uint64_t)(2 * spread + 1);
    int shift = p->from.p - 1;
    return (word & ~(field << shift)) | (near & field) << shift;
}

static void fill_piece(void *context, int64_t piece) {
    part *p = context;
    const int count = px_scalar_operands(p->op);
    const int64_t end = (piece + 1) * PIECE < p->n ? (piece + 1) * PIECE : p->n;
    for (int64_t i = piece * PIECE; i < end; i++) {
        double x[OPERANDS] = {0};
        for (int k = 0; k < count; k++) {
            uint64_t word = p->every ? (uint64_t)(p->first + i) : drawn_word(p, p->first + i, k);
            p->in[k][i] = x[k] = px_decode(p->from, word);
        }
        p->want[i] = define(p->op, p->f, x[0], x[1], x[2]);
    }
}

static void tell(px_tally *t, const part *p, bool instructions, int64_t i, double ulps) {
    char name[24];
    if (!t->told || t->lines_left <= 0) return;
    t->lines_left--;
    px_text_printf(t->told, "%s %s by %s seed %llu index %lld got=0x%016llx want=0x%016llx ulp=%.3g",
                   px_scalar_name(p->op), px_fp_name(p->f, name), instructions ? "instructions" : "arithmetic",
                   (unsigned long long)p->sweep->seed, (long long)(p->first + i),
                   (unsigned long long)px_tally_word(p->got[i]), (unsigned long long)px_tally_word(p->want[i]), ulps);
    for (int k = 0; k < px_scalar_operands(p->op); k++)
        px_text_printf(t->told, " %c=0x%016llx", 'a' + k, (unsigned long long)px_tally_word(p->in[k][i]));
    px_text_add(t->told, "\n");
}

/* Who has no such operation has no case. */
static px_status compare(const part *p, bool instructions, px_tally *t, px_error *err) {
    px_scalars s = {p->op, instructions, p->f, p->n, {p->in[0], p->in[1], p->in[2]}, p->got};
    px_status status = p->sweep->compute(&s, err);
    if (status == PX_SKIPPED) return PX_OK;
    PX_TRY(status);
    t->cases += p->first == 0;
    for (int64_t i = 0; i < p->n; i++) {
        double ulps;
        if (!px_tally_number(t, p->f, p->got[i], p->want[i], &ulps)) tell(t, p, instructions, i, ulps);
    }
    return PX_OK;
}

static px_status sweep_format(part *p, px_tally *t, px_error *err) {
    bool narrow = p->f.width == 16, one = px_scalar_operands(p->op) == 1, rounds = p->op == PX_SCALAR_ROUND;
    PX_ASSERT(px_fp_parse(!rounds  ? px_fp_name(p->f, (char[24]){""})
                          : narrow ? "fp32"
                                   : "fp64",
                          &p->from, NULL) == PX_OK);
    p->every = narrow && one && (!rounds || p->sweep->every_binary32);
    int64_t n = !p->every ? p->sweep->drawn : (int64_t)1 << p->from.width;
    for (p->first = 0; p->first < n; p->first += p->n) {
        p->n = n - p->first < CHUNK ? n - p->first : CHUNK;
        px_parallel_for((p->n + PIECE - 1) / PIECE, fill_piece, p);
        PX_TRY(compare(p, true, t, err));
        PX_TRY(compare(p, false, t, err));
    }
    return PX_OK;
}

px_status px_sweep_scalars(const px_scalar_sweep *sweep, px_scalar op, px_tally *t, px_error *err) {
    static const char *const formats[] = {"fp16", "bf16", "fp32", "fp64"};
    px_arena *arena = px_arena_new();
    part p = {.sweep = sweep, .op = op};
    px_status status = PX_OK;
    for (int k = 0; k < OPERANDS; k++) p.in[k] = PX_NEW_ARRAY(arena, double, CHUNK);
    p.got = PX_NEW_ARRAY(arena, double, CHUNK), p.want = PX_NEW_ARRAY(arena, double, CHUNK);
    for (size_t f = 0; f < sizeof formats / sizeof *formats && status == PX_OK; f++) {
        PX_ASSERT(px_fp_parse(formats[f], &p.f, NULL) == PX_OK);
        status = sweep_format(&p, t, err);
    }
    px_arena_free(arena);
    return status;
}
