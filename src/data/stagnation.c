#include <math.h>

#include "base/error.h"
#include "data/data.h"
#include "data/elementary.h"

/* H_i = 1 + 1/2 + ... + 1/i, to about 1e-15: ln i + gamma + 1/(2i) - 1/(12 i^2) + 1/(120 i^4) from i = 64 on. */
static double harmonic_sum(double i) {
    if (i < 64) {
        double s = 0;
        for (double k = i; k >= 1; k--) s += 1 / k;
        return s;
    }
    return px_data_log(i) + 0x1.2788cfc6fb619p-1 + 1 / (2 * i) - 1 / (12 * i * i) + 1 / (120 * i * i * i * i);
}

static double one_over(double i) { return 1 / i; }
static double one(double i) { return (void)i, 1; }
static double count(double i) { return i; }
static double third(double i) { return (void)i, 1.0 / 3; }
static double thirds(double i) { return i / 3; }

/* Terms that never grow and sums that never fall: x_i <= ulp(s_(i-1))/2 holds from some i on, found by bisection. */
int64_t px_vector_stagnation(int which, int p) {
    static const struct {
        int which;
        double (*term)(double i), (*sum)(double i);
    } theory[] = {{PX_VECTOR_harmonic, one_over, harmonic_sum},
                  {PX_VECTOR_ones, one, count},
                  {PX_VECTOR_constant, third, thirds}};
    PX_ASSERT(p >= 1 && p <= 53);
    for (size_t t = 0; t < sizeof theory / sizeof *theory; t++) {
        if (theory[t].which != which) continue;
        int64_t no = 1, yes = (int64_t)1 << (p + 2); /* sums of 2^p and more have ulp/2 >= 1 */
        while (yes - no > 1) {
            int64_t i = no + (yes - no) / 2;
            int e; /* 2^(e-1) <= s < 2^e, so ulp/2 = 2^(e-1-p) */
            frexp(theory[t].sum((double)(i - 1)), &e);
            *(theory[t].term((double)i) <= ldexp(1, e - 1 - p) ? &yes : &no) = i;
        }
        return yes;
    }
    return 0;
}
