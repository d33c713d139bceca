#include <math.h>

#include "arith/model.h"
#include "backend/registry.h"
#include "kind/axes.h"
#include "kind/transformer.h"

enum { MASTER_POLICY, MASTER_FP32 };

static void override(const px_case *c, const char *axis, px_nn_policy *policy, px_nn_class which) {
    const px_value *v = px_case_value(c, axis);
    if (v->word < 0) px_nn_policy_override(policy, which, v->fp);
}

static void read_policy(const px_case *c, px_nn_policy *p) {
    *p = px_nn_policy_of((px_nn_policy_id)px_case_word(c, "policy"));
    int master = px_case_word(c, "master");
    if (master != MASTER_POLICY) px_nn_policy_set_master(p, master == MASTER_FP32);
    const px_value *accum = px_case_value(c, "accum"), *reduce = px_case_value(c, "reduce");
    if (accum->word < 0) {
        px_nn_rule *rules[] = {&p->rule[PX_NN_CLASS_LINEAR], &p->rule[PX_NN_CLASS_ATTENTION]};
        for (int i = 0; i < 2; i++) rules[i]->mul = rules[i]->acc = accum->fp;
    }
    override(c, "softmax", p, PX_NN_CLASS_SOFTMAX);
    override(c, "norm", p, PX_NN_CLASS_NORM);
    override(c, "gelu", p, PX_NN_CLASS_GELU);
    override(c, "residual", p, PX_NN_CLASS_RESIDUAL);
    override(c, "optimizer_format", p, PX_NN_CLASS_UPDATE);
    if (reduce->word < 0) p->reduce = reduce->fp;
    p->quantize = (px_nn_quantize)px_case_word(c, "fp8_scaling");
    p->history = px_case_int(c, "fp8_history");
    p->model = (int16_t)px_case_word(c, "model");
    p->fused = px_case_word(c, "fused") == PX_FUSED_YES;
}

static px_nn_model read_model(const px_case *c) {
    double mask = px_case_real(c, "mask"), clip = px_case_real(c, "clip");
    return (px_nn_model){.layers = px_case_int(c, "layers"),
                         .batch = px_case_int(c, "batch"),
                         .length = px_case_int(c, "length"),
                         .width = px_case_int(c, "width"),
                         .heads = px_case_int(c, "heads"),
                         .loss = (px_nn_loss)px_case_word(c, "objective"),
                         .norm = (px_nn_normal)px_case_word(c, "normalisation"),
                         .optimizer = (px_optimizer_id)px_case_word(c, "optimizer"),
                         .constants = {.lr = px_case_real(c, "lr"),
                                       .mu = px_case_real(c, "momentum"),
                                       .beta1 = px_case_real(c, "beta1"),
                                       .beta2 = px_case_real(c, "beta2"),
                                       .eps = px_case_real(c, "eps")},
                         .schedule = {px_case_word(c, "schedule"), px_case_int(c, "steps"), px_case_int(c, "warmup")},
                         .decay = px_case_real(c, "decay"),
                         .l1 = px_case_real(c, "l1"),
                         .update = (px_nn_update)px_case_word(c, "update"),
                         .gelu = px_case_word(c, "activation"),
                         .softmax = px_case_word(c, "attention"),
                         .scale_before = px_case_word(c, "qk_scale") == 1,
                         .mask = mask == 0 ? -(double)INFINITY : mask,
                         .dropout = px_case_real(c, "dropout"),
                         .norm_eps = 1e-5,
                         .clip = clip == 0 ? (double)INFINITY : clip,
                         .micro = px_case_int(c, "micro"),
                         .ranks = px_case_int(c, "ranks"),
                         .reduce_tree = px_case_word(c, "reduce_order") == 1,
                         .seed = c->seed + (uint64_t)px_case_int(c, "rep")};
}

