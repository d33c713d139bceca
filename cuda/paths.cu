/* THE paths of the device's operations. A new kernel: its family's file (families.h), and a row here. */
#include "families.h"

static bool plain(const task *t) { return t->recipe.model == PX_MODEL_NONE; }

static const path paths[] = {
    {PX_OP_ADD, "element", CLASS_EXACT, plain, run_elements},
    {PX_OP_MUL, "element", CLASS_EXACT, plain, run_elements},
    {PX_OP_ROUND, "element", CLASS_EXACT, plain, run_elements},
    {PX_OP_SUM, "any recipe", CLASS_EXACT, plain, run_sums},
    {PX_OP_GEMM, "fp16 instructions", CLASS_EXACT, half_matches, run_native},
    {PX_OP_GEMM, "bf16 instructions", CLASS_EXACT, bf16_matches, run_native},
    {PX_OP_GEMM, "fp32 instructions", CLASS_EXACT, single_matches, run_native},
    {PX_OP_GEMM, "fp64 instructions", CLASS_EXACT, double_matches, run_native},
    {PX_OP_GEMM, "matrix unit", CLASS_MODELLED, wmma_matches, run_wmma},
    {PX_OP_GEMM, "any recipe", CLASS_EXACT, plain, run_sums},
    {PX_OP_SCALE, "element", CLASS_EXACT, plain, run_elements},
    {PX_OP_LAYERNORM, "row", CLASS_EXACT, plain, run_rows},
    {PX_OP_LAYERNORM_BACKWARD, "row", CLASS_EXACT, plain, run_rows},
    {PX_OP_LAYERNORM_GAMMA, "column", CLASS_EXACT, plain, run_rows},
    {PX_OP_GELU, "element", CLASS_EXACT, plain, run_elements},
    {PX_OP_GELU_BACKWARD, "element", CLASS_EXACT, plain, run_elements},
    {PX_OP_SOFTMAX, "row", CLASS_EXACT, plain, run_rows},
    {PX_OP_SOFTMAX_BACKWARD, "row", CLASS_EXACT, plain, run_rows},
    {PX_OP_DROPOUT, "element", CLASS_EXACT, plain, run_elements},
    {PX_OP_GATHER, "element", CLASS_EXACT, plain, run_elements},
    {PX_OP_SCATTER_ADD, "element", CLASS_EXACT, plain, run_elements},
    {PX_OP_MSE, "whole", CLASS_EXACT, plain, run_losses},
    {PX_OP_CROSS_ENTROPY, "row", CLASS_EXACT, plain, run_losses},
    {PX_OP_NONFINITE, "whole", CLASS_EXACT, plain, run_whole},
    {PX_OP_CLIP_FACTOR, "whole", CLASS_EXACT, plain, run_whole},
    {PX_OP_SGD, "element", CLASS_EXACT, plain, run_update},
    {PX_OP_ADAM, "element", CLASS_EXACT, plain, run_update},
    {PX_OP_ADAPTIVE, "element", CLASS_EXACT, plain, run_update},
    {PX_OP_SIGN, "element", CLASS_EXACT, plain, run_elements},
    {PX_OP_NORMALISE, "row", CLASS_EXACT, plain, run_rows},
    {PX_OP_ADD_KAHAN, "element", CLASS_EXACT, plain, run_elements},
    {PX_OP_POWER_SCALE, "whole", CLASS_EXACT, plain, run_whole},
};

const path *path_for(const task *t) {
    for (const path &p : paths)
        if (p.op == t->op && p.matches(t)) return &p;
    return nullptr;
}
