#include "nn/optimizer.h"

static const px_optimizer optimizers[PX_OPTIMIZER_COUNT] = {
    [PX_OPTIMIZER_SGD] = {PX_OP_SGD, 0, {false, false, false}, false, false},
    [PX_OPTIMIZER_MOMENTUM] = {PX_OP_SGD, 0, {true, false, false}, false, false},
    [PX_OPTIMIZER_NESTEROV] = {PX_OP_SGD, 0, {true, false, false}, true, false},
    [PX_OPTIMIZER_ADAM] = {PX_OP_ADAM, 0, {true, true, false}, false, false},
    [PX_OPTIMIZER_ADAMW] = {PX_OP_ADAM, 0, {true, true, false}, false, true},
    [PX_OPTIMIZER_EPS_INSIDE] = {PX_OP_ADAPTIVE, PX_ADAPTIVE_EPS_INSIDE, {true, true, false}, false, false},
    [PX_OPTIMIZER_AMSGRAD] = {PX_OP_ADAPTIVE, PX_ADAPTIVE_AMSGRAD, {true, true, true}, false, false},
    [PX_OPTIMIZER_ADABELIEF] = {PX_OP_ADAPTIVE, PX_ADAPTIVE_ADABELIEF, {true, true, false}, false, false},
    [PX_OPTIMIZER_RMSPROP] = {PX_OP_ADAPTIVE, PX_ADAPTIVE_RMSPROP, {false, true, false}, false, false},
    [PX_OPTIMIZER_ADAGRAD] = {PX_OP_ADAPTIVE, PX_ADAPTIVE_ADAGRAD, {false, true, false}, false, false},
};

const px_optimizer *px_optimizer_of(px_optimizer_id id) { return &optimizers[id]; }

const char *px_optimizer_refused(px_optimizer_id id, const px_optimizer_constants *k) {
    bool plain = optimizers[id].op == PX_OP_SGD, first = optimizers[id].keeps[0];
    if (k->mu != 0.9 && !(plain && first)) return "momentum is for momentum and nesterov";
    if (k->beta1 != 0.9 && (plain || !first)) return "the optimizer has no first moment: no beta1";
    if (k->beta2 != 0.999 && (plain || id == PX_OPTIMIZER_ADAGRAD)) return "the optimizer has no beta2";
    if (k->eps != 1e-8 && plain) return "the optimizer has no eps";
    return NULL;
}

void px_optimizer_attributes(px_optimizer_id id, const px_optimizer_constants *k, px_call *call) {
    bool plain = optimizers[id].op == PX_OP_SGD;
    const double values[PX_MAX_ATTR] = {
        k->lr, plain ? k->mu : k->beta1, plain ? 0 : k->beta2, plain ? 0 : k->eps, plain ? 0 : 1, optimizers[id].form};
    for (int i = 0; i < PX_MAX_ATTR; i++) call->attr[i] = values[i];
}

void px_optimizer_set_step(px_call *call, int64_t t, double lr) {
    if (call->op != PX_OP_SGD && call->op != PX_OP_ADAM && call->op != PX_OP_ADAPTIVE) return;
    call->attr[0] = lr;
    if (call->op != PX_OP_SGD) call->attr[4] = (double)t;
}
