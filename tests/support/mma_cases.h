/* The project's own cases for matrix units: fingerprints and directed cases, their results worked out by hand from the
 * published descriptions, never by the code under test. And the units once more, to hold arith/model.c to them. */
#ifndef PX_TESTS_MMA_CASES_H
#define PX_TESTS_MMA_CASES_H

#include "arith/model.h"

/* A unit as published. The classes say which results it must give: A, B, C fp32 with F = 23, 24, 25; D fp32 with F = 13
 * and 14-bit results; E, F, G, H fp16 with F = 23, 24, 25, 13, F with (X) or without (T) a floor; M, N fp8 through
 * mma.sync, fp32 and fp16; Z fp64. */
typedef struct mma_unit {
    const char *classes;
    const char *model, *in, *out;
    int width, fraction, precision, floor;
} mma_unit;
extern const mma_unit mma_units[];
extern const int mma_n_units;

enum { MMA_MAX_K = 128 };

typedef struct mma_case {
    const char *classes; /* of the units it is for */
    const char *in;      /* and their inputs, separated by blanks; "" any that holds the operands */
    const char *what;
    /* Products a*b, separated by blanks. Numbers are decimal, hexadecimal, 2^e, inf, nan. a*bxN: N of them. They stand
     * in the lanes of the first block, one after another, or where @BLOCK.LANE (or .last), or @K, element K, says. */
    const char *products;
    double c, d; /* NaN: any NaN; zeros are compared with their signs */
} mma_case;
extern const mma_case mma_cases[];
extern const int mma_n_cases;

/* The unit of a row of mma_units; in_b as in. */
px_mma mma_unit_of(const mma_unit *u);

/* Is the case for this unit: of its class and input, with operands that its format holds and lanes that it has? */
bool mma_case_applies(const mma_case *c, const mma_unit *u);

/* The case as n operands for the unit, zeros where it says nothing: whole steps, at least one. */
int mma_case_operands(const mma_case *c, const mma_unit *u, double a[MMA_MAX_K], double b[MMA_MAX_K]);

#endif
