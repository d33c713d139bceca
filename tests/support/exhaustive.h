/* Every case there is, or every `stride`-th: px_round and the operations of arith/round.h against definitions that share no
 * code with src/. Conversions: a walk along the sorted values of the target, midpoints exact in binary64. Operations on fp16
 * and bf16: results exact in binary64, or compared by cross-multiplication, and rounded by division by the quantum. fp32 and
 * fp64: the machine itself, in four rounding modes. */
#ifndef PX_TEST_EXHAUSTIVE_H
#define PX_TEST_EXHAUSTIVE_H

#include <stdint.h>

/* What was compared and what differed; the first differences are printed to stderr. */
typedef struct px_tally {
    uint64_t cases, differences;
} px_tally;

enum { PX_EXHAUST_FORMATS = 4 };
extern const char *const px_exhaust_formats[PX_EXHAUST_FORMATS]; /* fp16, bf16, fp8_e4m3, fp8_e5m2 */

/* binary32 words 0, stride, 2 stride ... and the same with the sign set, to the format, in every rounding mode (stochastic
 * with a drawn word a case). */
px_tally px_exhaust_conversions(const char *format, uint64_t stride);

/* add, sub, mul, div ("+", "-", "*", "/") of pairs of words of fp16 or bf16, nearest_even; sqrt of all. */
px_tally px_exhaust_pairs(const char *format, char operation, uint64_t stride);
px_tally px_exhaust_sqrt(const char *format);

/* n random and directed operands of fp32 or fp64: + - * / s(qrt) f(ma), in the machine's four rounding modes. */
px_tally px_exhaust_machine(const char *format, char operation, uint64_t n);

/* n random and directed fused multiply-adds of a format of at most 11 bits, nearest_even, against the machine's fma rounded
 * to odd in binary64. */
px_tally px_exhaust_fma(const char *format, uint64_t n);

#endif
