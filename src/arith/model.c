#include "arith/model.h"

#include <math.h>
#include <string.h>

#include "arith/codec.h"
#include "arith/rounding.h"
#include "base/text.h"

static const struct {
    const char *name, *help;
} models[PX_MODEL_COUNT] = {[PX_MODEL_NONE] = {"none", "no matrix unit: the recipe's own roundings"},
#define PX_MODEL_ROW(id, name, text) [id] = {name, text},
                            PX_MODEL_LIST(PX_MODEL_ROW)
#undef PX_MODEL_ROW
};

#define MS   "arXiv:2511.10909"
#define KM   "arXiv:2512.07004"
#define BOTH MS ", " KM
#define FHMP "PeerJ CS 7:e330"
#define HERE "precx, from the rows of " KM
#define ROWS "5000 rows recorded by " KM
/* Results of 11 bits hide a wrong F: 0 of 1000 rows changed. */
#define ROWS16 ROWS ", which do not settle F"
#define FP8_IN "fp8_e4m3 fp8_e5m2"

/* THE list of parameters. RZ is toward_zero, RNE nearest_even. Floors are from KM, tuned there on hardware; for fp16
 * and fp8 inputs with fp32 results no product reaches them. */
enum { RZ = PX_TOWARD_ZERO, RNE = PX_NEAREST_EVEN, NONE = PX_MMA_NO_FLOOR };
static const px_mma_row rows[] = {
    /* model, in, out, W, F, P, rounding, floor, blocks, instruction and its blocks, sources, hardware */
    {PX_MODEL_V100, "fp16", "fp32", 4, 23, 23, RZ, NONE, 1, "mma m8n8k4: 1", BOTH ", " FHMP,
     ROWS "; directed tests of " FHMP},
    {PX_MODEL_V100, "fp16", "fp16", 4, 23, 10, RNE, -19, 1, "mma m8n8k4: 1", BOTH ", " FHMP, ROWS16},
    {PX_MODEL_TURING, "fp16", "fp32", 8, 24, 23, RZ, NONE, 1, "mma m16n8k8: 1", MS, "directed tests of " FHMP},
    {PX_MODEL_TURING, "fp16", "fp16", 8, 24, 10, RNE, NONE, 1, "mma m16n8k8: 1", MS, ""},
    {PX_MODEL_A100, "fp16 bf16", "fp32", 8, 24, 23, RZ, -132, 1, "mma m16n8k8: 1, m16n8k16: 2", BOTH ", " FHMP,
     ROWS "; directed tests of " FHMP},
    {PX_MODEL_A100, "fp16", "fp16", 8, 24, 10, RNE, -20, 1, "mma m16n8k8: 1, m16n8k16: 2", BOTH ", " FHMP, ROWS16},
    {PX_MODEL_A100, "tf32", "fp32", 4, 24, 23, RZ, -132, 1, "mma m16n8k4: 1, m16n8k8: 2", BOTH ", " FHMP, ROWS},
    {PX_MODEL_A100, "fp64", "fp64", 1, PX_MMA_UNCUT, 52, RNE, NONE, 1, "mma m8n8k4: 4", MS, ""},
    {PX_MODEL_ADA, "fp16 bf16", "fp32", 8, 24, 23, RZ, -132, 1, "mma m16n8k8: 1, m16n8k16: 2", BOTH, ROWS},
    {PX_MODEL_ADA, "fp16", "fp16", 8, 24, 10, RNE, -20, 1, "mma m16n8k8: 1, m16n8k16: 2", BOTH, ROWS16},
    {PX_MODEL_ADA, "tf32", "fp32", 4, 24, 23, RZ, -132, 1, "mma m16n8k4: 1, m16n8k8: 2", BOTH, ROWS},
    {PX_MODEL_ADA, FP8_IN, "fp32", 16, 13, 13, RZ, NONE, 1, "mma m16n8k32: 2", BOTH, ROWS},
    {PX_MODEL_ADA, FP8_IN, "fp16", 16, 13, 10, RNE, NONE, 1, "mma m16n8k32: 2", BOTH, ROWS},
    {PX_MODEL_H100, "fp16 bf16", "fp32", 16, 25, 23, RZ, -133, 1, "wgmma k16, mma m16n8k16: 1", BOTH, ROWS},
    {PX_MODEL_H100, "fp16", "fp16", 16, 25, 10, RNE, -21, 1, "wgmma k16, mma m16n8k16: 1", BOTH, ROWS16},
    {PX_MODEL_H100, "tf32", "fp32", 8, 25, 23, RZ, -133, 1, "wgmma k8, mma m16n8k8: 1", BOTH,
     ROWS ", in 4 of the 8 lanes"},
    {PX_MODEL_H100, FP8_IN, "fp32", 32, 13, 13, RZ, -133, 1, "wgmma k32: 1", BOTH, ROWS ", with c = 0"},
    {PX_MODEL_H100, FP8_IN, "fp16", 32, 13, 10, RNE, NONE, 1, "wgmma k32: 1", MS, ""},
    {PX_MODEL_H100, "fp64", "fp64", 1, PX_MMA_UNCUT, 52, RNE, NONE, 1, "mma m8n8k4: 4", MS, ""},
    {PX_MODEL_H100_MMASYNC, FP8_IN, "fp32", 16, 25, 23, RZ, -133, 2, "mma m16n8k32: 2, then c", HERE,
     "only as b200_mmasync"},
    {PX_MODEL_H100_MMASYNC, FP8_IN, "fp16", 16, 25, 10, RNE, -21, 2, "mma m16n8k32: 2, then c", HERE, ROWS},
    {PX_MODEL_B200, "fp16 bf16", "fp32", 16, 25, 23, RZ, -133, 1, "tcgen05 k16, mma m16n8k16: 1", BOTH,
     ROWS ", by mma"},
    {PX_MODEL_B200, "fp16", "fp16", 16, 25, 10, RNE, -21, 1, "tcgen05 k16, mma m16n8k16: 1", BOTH, ROWS16 ", by mma"},
    {PX_MODEL_B200, "tf32", "fp32", 8, 25, 23, RZ, -133, 1, "tcgen05 k8, mma m16n8k8: 1", BOTH,
     ROWS ", by mma, in 4 of the 8 lanes"},
    {PX_MODEL_B200, FP8_IN, "fp32", 32, 25, 23, RZ, -133, 1, "tcgen05 k32: 1", BOTH, ""},
    {PX_MODEL_B200, FP8_IN, "fp16", 32, 25, 10, RNE, NONE, 1, "tcgen05 k32: 1", MS, ""},
    {PX_MODEL_B200_MMASYNC, FP8_IN, "fp32", 16, 25, 23, RZ, -133, 2, "mma m16n8k32: 2, then c", HERE,
     ROWS ", which do not settle the split"},
    {PX_MODEL_B200_MMASYNC, FP8_IN, "fp16", 16, 25, 10, RNE, -21, 2, "mma m16n8k32: 2, then c", HERE, ROWS},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

const px_mma_row *px_mma_rows(int *n) {
    *n = N_ROWS;
    return rows;
}

const char *px_model_name(px_model model) {
    PX_ASSERT(model < PX_MODEL_COUNT);
    return models[model].name;
}

const char *px_model_help(px_model model) {
    PX_ASSERT(model < PX_MODEL_COUNT);
    return models[model].help;
}

int px_model_find(const char *name) {
    char plain[32];
    size_t n = strlen(name);
    if (n >= sizeof plain) return -1;
    for (size_t i = 0; i <= n; i++) plain[i] = (char)(name[i] == '-' ? '_' : name[i]);
    for (int i = 0; i < PX_MODEL_COUNT; i++)
        if (strcmp(models[i].name, plain) == 0) return i;
    return -1;
}

/* Is the name one of the blank-separated words? */
static bool listed(const char *words, const char *name) {
    size_t n = strlen(name);
    for (const char *p = words; *p; p += strspn(p, " ")) {
        size_t length = strcspn(p, " ");
        if (length == n && memcmp(p, name, n) == 0) return true;
        p += length;
    }
    return false;
}

static px_fp named(const char *name) {
    px_fp f = {0};
    PX_ASSERT(px_fp_parse(name, &f, NULL) == PX_OK);
    return f;
}

/* The same range with fewer significand bits: the low bits of every number of f, subnormals included, are zero. */
static px_fp shortened(px_fp f, int p) {
    f.max_finite = ldexp(ldexp(1.0, p) - 1.0, f.emax - p + 1);
    f.p = (int16_t)p;
    return f;
}

static px_mma unit_of(const px_mma_row *row, const char *in_a, const char *in_b) {
    px_fp out = named(row->out);
    bool mmasync = row->blocks == 2;
    return (px_mma){
        .a = named(
            in_a), /* mma.sync makes fp16 of fp8, which gives subnormals of E4M3 other exponents, but no other sum */
        .b = named(in_b),
        .acc = out.p == row->precision + 1 ? out : shortened(out, row->precision + 1),
        .out = out,
        .rounding = row->rounding,
        .width = row->width,
        .fraction = row->fraction,
        .floor = row->floor,
        .blocks = row->blocks,
        .late_c = mmasync,
    };
}

static px_status not_there(px_model model, const char *in_a, const char *in_b, const char *out, px_error *err) {
    px_text has = {0};
    for (const px_mma_row *row = rows; row < rows + N_ROWS; row++)
        if (row->model == model) px_text_printf(&has, "%s%s to %s", has.length ? "; " : "", row->in, row->out);
    px_fail(err, PX_USAGE, "model %s has no products of %s and %s with results in %s; it has %s", px_model_name(model),
            in_a, in_b, out, px_text_str(&has));
    px_text_free(&has);
    return PX_USAGE;
}

px_status px_mma_find(px_model model, px_fp in_a, px_fp in_b, px_fp out, px_mma *unit, px_error *err) {
    PX_ASSERT(model > PX_MODEL_NONE && model < PX_MODEL_COUNT);
    char a[24], b[24], d[24];
    px_fp_name(in_a, a);
    px_fp_name(in_b, b);
    px_fp_name(out, d);
    for (const px_mma_row *row = rows; row < rows + N_ROWS; row++) {
        if (row->model != model || strcmp(row->out, d) != 0 || !listed(row->in, a) || !listed(row->in, b)) continue;
        if (strcmp(a, b) != 0 && strcmp(row->in, FP8_IN) != 0) continue;
        *unit = unit_of(row, a, b);
        return PX_OK;
    }
    return not_there(model, a, b, d, err);
}

uint64_t px_mma_encode(px_fp out, double x) {
    return isnan(x) && out.width <= 32 ? UINT64_MAX >> (65 - out.width) : px_encode(out, x);
}
