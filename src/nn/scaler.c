#include "nn/train.h"

void px_nn_scaler_update(px_nn_scaler *s, bool found_inf) {
    if (s->scaling != PX_NN_SCALING_DYNAMIC) return;
    if (found_inf) {
        s->scale = (double)(float)(s->scale * s->down);
        s->clean = 0;
    } else if (++s->clean == s->interval) {
        float grown = (float)(s->scale * s->up);
        if (grown <= 0x1.fffffep127f) s->scale = (double)grown; /* never to infinity (PyTorch since 2.0) */
        s->clean = 0;
    }
}
