/* Unscale, clip, decay, optimizer, update. */
#include <math.h>

#include "support/plain_layer.h"

static double rnd(px_fp f, double x) { return plain_rnd(f, x); }

static double adam(px_fp f, const plain_options *o, double g, double *m, double *v) {
    double power1 = 1, power2 = 1;
    for (int t = o->bias_off_by_one; t < (int)o->step; t++) power1 *= o->beta1, power2 *= o->beta2;
    *m = rnd(f, rnd(f, rnd(f, o->beta1) * *m) + rnd(f, rnd(f, 1 - o->beta1) * g));
    *v = rnd(f, rnd(f, rnd(f, o->beta2) * *v) + rnd(f, rnd(f, 1 - o->beta2) * rnd(f, g * g)));
    double mh = rnd(f, *m / rnd(f, 1 - power1)), vh = rnd(f, *v / rnd(f, 1 - power2));
    double root = o->eps_inside ? rnd(f, sqrt(rnd(f, vh + rnd(f, o->eps)))) : rnd(f, rnd(f, sqrt(vh)) + rnd(f, o->eps));
    return rnd(f, rnd(f, -o->lr) * rnd(f, mh / root));
}

static double sgd(px_fp f, const plain_options *o, double g, double *m) {
    double taken = o->dampened ? rnd(f, rnd(f, 1 - o->momentum) * g) : g;
    if (o->optimizer == PLAIN_SGD) return rnd(f, rnd(f, -o->lr) * g);
    *m = rnd(f, rnd(f, rnd(f, o->momentum) * *m) + taken);
    if (o->optimizer == PLAIN_MOMENTUM) return rnd(f, rnd(f, -o->lr) * *m);
    return rnd(f, rnd(f, -o->lr) * rnd(f, rnd(f, rnd(f, o->momentum) * *m) + g));
}

/* Weight matrices alone have penalties and decay. */
static int decays(const plain_options *o, int t) {
    return o->decay_everything || t == WQKV || t == WO || t == WFC || t == WPROJ || t == WTE || t == WPE;
}

static void one(const plain_formats *f, const plain_options *o, plain_step *s, int t, int i) {
    px_fp u = f->update;
    double w = s->w[t][i], g = isfinite(o->clip) ? rnd(u, s->unscaled[t][i] * s->clip) : s->unscaled[t][i];
    double *m = &s->new_m[t][i], *v = &s->new_v[t][i];
    int decoupled = o->decoupled && !o->decay_coupled, penal = decays(o, t);
    *m = s->m[t][i];
    *v = s->v[t][i];
    if (penal && o->decay != 0 && !decoupled) g = rnd(u, g + rnd(u, w * rnd(u, o->decay)));
    if (penal && o->l1 != 0) g = rnd(u, g + rnd(u, (w > 0 ? 1 : w < 0 ? -1 : w) * rnd(u, o->l1)));
    double d = o->optimizer == PLAIN_ADAM ? adam(u, o, g, m, v) : sgd(u, o, g, m);
    if (penal && o->decay != 0 && decoupled) d = rnd(u, d + rnd(u, w * rnd(u, -o->lr * o->decay)));
    s->new_w[t][i] = rnd(f->master, (o->no_master ? rnd(f->in, w) : w) + d);
}

void plain_update(const plain_formats *f, const plain_options *o, plain_step *s) {
    px_fp u = f->update;
    double n2 = 0, inverse = o->no_unscale ? 1 : 1 / o->scale;
    int n = plain_count(o->loss);
    for (int t = 0; t < n; t++)
        for (int i = 0; i < plain_size[t]; i++) {
            s->unscaled[t][i] = rnd(u, s->g[t][i] * inverse);
            double g = o->unscale_after_clip ? s->g[t][i] : s->unscaled[t][i];
            n2 = rnd(u, n2 + rnd(u, g * g));
        }
    s->norm = rnd(u, sqrt(n2));
    double q = rnd(u, rnd(u, o->clip) / rnd(u, s->norm + rnd(u, 1e-6)));
    s->clip = q >= 1 ? 1 : q;
    for (int t = 0; t < n; t++)
        for (int i = 0; i < plain_size[t]; i++) one(f, o, s, t, i);
}
