/* THE paths of the device's operations. A new kernel: its family's file (families.h), and a row here. */
#include "families.h"

static bool plain(const task *t) { return t->recipe.model == PX_MODEL_NONE; }

static const path paths[] = {
    {PX_OP_ADD, "element", PX_EXACT, plain, run_elements},
    {PX_OP_MUL, "element", PX_EXACT, plain, run_elements},
    {PX_OP_ROUND, "element", PX_EXACT, plain, run_elements},
    {PX_OP_SUM, "any recipe", PX_EXACT, plain, run_sums},
    {PX_OP_GEMM, "fp16 instructions", PX_EXACT, half_matches, run_native},
    {PX_OP_GEMM, "bf16 instructions", PX_EXACT, bf16_matches, run_native},
    {PX_OP_GEMM, "fp32 instructions", PX_EXACT, single_matches, run_native},
    {PX_OP_GEMM, "fp64 instructions", PX_EXACT, double_matches, run_native},
    {PX_OP_GEMM, "matrix unit", PX_MODELLED, wmma_matches, run_wmma},
    {PX_OP_GEMM, "any recipe", PX_EXACT, plain, run_sums},
    {PX_OP_SCALE, "element", PX_EXACT, plain, run_elements},
    {PX_OP_LAYERNORM, "row", PX_EXACT, plain, run_rows},
    {PX_OP_LAYERNORM_BACKWARD, "row", PX_EXACT, plain, run_rows},
    {PX_OP_LAYERNORM_GAMMA, "column", PX_EXACT, plain, run_rows},
    {PX_OP_GELU, "element", PX_EXACT, plain, run_elements},
    {PX_OP_GELU_BACKWARD, "element", PX_EXACT, plain, run_elements},
    {PX_OP_SOFTMAX, "row", PX_EXACT, plain, run_rows},
    {PX_OP_SOFTMAX_BACKWARD, "row", PX_EXACT, plain, run_rows},
    {PX_OP_DROPOUT, "element", PX_EXACT, plain, run_elements},
    {PX_OP_GATHER, "element", PX_EXACT, plain, run_elements},
    {PX_OP_SCATTER_ADD, "row", PX_EXACT, plain, run_scatter},
    {PX_OP_MSE, "whole", PX_EXACT, plain, run_losses},
    {PX_OP_CROSS_ENTROPY, "row", PX_EXACT, plain, run_losses},
    {PX_OP_NONFINITE, "whole", PX_EXACT, plain, run_whole},
    {PX_OP_CLIP_FACTOR, "whole", PX_EXACT, plain, run_whole},
    {PX_OP_SGD, "element", PX_EXACT, plain, run_update},
    {PX_OP_ADAM, "element", PX_EXACT, plain, run_update},
    {PX_OP_ADAPTIVE, "element", PX_EXACT, plain, run_update},
    {PX_OP_SIGN, "element", PX_EXACT, plain, run_elements},
    {PX_OP_NORMALISE, "row", PX_EXACT, plain, run_rows},
    {PX_OP_ADD_KAHAN, "element", PX_EXACT, plain, run_elements},
    {PX_OP_POWER_SCALE, "whole", PX_EXACT, plain, run_whole},
};

const path *path_for(const task *t) {
    for (const path &p : paths)
        if (p.op == t->op && p.matches(t)) return &p;
    return nullptr;
}
