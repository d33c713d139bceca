#include "support/mma_cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/round.h"

enum { NONE = PX_MMA_NO_FLOOR };
const mma_unit mma_units[] = {
    /* classes, model, in, out, W, F, P, floor */
    {"A", "v100", "fp16", "fp32", 4, 23, 23, NONE},
    {"E", "v100", "fp16", "fp16", 4, 23, 10, -19},
    {"B", "turing", "fp16", "fp32", 8, 24, 23, NONE},
    {"FT", "turing", "fp16", "fp16", 8, 24, 10, NONE},
    {"B", "a100", "fp16", "fp32", 8, 24, 23, -132},
    {"B", "a100", "bf16", "fp32", 8, 24, 23, -132},
    {"B", "a100", "tf32", "fp32", 4, 24, 23, -132},
    {"FX", "a100", "fp16", "fp16", 8, 24, 10, -20},
    {"Z", "a100", "fp64", "fp64", 1, PX_MMA_UNCUT, 52, NONE},
    {"B", "ada", "fp16", "fp32", 8, 24, 23, -132},
    {"B", "ada", "bf16", "fp32", 8, 24, 23, -132},
    {"B", "ada", "tf32", "fp32", 4, 24, 23, -132},
    {"FX", "ada", "fp16", "fp16", 8, 24, 10, -20},
    {"D", "ada", "fp8_e4m3", "fp32", 16, 13, 13, NONE},
    {"D", "ada", "fp8_e5m2", "fp32", 16, 13, 13, NONE},
    {"H", "ada", "fp8_e4m3", "fp16", 16, 13, 10, NONE},
    {"H", "ada", "fp8_e5m2", "fp16", 16, 13, 10, NONE},
    {"C", "h100", "fp16", "fp32", 16, 25, 23, -133},
    {"C", "h100", "bf16", "fp32", 16, 25, 23, -133},
    {"C", "h100", "tf32", "fp32", 8, 25, 23, -133},
    {"G", "h100", "fp16", "fp16", 16, 25, 10, -21},
    {"D", "h100", "fp8_e4m3", "fp32", 32, 13, 13, -133},
    {"D", "h100", "fp8_e5m2", "fp32", 32, 13, 13, -133},
    {"H", "h100", "fp8_e4m3", "fp16", 32, 13, 10, NONE},
    {"H", "h100", "fp8_e5m2", "fp16", 32, 13, 10, NONE},
    {"Z", "h100", "fp64", "fp64", 1, PX_MMA_UNCUT, 52, NONE},
    {"M", "h100_mmasync", "fp8_e4m3", "fp32", 16, 25, 23, -133},
    {"M", "h100_mmasync", "fp8_e5m2", "fp32", 16, 25, 23, -133},
    {"N", "h100_mmasync", "fp8_e4m3", "fp16", 16, 25, 10, -21},
    {"N", "h100_mmasync", "fp8_e5m2", "fp16", 16, 25, 10, -21},
    {"C", "b200", "fp16", "fp32", 16, 25, 23, -133},
    {"C", "b200", "bf16", "fp32", 16, 25, 23, -133},
    {"C", "b200", "tf32", "fp32", 8, 25, 23, -133},
    {"G", "b200", "fp16", "fp16", 16, 25, 10, -21},
    {"C", "b200", "fp8_e4m3", "fp32", 32, 25, 23, -133},
    {"C", "b200", "fp8_e5m2", "fp32", 32, 25, 23, -133},
    {"G", "b200", "fp8_e4m3", "fp16", 32, 25, 10, NONE},
    {"G", "b200", "fp8_e5m2", "fp16", 32, 25, 10, NONE},
    {"M", "b200_mmasync", "fp8_e4m3", "fp32", 16, 25, 23, -133},
    {"M", "b200_mmasync", "fp8_e5m2", "fp32", 16, 25, 23, -133},
    {"N", "b200_mmasync", "fp8_e4m3", "fp16", 16, 25, 10, -21},
    {"N", "b200_mmasync", "fp8_e5m2", "fp16", 16, 25, 10, -21},
};
const int mma_n_units = sizeof mma_units / sizeof *mma_units;

#define INF ((double)INFINITY)
#define NOT ((double)NAN)

