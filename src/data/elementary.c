#include "data/elementary.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* ln 2 = LN2_HI + LN2_LO; n LN2_HI is exact for |n| < 2^20 (33 significant bits). */
static const double LN2_HI = 0x1.62e42feep-1, LN2_LO = 0x1.a39ef35793c76p-33;

/* c[0] + x (c[1] + x (c[2] + ...)). */
static double polynomial(const double *c, size_t n, double x) {
    double y = c[n - 1];
    for (size_t i = n - 1; i-- > 0;) y = y * x + c[i];
    return y;
}

/* x = 2^e m, sqrt(1/2) <= m < sqrt 2; log m = 2 atanh(s), s = (m - 1)/(m + 1), |s| < 0.1716: the first term left out,
 * s^24/25, is below 2e-20. */
double px_data_log(double x) {
    PX_ASSERT(x > 0 && isfinite(x));
    int e;
    double m = frexp(x, &e);
    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2;
        e--;
    }
    double s = (m - 1) / (m + 1), s2 = s * s, series = 0;
    for (int k = 23; k >= 3; k -= 2) series = (series + 1.0 / k) * s2;
    return e * LN2_HI + (2 * s + (2 * s * series + e * LN2_LO));
}

/* x = n ln 2 + r, |r| <= 0.35; Taylor's series to r^15: the next term is below 3e-21. */
double px_data_exp(double x) {
    PX_ASSERT(fabs(x) <= 700);
    double n = floor(x / (LN2_HI + LN2_LO) + 0.5);
    double r = (x - n * LN2_HI) - n * LN2_LO, series = 0;
    for (int k = 15; k >= 2; k--) series = (series + 1) * r / k;
    return ldexp(1 + (r + r * series), (int)n);
}

/* The rational approximations of PPND16: around 1/2, of the tails to sqrt(-log u) = 5, beyond. */
static const struct rational {
    double over[8], under[8];
} centre = {{3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
             4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3},
            {1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
             2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3}},
  tail = {{1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
           1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4},
          {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
           1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9}},
  far_tail = {
      {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
       2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7},
      {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
       1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15}};

static double quotient(const struct rational *r, double x) {
    return polynomial(r->over, 8, x) / polynomial(r->under, 8, x);
}

double px_data_normal_quantile(double u) {
    PX_ASSERT(u > 0 && u < 1);
    double q = u - 0.5;
    if (fabs(q) <= 0.425) return q * quotient(&centre, 0.180625 - q * q);
    double r = sqrt(-px_data_log(q < 0 ? u : 1 - u));
    double x = r <= 5 ? quotient(&tail, r - 1.6) : quotient(&far_tail, r - 5);
    return q < 0 ? -x : x;
}
