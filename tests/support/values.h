/* The non-negative finite numbers of a small format in ascending order, written down from the format's definition: code i is
 * the word i. Shares nothing with src/. */
#ifndef PX_TEST_VALUES_H
#define PX_TEST_VALUES_H

#include <stdbool.h>

enum { PX_VALUES_MOST = 32768 };

typedef struct px_values {
    int n;                          /* at[0] = 0 .. at[n-1] = the largest */
    double at[PX_VALUES_MOST + 1];  /* at[n]: where the next number would be, had the format a wider range */
    double beyond;                  /* what overflow gives: inf, or nan where there is no infinity */
    int fraction_bits, bias;
} px_values;

/* fp16, bf16, fp8_e4m3, fp8_e5m2. False for other names. */
bool px_values_of(const char *format, px_values *v);

/* The word (sign included) as a number: inf and nan where the format has them. `width` in bits. */
double px_values_decode(const px_values *v, int width, unsigned word);

#endif