const mma_case mma_cases[] = {
    /* F, with the accumulator at 2^8: what is kept below it, each sign, and in sums. */
    {"ABC", "", "last bit of c", "2^-7*2^-8", 256, 256 + 0x1p-15},
    {"D", "", "last bit of a short result", "2^-2*2^-3", 256, 256 + 0x1p-5},
    {"A", "", "two of half a last bit", "2^-8*2^-8x2", 256, 256},
    {"BC", "", "two of half a last bit", "2^-8*2^-8x2", 256, 256 + 0x1p-15},
    {"D", "", "two of half a last bit, short result", "2^-3*2^-3x2", 256, 256},
    {"AB", "", "four quarters of a last bit", "2^-8*2^-9x4", 256, 256},
    {"CM", "", "four quarters of a last bit", "2^-8*2^-9x4", 256, 256 + 0x1p-15},
    {"C", "", "eight eighths of a last bit", "2^-9*2^-9x8", 256, 256},
    {"M", "", "eight eighths, c late", "2^-9*2^-9x8", 256, 256 + 0x1p-15},
    {"A", "", "down by half a last bit", "-2^-8*2^-8", 256, 256},
    {"BC", "", "down by half a last bit", "-2^-8*2^-8", 256, 256 - 0x1p-16},
    {"AB", "", "down by a quarter", "-2^-8*2^-9", 256, 256},
    {"C", "", "down by a quarter: then truncated", "-2^-8*2^-9", 256, 256 - 0x1p-16},
    {"ABC", "", "down by an eighth", "-2^-9*2^-9", 256, 256},
    {"D", "", "down by a last bit", "-2^-2*2^-3", 256, 256 - 0x1p-5},
    {"D", "", "down by half a last bit", "-2^-3*2^-3", 256, 256},
    {"M", "", "c late: a tie in the sum, to even", "-2^-8*2^-9", 256, 256},
    {"M", "", "c late: above the tie", "-2^-8*2^-9 -2^-9*2^-9", 256, 256 - 0x1p-16},
    {"D", "", "c itself is cut", "16*16 -16*16", 256 + 0x1p-15, 256},
    {"ABC", "", "c itself is kept", "16*16 -16*16", 256 + 0x1p-15, 256 + 0x1p-15},
    {"D", "", "small c is cut", "16*16 -16*16", 0x1p-6, 0},
    {"D", "", "five bits, four kept", "1*1 2^-5*2^-5 2^-5*2^-6 2^-6*2^-6 2^-6*2^-7 2^-7*2^-7", 0, 0x1.0078p0},
    {"BCM", "", "five bits, all kept", "1*1 2^-5*2^-5 2^-5*2^-6 2^-6*2^-6 2^-6*2^-7 2^-7*2^-7", 0, 0x1.007cp0},

    /* Products are not normalised: 2.25 2^8 counts as 2^8, 1.125 2^9 as 2^9. */
    {"ABCMEFGN", "", "wide, last bit of F = 23", "24*24 -24*24 2^-7*2^-8", 0, 0x1p-15},
    {"AE", "", "wide, last bit of F = 24", "24*24 -24*24 2^-8*2^-8", 0, 0},
    {"BCMFGN", "", "wide, last bit of F = 24", "24*24 -24*24 2^-8*2^-8", 0, 0x1p-16},
    {"ABEF", "", "wide, last bit of F = 25", "24*24 -24*24 2^-8*2^-9", 0, 0},
    {"CMGN", "", "wide, last bit of F = 25", "24*24 -24*24 2^-8*2^-9", 0, 0x1p-17},
    {"ABCMEFGN", "", "wide, last bit of F = 26", "24*24 -24*24 2^-9*2^-9", 0, 0},
    {"DH", "", "wide, last bit of F = 13", "24*24 -24*24 2^-2*2^-3", 0, 0x1p-5},
    {"DH", "", "wide, last bit of F = 14", "24*24 -24*24 2^-3*2^-3", 0, 0},
    {"ABCEFG", "", "c sets 2^9", "24*24 2^-7*2^-7", -576, 0x1p-14},
    {"AE", "", "c sets 2^9", "24*24 2^-7*2^-8", -576, 0},
    {"BCFG", "", "c sets 2^9", "24*24 2^-7*2^-8", -576, 0x1p-15},
    {"ABEF", "", "c sets 2^9", "24*24 2^-8*2^-8", -576, 0},
    {"CG", "", "c sets 2^9", "24*24 2^-8*2^-8", -576, 0x1p-16},
    {"DH", "", "c sets 2^9", "24*24 2^-2*2^-2", -576, 0x1p-4},
    {"DH", "", "c sets 2^9", "24*24 2^-2*2^-3", -576, 0},

    /* c is one of the terms, not added after the products. */
    {"ABCEFG", "", "c joins", "24*24x2 2^-6*2^-7", -1152, 0x1p-13},
    {"BC", "", "c joins, one bit below", "24*24x2 2^-7*2^-7", -1152, 0x1p-14},
    {"DH", "", "c joins", "24*24x2 2^-1*2^-2", -1152, 0x1p-3},
    {"MN", "", "c late: the sum of products is rounded first", "24*24x2 2^-7*2^-7", -1152, 0},

    /* The one rounding. */
    {"ABCM", "", "a half: toward zero", "24*16 16*8 0x3p-7*2^-8", 0, 512 + 0x1p-14},
    {"ABCM", "", "a half: toward zero, minus", "-24*16 16*-8 -0x3p-7*2^-8", 0, -512 - 0x1p-14},
    {"D", "", "a half: toward zero", "24*16 16*8 0x3p-2*2^-3", 0, 512 + 0x1p-4},
    {"EFGHN", "", "a tie to even", "16*16 2^-1*2^-2", 0, 256},
    {"EFGHN", "", "above a tie", "16*16 2^-1*2^-2 2^-2*2^-2", 0, 256.25},
    {"EFGH", "", "a tie to even, upwards", "2^-1*2^-2", 256.25, 256.5},
    {"EFGHN", "", "above a tie, minus", "-16*16 -2^-1*2^-2 -2^-2*2^-2", 0, -256.25},
    {"EFGN", "", "tie and the last bit of F = 23", "16*16 2^-1*2^-2 2^-7*2^-8", 0, 256.25},
    {"E", "", "tie and the last bit of F = 24", "16*16 2^-1*2^-2 2^-8*2^-8", 0, 256},
    {"FGN", "", "tie and the last bit of F = 24", "16*16 2^-1*2^-2 2^-8*2^-8", 0, 256.25},
    {"EF", "", "tie and the last bit of F = 25", "16*16 2^-1*2^-2 2^-8*2^-9", 0, 256},
    {"GN", "", "tie and the last bit of F = 25", "16*16 2^-1*2^-2 2^-8*2^-9", 0, 256.25},
    {"EFGN", "", "tie and the last bit of F = 26", "16*16 2^-1*2^-2 2^-9*2^-9", 0, 256},
    {"H", "", "tie and the last bit of F = 13", "16*16 2^-1*2^-2 2^-2*2^-3", 0, 256.25},
    {"H", "", "tie and the last bit of F = 14", "16*16 2^-1*2^-2 2^-3*2^-3", 0, 256},

    /* Blocks, and their order. */
    {"ABCDEFGHMN", "", "one block", "16*16@0.0 -16*16@0.1 2^-9*2^-9@0.last", 0, 0},
    {"ABCDEFGHMN", "", "two blocks", "16*16 -16*16 2^-9*2^-9@1.0", 0, 0x1p-18},
    {"ABCDEFGH", "", "k ascending", "2^-9*2^-9@0.0 16*16@1.0 -16*16@1.1", 0, 0},
    {"ABCDEFGHMN", "", "k ascending from c", "16*16 2^-9*2^-9@1.0", -256, 0x1p-18},
    {"ABCM", "", "each block is rounded", "16*16@0.0 2^-8*2^-8@1.0 2^-8*2^-8@2.0", 0, 256},
    {"MN", "", "pairs in turn: 0 and 2 apart", "2^-9*2^-9@0 16*16@2 -16*16@3", 0, 0},
    {"MN", "", "pairs in turn: 2 after 0", "16*16@0 -16*16@1 2^-9*2^-9@2", 0, 0x1p-18},
    {"MN", "", "pairs in turn: 16 with 0", "16*16@0 -16*16@17 2^-9*2^-9@12", 0, 0},
    {"MN", "", "pairs in turn: 18 after 16", "16*16@16 -16*16@1 2^-9*2^-9@6", 0, 0x1p-18},

    /* Subnormal numbers: kept everywhere, and their products not normalised. */
    {"ABCDEFGHMN", "fp16", "subnormal operand", "2^-24*1", 0, 0x1p-24},
    {"CDGHMN", "fp8_e4m3", "subnormal operand", "2^-9*1", 0, 0x1p-9},
    {"CDGHMN", "fp8_e5m2", "subnormal operand", "2^-16*1", 0, 0x1p-16},
    {"BC", "bf16", "subnormal operand", "2^-133*2^64", 0, 0x1p-69},
    {"BC", "tf32", "subnormal operand", "2^64*2^-136", 0, 0x1p-72},
    {"A", "fp16", "a subnormal has exponent -14", "2^-24*1 2^-19*2^-19", 0, 0x1p-24},
    {"B", "fp16", "a subnormal has exponent -14", "2^-24*1 2^-19*2^-20", 0, 0x1p-24},
    {"C", "fp16", "a subnormal has exponent -14", "2^-24*1 2^-20*2^-20", 0, 0x1p-24},
    {"B", "fp16", "and keeps what is above", "2^-24*1 2^-19*2^-19", 0, 0x1.0004p-24},
    {"ABCM", "", "subnormal c", "", 0x1p-149, 0x1p-149},
    {"D", "", "subnormal c", "", 0x1p-139, 0x1p-139},
    {"D", "", "a short result's smallest number", "", 0x1.8p-139, 0x1p-139},
    {"EFGHN", "", "subnormal c", "", 0x1p-24, 0x1p-24},
    {"BC", "bf16 tf32", "subnormal result", "2^-100*2^-49", 0, 0x1p-149},
    {"BC", "bf16 tf32", "subnormal result, toward zero", "2^-100*0x1.8p-49", 0, 0x1p-149},
    {"EFGHN", "fp8_e5m2 fp16", "subnormal result, tie to even", "2^-12*0x1.8p-12", 0, 0x1p-23},
    {"EFGHN", "fp8_e5m2 fp16", "subnormal result, tie to zero", "2^-12*2^-13", 0, 0},

    /* The upper end: products and sums beyond the range, overflow to infinity even toward zero. */
    {"ABCM", "", "the largest number stays", "1*1", 0x1.fffffep127, 0x1.fffffep127},
    {"BC", "bf16 tf32", "overflow", "2^127*1x2", 0, INF},
    {"BC", "bf16 tf32", "overflow, minus", "-2^127*1", -0x1p127, -INF},
    {"BC", "bf16 tf32", "overflow of c alone", "2^104*1", 0x1.fffffep127, INF},
    {"BC", "bf16 tf32", "a product beyond the range", "2^127*4 -2^127*4 2^127*1", 0, 0x1p127},
    {"BC", "bf16 tf32", "a product far beyond cuts all else", "2^100*2^60 -2^100*2^60 3*1", 1, 0},
    {"EFGHN", "", "overflow at the tie", "16*1", 65504, INF},
    {"EFGHN", "", "overflow, minus", "-16*1", -65504, -INF},
    {"EFGHN", "", "no overflow below the tie", "8*1", 65504, 65504},
    {"EFGHN", "", "overflow by far", "256*256", 0, INF},
    {"EFGHN", "", "a sum beyond the range", "256*256 -256*128", 4, 32768},
    {"C", "fp16", "the largest sum: more than 31 bits", "65504*65504x16", 0x1.fffffep30, 0x1.07c002p36},
    {"C", "fp8_e4m3", "more than 31 bits, c far below", "1.875*1.875x32", 0x1p-20, 112.5},

    /* Infinities and NaNs. */
    {"ABCDEFGHMN", "", "NaN in a", "nan*1", 0, NOT},
    {"ABCDEFGHMN", "", "NaN in b, a zero", "0*nan 1*1", 0, NOT},
    {"ABCDEFGHMN", "", "NaN in c", "1*1", NOT, NOT},
    {"ABCDEFGHMN", "", "infinite c", "1*1", -INF, -INF},
    {"ABCDEFGHMN", "", "infinite a", "inf*-1 1*1", 0, -INF},
    {"ABCDEFGHMN", "", "zero times infinity", "0*inf 1*1", 0, NOT},
    {"ABCDEFGHMN", "", "infinity minus infinity", "inf*1 inf*-1", 0, NOT},
    {"ABCDEFGHMN", "", "infinity minus infinite c", "inf*1", -INF, NOT},
    {"ABCDEFGHMN", "", "infinity and infinite c", "inf*inf 1*1", INF, INF},
    {"ABCDEFGHMN", "", "infinity is never met by a sum beyond the range", "inf*1 -256*256", 0, INF},
    {"ABCDEFGHMN", "", "an infinity stays for later blocks", "inf*1 1*1@1.0", 0, INF},

    /* Zeros. */
    {"ABCDEFGHMN", "", "nothing", "", 0, 0},
    {"ABCDEFGHMN", "", "-0 becomes +0", "", -0.0, 0},
    {"ABCDEFGHMN", "", "-0 becomes +0, products too", "-0*1 0*-1", -0.0, 0},
    {"ABCDEFGHMN", "", "exact cancellation is +0", "-24*24 24*24", 0, 0},
    {"ABCDEFGHMN", "", "zero products leave c", "0*448 -0*3", -1.25, -1.25},

    /* Where the published models differ: the answers chosen here (arith/model.h, quirks). */
    {"B", "bf16 tf32", "floor -132: below the grid", "0x1.fcp-100*2^-50 2^-100*2^-57x2", 0, 0},
    {"B", "bf16 tf32", "floor -132: on the grid", "0x1.fcp-100*2^-50 2^-100*2^-56", 0, 0x1p-149},
    {"C", "bf16 tf32", "floor -133: below the grid", "0x1.fep-100*2^-50 2^-100*2^-59x4", 0, 0},
    {"C", "bf16 tf32", "floor -133: on the grid", "0x1.fep-100*2^-50 2^-100*2^-58x2", 0, 0x1p-149},
    {"E", "fp16", "floor -19: on the grid", "2^-12*2^-13 2^-21*2^-21", 0, 0x1p-24},
    {"E", "fp16", "floor -19: below", "2^-12*2^-13 2^-21*2^-22", 0, 0},
    {"F", "fp16", "floor -20: on the grid", "2^-12*2^-13 2^-22*2^-22", 0, 0x1p-24},
    {"X", "fp16", "floor -20: below", "2^-12*2^-13 2^-22*2^-23", 0, 0},
    {"T", "fp16", "no floor known", "2^-12*2^-13 2^-22*2^-23", 0, 0x1p-24},
    {"G", "fp16", "floor -21: on the grid", "2^-12*2^-13 2^-23*2^-23", 0, 0x1p-24},
    {"G", "fp16", "floor -21: below", "2^-12*2^-13 2^-23*2^-24", 0, 0},
    {"B", "bf16 tf32", "a zero c does not count", "2^-100*2^-51x4", 0, 0x1p-149},
    {"C", "bf16 tf32", "a zero c does not count", "2^-100*2^-52x8", 0, 0x1p-149},
    {"ABC", "", "a zero product does not count", "0*256", 0x1p-126 + 0x1p-149, 0x1p-126 + 0x1p-149},
    {"D", "", "a zero product does not count", "0*256", 0x1p-126 + 0x1p-139, 0x1p-126 + 0x1p-139},
    {"E", "fp16", "a subnormal c has exponent -14", "2^-12*2^-13 2^-19*2^-19", 0x1p-23, 0x1p-23},
    {"F", "fp16", "a subnormal c has exponent -14", "2^-12*2^-13 2^-19*2^-20", 0x1p-23, 0x1p-23},
    {"G", "fp16", "a subnormal c has exponent -14", "2^-12*2^-13 2^-20*2^-20", 0x1p-23, 0x1p-23},
    {"BC", "bf16 tf32", "underflow keeps the sign", "-2^-100*2^-50", 0, -0.0},
    {"BC", "bf16 tf32", "nothing is left on the grid: +0", "-2^-100*2^-60", 0, 0},
    {"EFGH", "fp8_e5m2 fp16", "underflow keeps the sign", "-2^-13*2^-13", 0, -0.0},
    {"N", "fp8_e5m2", "underflow keeps the sign, but +0 is added", "-2^-13*2^-13", 0, 0},

    /* fp64: a chain of fused multiply-adds, k ascending. */
    {"Z", "", "fused", "0x1.0000001p0*0x1.0000001p0", -1, 0x1.00000008p-27},
    {"Z", "", "k ascending", "1*1 2^-60*1@1.0", -1, 0x1p-60},
    {"Z", "", "overflow", "2^1000*2^23 2^1000*2^23@1.0", 0, INF},
    {"Z", "", "subnormal result", "2^-1000*2^-74", 0, 0x1p-1074},
    {"Z", "", "infinity minus infinity", "inf*1", -INF, NOT},
};
const int mma_n_cases = sizeof mma_cases / sizeof *mma_cases;

