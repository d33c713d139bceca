#include "nn/schedule.h"

#include <math.h>

/* cos(pi x), 0 <= x <= 1: sin(y) for y = pi (1/2 - x), by Taylor's series: the term of y^23 is below 2e-18. */
static double cosine(double x) {
    double y = 3.14159265358979323846 * (0.5 - x), y2 = y * y, series = 0;
    for (int k = 20; k >= 2; k -= 2) series = (1 - series) * y2 / (k * (k + 1));
    return y * (1 - series);
}

double px_schedule_rate(const px_schedule *s, double lr, int64_t t) {
    double part = t < s->steps ? (double)t / (double)s->steps : 1, rate = lr;
    switch (s->id) {
    case PX_SCHEDULE_LINEAR: rate *= t < s->steps ? (double)(s->steps - t) / (double)s->steps : 0; break;
    case PX_SCHEDULE_COSINE: rate *= (1 + cosine(part)) / 2; break;
    case PX_SCHEDULE_STEP: rate = 3 * t > 2 * s->steps ? lr / 100 : 3 * t > s->steps ? lr / 10 : lr; break;
    case PX_SCHEDULE_INVERSE_ROOT: rate /= sqrt((double)t); break;
    default: break;
    }
    return t < s->warmup ? rate * (double)t / (double)s->warmup : rate;
}
