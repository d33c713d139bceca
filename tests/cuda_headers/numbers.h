/* Conversions and arithmetic of 16-bit numbers by the functions that CUDA's headers declare: one text (numbers.cpp), built
 * with NVIDIA's headers (vendor_) and with ours (own_). format: 0 half, 1 bfloat16; words in unsigned. */
#ifndef PX_TESTS_CUDA_HEADERS_NUMBERS_H
#define PX_TESTS_CUDA_HEADERS_NUMBERS_H

#ifdef __cplusplus
extern "C" {
#endif

enum { NUMBERS_ADD, NUMBERS_SUB, NUMBERS_MUL, NUMBERS_OPS };
enum { NUMBERS_NEG, NUMBERS_ABS, NUMBERS_IS_NAN, NUMBERS_EQUAL, NUMBERS_LESS, NUMBERS_GREATER, NUMBERS_TESTS };

/* direction: nearest, zero, down, up. */
#define NUMBERS(own)                                                                                                   \
    float own##_value(int format, unsigned word);                                                                      \
    unsigned own##_of_float(int format, int direction, float x);                                                       \
    unsigned own##_of_double(int format, double x);                                                                    \
    unsigned own##_operation(int format, int op, unsigned a, unsigned b);                                              \
    unsigned own##_test(int format, int test, unsigned a, unsigned b);
NUMBERS(own)
NUMBERS(vendor)
#undef NUMBERS

unsigned vendor_quotient(int format, unsigned a, unsigned b); /* the emulation has none */

#ifdef __cplusplus
}
#endif
#endif
