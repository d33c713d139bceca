/* The row of THE op list for data that are normalised, in the words of op/layer.h.
 *
 * normalise  in x (m x n); out y, centre c, spread v (m x 1); attribute: form. Row by row:
 *     two_pass:  c = rnd(SUM_j x_j / n); v = rnd(DOT_j d_j d_j / n), d_j = rnd(x_j - c)
 *     one_pass:  c as above; v = rnd(rnd(DOT_j x_j x_j / n) - rnd(c c))
 *     welford:   c = v = +0; for j = 1 .. n: d = rnd(x_j - c); c = rnd(c + rnd(d / j)); v = rnd(v + rnd(d rnd(x_j - c)));
 *                then v = rnd(v / n)
 *     min_max:   c = min_j x_j; v = rnd(max_j x_j - c) (NaN if one is)
 *     y_j = rnd(rnd(x_j - c) / rnd(sqrt(v))); min_max: rnd(rnd(x_j - c) / v) */
#ifndef PX_OP_NORMALISE_H
#define PX_OP_NORMALISE_H

#define PX_OP_NORMALISE_LIST(X)                                                                                        \
    X(PX_OP_NORMALISE, "normalise", 1, 3, 1,                                                                           \
      (a[0] == PX_NORMALISE_MIN_MAX    ? 2 * o + m                                                                     \
       : a[0] == PX_NORMALISE_ONE_PASS ? 5 * o + 5 * m                                                                 \
       : a[0] == PX_NORMALISE_WELFORD  ? 8 * o + 2 * m                                                                 \
                                       : 5 * o + 3 * m),                                                                \
      "out = (x - mean)/sqrt(var), mean, var; or (x - min)/(max - min), min, max - min")

/* Forms, THE list: X(id, name, who). */
#define PX_NORMALISE_LIST(X)                                                                                           \
    X(PX_NORMALISE_TWO_PASS, "two_pass", "z-score, the variance from deviations of the mean")                          \
    X(PX_NORMALISE_ONE_PASS, "one_pass", "z-score, the variance as the mean of squares less the square of the mean")   \
    X(PX_NORMALISE_WELFORD, "welford", "z-score, mean and variance updated number by number (Welford 1962)")           \
    X(PX_NORMALISE_MIN_MAX, "min_max", "the range goes to 0 .. 1")
#define PX_NORMALISE_ENUM(id, name, text) id,
typedef enum px_normalise_form { PX_NORMALISE_LIST(PX_NORMALISE_ENUM) PX_NORMALISE_COUNT } px_normalise_form;
#undef PX_NORMALISE_ENUM

#endif
