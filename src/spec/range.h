/* Numbers and ranges, evaluated exactly: a literal is its decimal or hexadecimal value, not the double next to it, and
 * every point of a range is rounded once. Numbers carry 1152 bits (MPFR) and a result is rounded to 1088 before it is
 * compared or becomes a double, so that 10 times 0.1 is 1. Points of `log` carry 448 and 384 bits: an exact root comes
 * out exact. */
#ifndef PX_SPEC_RANGE_H
#define PX_SPEC_RANGE_H

#include "spec/token.h"

enum { PX_LIST_MAX = 100000 }; /* values of one list */

typedef struct px_point {
    double real;
    int64_t integer; /* whole only */
} px_point;

typedef struct px_points {
    px_point *at;
    int n;
} px_points;

/* Reads a number (with sign, and ^ for powers) or a range:
 *     a..b            whole numbers, both ends included       a..b +s   a, a+s, a+2s ... up to b
 *     a..b *f         a, a f, a f^2 ... up to b               a..b lin K, a..b log K   K points, both ends included
 * whole: an integer axis; numbers and ends must be whole, points between them are rounded to nearest (ties to even) and
 * a point equal to the one before it is dropped. a <= b. false after a mistake, reported at the item. */
bool px_points_read(px_lexer *l, bool whole, px_points *points);

/* A single number; a whole one from 0 to 2^64-1. */
bool px_number_read(px_lexer *l, double *x);
bool px_seed_read(px_lexer *l, uint64_t *x);

/* True at a number or its sign. */
bool px_number_ahead(const px_lexer *l);

#endif
