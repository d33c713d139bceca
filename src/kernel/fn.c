#include "kernel/fn.h"

PX_HD double px_fn_log64(double x) {
    if (!(x > 0) || x == (double)INFINITY) return x == 0 ? -(double)INFINITY : x > 0 ? x : (double)NAN;
    int e;
    double m = frexp(x, &e);
    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2;
        e--;
    }
    double s = (m - 1) / (m + 1), s2 = s * s, series = 0;
    for (int k = 23; k >= 3; k -= 2) series = (series + 1.0 / k) * s2;
    return e * 0x1.62e42feep-1 + (2 * s + (2 * s * series + e * 0x1.a39ef35793c76p-33));
}

/* c[0] x^(n-1) + ... + c[n-1]. */
PX_HD_STATIC double polynomial(const double *c, int n, double x) {
    double y = c[0];
    for (int i = 1; i < n; i++) y = y * x + c[i];
    return y;
}

/* erf(x)/x of x^2, |x| <= 0.46875. */
PX_HD_TABLE double centre[2][5] = {
    {1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3},
    {1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3}};
/* erfc(x) e^(x^2) of x, 0.46875 <= x <= 4. */
PX_HD_TABLE double middle[2][9] = {
    {2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2,
     8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3},
    {1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3}};
/* (1/sqrt(pi) - x erfc(x) e^(x^2)) x^2 of 1/x^2, 4 <= x; erfc(4) is below 2^-25, so that 28 bits of it would do. */
PX_HD_TABLE double tail[2][6] = {{1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
                                   1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4},
                                  {1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1,
                                   6.05183413124413191e-2, 2.33520497626869185e-3}};

PX_HD_STATIC double complement(double x) {
    double scaled;
    if (x <= 4) {
        scaled = polynomial(middle[0], 9, x) / polynomial(middle[1], 9, x);
    } else {
        double z = 1 / (x * x);
        scaled = (0x1.20dd750429b6dp-1 - z * polynomial(tail[0], 6, z) / polynomial(tail[1], 6, z)) / x;
    }
    return px_fn_exp64(-(x * x)) * scaled;
}

PX_HD double px_fn_erf64(double x) {
    double magnitude = fabs(x);
    if (magnitude <= 0.46875) {
        double z = x * x;
        return x * (polynomial(centre[0], 5, z) / polynomial(centre[1], 5, z));
    }
    return x != x ? x : copysign(magnitude > 6 ? 1.0 : 1 - complement(magnitude), x);
}
