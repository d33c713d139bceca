/* Softmax in three forms, dropout, losses. */
#include <math.h>

#include "arith/round.h"
#include "base/philox.h"
#include "kernel/fn.h"
#include "support/plain_layer.h"

enum { T = PLAIN_T, C = PLAIN_C, N = PLAIN_N, V = PLAIN_V };

static double rnd(px_fp f, double x) { return plain_rnd(f, x); }
static double power(px_fp f, double x) { return px_fn_exp(f, px_rounding_of(PX_NEAREST_EVEN), x); }

/* The sum and the largest in one pass: what was summed is scaled whenever a larger score comes. */
static double one_pass(px_fp f, const double *z, double *top) {
    double l = 0;
    *top = -(double)INFINITY;
    for (int j = 0; j < T; j++) {
        double next = z[j] > *top ? z[j] : *top;
        if (isinf(next)) continue;
        double kept = rnd(f, l * power(f, rnd(f, *top - next)));
        l = rnd(f, kept + power(f, rnd(f, z[j] - next)));
        *top = next;
    }
    return l;
}

void plain_softmax_row(px_fp f, int form, double *z) {
    double top = z[0], sum = 0;
    for (int j = 1; j < T; j++) top = z[j] > top ? z[j] : top;
    if (form == PLAIN_ONLINE) sum = one_pass(f, z, &top);
    for (int j = 0; j < T; j++) z[j] = power(f, form == PLAIN_PLAIN ? z[j] : rnd(f, z[j] - top));
    for (int j = 0; j < T && form != PLAIN_ONLINE; j++) sum = rnd(f, sum + z[j]);
    for (int j = 0; j < T; j++) z[j] = rnd(f, z[j] / sum);
}

double plain_dropped(px_fp acc, px_fp out, const plain_options *o, int which, int e, double x) {
    if (o->dropout == 0) return x;
    uint64_t word = px_philox(o->stream[which], (uint64_t)(e + o->other_mask), 0).lo;
    if ((double)(word >> 11) * 0x1p-53 < o->dropout) return 0;
    return rnd(out, rnd(acc, x * rnd(acc, 1 / (1 - o->dropout))));
}

double plain_mse(px_fp f, double scale, double y[N][C], double target[N][C], double dy[N][C]) {
    double sum = 0, factor = rnd(f, rnd(f, 2.0 / (N * C)) * scale);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < C; j++) {
            double e = rnd(f, rnd(f, y[i][j]) - rnd(f, target[i][j]));
            sum = rnd(f, sum + rnd(f, e * e));
            dy[i][j] = rnd(f, e * factor);
        }
    return rnd(f, sum / (N * C));
}

double plain_entropy(px_fp f, double scale, const double *logits, const double *target, double *dz) {
    double loss = 0, factor = rnd(f, scale / N);
    for (int i = 0; i < N; i++) {
        double z[V], e[V], top, sum = 0;
        int wanted = (int)target[i];
        for (int j = 0; j < V; j++) z[j] = rnd(f, logits[i * V + j]);
        top = z[0];
        for (int j = 1; j < V; j++) top = z[j] > top ? z[j] : top;
        for (int j = 0; j < V; j++) sum = rnd(f, sum + (e[j] = power(f, rnd(f, z[j] - top))));
        for (int j = 0; j < V; j++) {
            double p = rnd(f, e[j] / sum);
            dz[i * V + j] = rnd(f, (j == wanted ? rnd(f, p - 1) : p) * factor);
        }
        double shifted = rnd(f, z[wanted] - top);
        loss = rnd(f, loss + rnd(f, px_fn_log(f, px_rounding_of(PX_NEAREST_EVEN), sum) - shifted));
    }
    return rnd(f, loss / N);
}