static const char *refused(const px_transformer *t, const px_case *c) {
    if (t->scaler.scaling == PX_NN_SCALING_NONE && px_case_real(c, "scale") != 65536) return "a scale without scaling";
    if (t->scaler.scaling != PX_NN_SCALING_DYNAMIC &&
        (t->scaler.up != 2 || t->scaler.down != 0.5 || t->scaler.interval != 2000))
        return "growth, backoff and interval belong to scaling dynamic";
    if (t->policy.quantize != PX_NN_QUANTIZE_DIRECT && px_fp_is_exact(t->policy.forward))
        return "fp8_scaling belongs to policy fp8_amp";
    if (t->policy.quantize != PX_NN_QUANTIZE_DELAYED && t->policy.history != 1)
        return "fp8_history belongs to fp8_scaling delayed";
    if (t->policy.model != PX_MODEL_NONE && t->policy.fused)
        return "a matrix unit has its own ways: fused does not apply";
    const char *why = px_optimizer_refused(t->model.optimizer, &t->model.constants);
    if (why) return why;
    if (t->parameters && t->initial != PX_INITIAL_GPT2) return "initial belongs to random parameters";
    if (t->initial != PX_INITIAL_GPT2 && t->init != 0.02) return "init belongs to initial gpt2";
    if (t->model.loss != PX_NN_LOSS_DOT && t->grad != 1) return "grad belongs to objective dot";
    if (t->model.loss != PX_NN_LOSS_CROSS_ENTROPY && px_case_value(c, "text")->word != 0)
        return "a text belongs to objective cross_entropy";
    return NULL;
}

const char *px_transformer_read(px_arena *arena, const px_case *c, px_transformer *t) {
    *t = (px_transformer){.model = read_model(c),
                          .steps = px_case_int(c, "steps"),
                          .every = px_case_int(c, "every"),
                          .tensors = (px_tensors_id)px_case_word(c, "tensors"),
                          .judge = px_case_word(c, "judge"),
                          .histogram = px_case_word(c, "histogram") == 1,
                          .local = px_case_word(c, "local") == 1,
                          .parameters = px_case_value(c, "parameters")->path,
                          .exec = px_backend_of(px_case_text(c, "backend"), px_case_value(c, "backend")->path),
                          .cell = c,
                          .initial = (px_initial_id)px_case_word(c, "initial"),
                          .init = px_case_real(c, "init"),
                          .grad = px_case_real(c, "grad"),
                          .rep = (uint64_t)px_case_int(c, "rep"),
                          .held = {.part = px_case_real(c, "held_out"), .patience = px_case_int(c, "patience")}};
    t->scaler = (px_nn_scaler){.scaling = (px_nn_scaling)px_case_word(c, "scaling"),
                               .scale = px_case_real(c, "scale"),
                               .up = px_case_real(c, "growth"),
                               .down = px_case_real(c, "backoff"),
                               .interval = px_case_int(c, "interval")};
    read_policy(c, &t->policy);
    if (t->model.loss == PX_NN_LOSS_CROSS_ENTROPY) {
        px_error unreadable; /* is for px_transformer_check to say: such a file stops the run */
        bool read = px_text_data_read(arena, px_case_value(c, "text")->path, &t->text, &unreadable) == PX_OK;
        t->model.vocab = read ? t->text.vocab : 2;
        int64_t seen = px_transformer_seen(t), held = t->text.length - seen;
        if (read && seen <= t->model.length) return "a text shorter than the positions of a batch";
        if (read && t->held.part > 0 && held <= t->model.length) return "a held-out part too short for a sequence";
    } else if (t->held.part > 0) {
        return "held_out belongs to objective cross_entropy";
    }
    if (t->held.patience > 0 && t->held.part == 0) return "patience without a held-out part";
    const char *why = refused(t, c);
    if (why) return why;
    if (t->local && t->judge == PX_JUDGE_NONE) return "local errors without a judge";
    px_error err;
    if (px_nn_check(&t->model, &err) != PX_OK) return px_arena_strdup(arena, err.text);
    return NULL;
}
