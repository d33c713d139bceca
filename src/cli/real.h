/* A real number as text, read without any rounding of ours: 0.1 is the decimal 0.1, not a double near it. */
#ifndef PX_CLI_REAL_H
#define PX_CLI_REAL_H

#include "arith/exact.h"
#include "base/arena.h"

/* Reads [+-] and: decimal digits with point and e-exponent; 0x hexadecimal digits with point and p-exponent; B^E (whole
 * numbers, E with a sign); inf; nan. Of any length; `x` keeps 128 bits and says whether there was more. PX_USAGE otherwise,
 * or when the number is beyond 2^(10^6) or its inverse. */
px_status px_real_read(const char *text, px_exact *x, px_error *err);

/* How far y, a finite double, is from the finite number of the text. */
typedef struct px_real_error {
    int sign;             /* of y - x: -1, 0, 1 */
    const char *absolute; /* y - x to 8 significant digits, with + or - unless 0; in the arena, like the others */
    const char *relative; /* |y - x| / |x|; NULL where x is 0 */
    const char *in_ulps;  /* |y - x| / ulp */
    const char *in_u;     /* relative / u; NULL where x is 0 */
} px_real_error;
px_real_error px_real_compare(px_arena *arena, const char *text, double y, double ulp, double u);

/* The exact decimal expansion of a double when it has at most 60 characters, else the shortest that reads back to it, with
 * "..." behind. */
const char *px_real_decimal(px_arena *arena, double x);

#endif