static px_fp format_of(const char *name) {
    px_fp f = {0};
    px_error err;
    PX_ASSERT(px_fp_parse(name, &f, &err) == PX_OK);
    return f;
}

px_mma mma_unit_of(const mma_unit *u) {
    px_mma unit = {.width = 0};
    px_error err;
    px_fp in = format_of(u->in);
    PX_ASSERT(px_mma_find((px_model)px_model_find(u->model), in, in, format_of(u->out), &unit, &err) == PX_OK);
    return unit;
}

static bool holds(px_fp f, double x) {
    if (isnan(x)) return f.has_nan;
    if (isinf(x)) return f.has_inf;
    return px_round(f, px_rounding_of(PX_TOWARD_ZERO), x, 0) == x;
}

static double number(const char **s) {
    bool minus = **s == '-';
    *s += minus;
    char *end;
    double x = strncmp(*s, "2^", 2) == 0 ? ldexp(1.0, (int)strtol(*s + 2, &end, 10)) : strtod(*s, &end);
    PX_ASSERT(end != *s);
    *s = end;
    return minus ? -x : x;
}

/* Element k of lane `lane` of step `step`; the lanes of a unit of two blocks are those of the first. */
static int element(const mma_unit *u, int step, int lane) {
    int blocks = strpbrk("MN", u->classes) ? 2 : 1;
    return step * u->width * blocks + lane / 2 * 2 * blocks + lane % 2;
}

