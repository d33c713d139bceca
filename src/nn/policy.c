#include "nn/policy.h"

#include "arith/model.h"

static px_fp named(const char *name) {
    px_fp f;
    PX_ASSERT(px_fp_parse(name, &f, NULL) == PX_OK);
    return f;
}

static px_nn_rule uniform(px_fp f) { return (px_nn_rule){.in = f, .mul = f, .acc = f, .out = f}; }

static px_nn_policy uniform_policy(px_fp f) {
    px_nn_policy p = {.master = f, .reduce = f, .history = 1, .model = PX_MODEL_NONE, .order = PX_SEQUENTIAL};
    for (int c = 0; c < PX_NN_CLASS_COUNT; c++) p.rule[c] = uniform(f);
    return p;
}

static px_nn_policy autocast(px_fp low) {
    px_fp fp32 = named("fp32");
    px_nn_policy p = uniform_policy(fp32);
    px_nn_rule product = {.in = low, .mul = fp32, .acc = fp32, .out = low};
    p.rule[PX_NN_CLASS_LINEAR] = p.rule[PX_NN_CLASS_ATTENTION] = p.rule[PX_NN_CLASS_GELU] = product;
    return p;
}

px_nn_policy px_nn_policy_of(px_nn_policy_id id) {
    switch (id) {
    case PX_NN_POLICY_FP64: return uniform_policy(named("fp64"));
    case PX_NN_POLICY_FP32: return uniform_policy(named("fp32"));
    case PX_NN_POLICY_FP16_PURE: return uniform_policy(named("fp16"));
    case PX_NN_POLICY_BF16_PURE: return uniform_policy(named("bf16"));
    case PX_NN_POLICY_FP16_AMP: return autocast(named("fp16"));
    case PX_NN_POLICY_BF16_AMP: return autocast(named("bf16"));
    case PX_NN_POLICY_FP8_AMP: {
        px_nn_policy p = autocast(named("bf16"));
        p.forward = named("fp8_e4m3");
        return p;
    }
    case PX_NN_POLICY_COUNT: break;
    }
    PX_ASSERT(!"a policy of the list");
    return uniform_policy(named("fp64"));
}

void px_nn_policy_override(px_nn_policy *policy, px_nn_class which, px_fp f) { policy->rule[which] = uniform(f); }

void px_nn_policy_set_master(px_nn_policy *policy, bool master) {
    px_fp fp32 = named("fp32");
    if (master) policy->rule[PX_NN_CLASS_UPDATE] = uniform(fp32);
    policy->master = master ? fp32 : policy->rule[PX_NN_CLASS_LINEAR].in;
}

px_recipe px_nn_recipe(const px_nn_policy *policy, px_nn_class which) {
    const px_nn_rule *rule = &policy->rule[which];
    px_recipe r = px_recipe_uniform(rule->acc);
    r.mul = rule->mul;
    r.out = rule->out;
    r.order = policy->order;
    r.block = policy->block;
    if (which == PX_NN_CLASS_LINEAR || which == PX_NN_CLASS_ATTENTION) {
        r.model = policy->model;
        r.fused = policy->fused;
    }
    return r;
}
