/* One direction of a panel: the range that fits the values, and ticks where a reader expects them. No libm function
 * that is not exact: an axis is the same on every machine. */
#ifndef PX_REPORT_AXIS_H
#define PX_REPORT_AXIS_H

#include <stdbool.h>

#include "base/arena.h"

typedef struct px_tick {
    double at;         /* a value */
    const char *text;  /* NULL: a minor tick */
    const char *power; /* raised behind the text; "" for none */
} px_tick;

typedef struct px_axis {
    bool log;
    double lo, hi; /* the range, ends included; decimal logarithms where log */
    const px_tick *ticks;
    int n_ticks;
} px_axis;

/* The decimal logarithm of a finite x > 0, within 4e-15 relative (or absolute, near 1). */
double px_log10(double x);

/* Is x something that the axis can show: finite, and positive where log? */
bool px_axis_takes(bool log, double x);

/* Around those of the n values that it takes. A linear axis begins at 0 where the values are positive and far apart;
 * a logarithmic one has ticks at powers of two where all values are, else at powers of ten. at_most: labels. */
px_axis px_axis_new(px_arena *arena, bool log, const double *values, int n, int at_most);

/* An axis of n words at 0, 1, ... n - 1, without ticks. */
px_axis px_axis_of_words(int n);

/* From 0 (lo) to 1 (hi); beyond where x is beyond. */
double px_axis_place(const px_axis *axis, double x);

#endif