/* The next product of *s and where it stands; false at the end. *lane is the first free one. */
static bool product(const char **s, const mma_unit *u, int *lane, double *a, double *b, int *count, int *k) {
    *s += strspn(*s, " ");
    if (!**s) return false;
    *a = number(s);
    PX_ASSERT(**s == '*');
    ++*s;
    *b = number(s);
    *count = **s == 'x' ? (int)strtol(*s + 1, (char **)s, 10) : 1;
    *k = element(u, 0, *lane);
    if (**s == '@') {
        *k = (int)strtol(*s + 1, (char **)s, 10);
        if (**s == '.') *k = element(u, *k, s[0][1] == 'l' ? u->width - 1 : (int)strtol(*s + 1, NULL, 10));
        *s += strcspn(*s, " ");
    } else {
        *lane += *count;
    }
    return true;
}

bool mma_case_applies(const mma_case *c, const mma_unit *u) {
    if (!strpbrk(c->classes, u->classes)) return false;
    size_t n = strlen(u->in);
    const char *word = strstr(c->in, u->in); /* no format's name is a part of another's */
    if (c->in[0] && (!word || (word[n] != ' ' && word[n] != '\0'))) return false;
    px_fp f = format_of(u->in);
    double a, b;
    int lane = 0, count, k;
    for (const char *s = c->products; product(&s, u, &lane, &a, &b, &count, &k);)
        if (!holds(f, a) || !holds(f, b)) return false;
    return lane <= u->width;
}

int mma_case_operands(const mma_case *c, const mma_unit *u, double a[MMA_MAX_K], double b[MMA_MAX_K]) {
    int step = element(u, 1, 0), n = step, lane = 0, count, k;
    double x, y;
    for (int i = 0; i < MMA_MAX_K; i++) a[i] = b[i] = 0.0;
    for (const char *s = c->products; product(&s, u, &lane, &x, &y, &count, &k);)
        for (int i = 0; i < count; i++) {
            int at = count == 1 ? k : element(u, 0, lane - count + i);
            PX_ASSERT(at < MMA_MAX_K);
            a[at] = x;
            b[at] = y;
            if (at >= n) n = (at / step + 1) * step;
        }
    return n;
}
