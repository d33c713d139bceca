#include "emu/emu.h"

#include <stdio.h>

#include "arith/model.h"
#include "emu/algorithm.h"
#include "emu/definition.h"
#include "emu/elementwise.h"
#include "emu/factor.h"
#include "emu/gemm.h"
#include "emu/mma.h"
#include "emu/layer.h"
#include "emu/round.h"
#include "emu/sum.h"
#include "emu/tiles.h"

static bool always(const px_task *task) {
    (void)task;
    return true;
}

static const px_path add_paths[] = {
    {"arrays", px_elementwise_matches, px_elementwise_run},
    {"definition", always, px_define_add},
};
static const px_path mul_paths[] = {
    {"arrays", px_elementwise_matches, px_elementwise_run},
    {"definition", always, px_define_mul},
};
static const px_path round_paths[] = {
    {"arrays", px_round_matches, px_round_run},
    {"definition", always, px_define_round},
};
static const px_path sum_paths[] = {
    {"rows in binary32", px_sum_in_binary32, px_sum_run_binary32},
    {"rows in binary64", px_sum_in_binary64, px_sum_run_binary64},
    {"definition", always, px_define_sum},
};
static const px_path gemm_paths[] = {
    {"tiles", px_tiles_match, px_tiles_run},
    {"rows in binary32", px_gemm_in_binary32, px_gemm_run_binary32},
    {"rows in binary64", px_gemm_in_binary64, px_gemm_run_binary64},
    {"tiles of a matrix unit", px_mma_tiles_match, px_mma_tiles_run},
    {"an algorithm's operands", px_algorithm_replaced, px_algorithm_run},
    {"definition", always, px_define_gemm},
};
static const px_path lu_paths[] = {
    {"blocked", px_lu_blocked_matches, px_lu_run_blocked},
    {"definition", always, px_define_lu},
};
static const px_path cholesky_paths[] = {
    {"blocked", px_cholesky_blocked_matches, px_cholesky_run_blocked},
    {"definition", always, px_define_cholesky},
};
static const px_path trsm_paths[] = {
    {"blocked", px_trsm_blocked_matches, px_trsm_run_blocked},
    {"definition", always, px_define_trsm},
};

const px_path *px_emu_paths(px_op op, int *n) {
    *n = 0;
    switch (op) {
#define PX_PATHS(id, paths)                                                                                            \
    case id: *n = (int)(sizeof paths / sizeof *paths); return paths;
        PX_PATHS(PX_OP_ADD, add_paths)
        PX_PATHS(PX_OP_MUL, mul_paths)
        PX_PATHS(PX_OP_ROUND, round_paths)
        PX_PATHS(PX_OP_SUM, sum_paths)
        PX_PATHS(PX_OP_GEMM, gemm_paths)
        PX_PATHS(PX_OP_LU, lu_paths)
        PX_PATHS(PX_OP_CHOLESKY, cholesky_paths)
        PX_PATHS(PX_OP_TRSM, trsm_paths)
#undef PX_PATHS
    default: break;
    }
    return px_layer_paths(op, n);
}

static int refuse(char *why, size_t n, const char *text) {
    if (n > 0) snprintf(why, n, "%s", text);
    return 0;
}

/* Is every number of g one of f? */
static bool holds(px_fp f, px_fp g) {
    return !px_fp_is_exact(g) && g.p <= f.p && g.emin - g.p >= f.emin - f.p && g.max_finite <= f.max_finite;
}

/* LU in panels, updated by a matrix unit. */
static int panels_support(const px_recipe *r, char *why, size_t n) {
    px_mma unit;
    px_error err;
    if (px_mma_find((px_model)r->model, r->out, r->out, r->acc, &unit, &err) != PX_OK) return refuse(why, n, err.text);
    if (!px_fp_equal(r->out, unit.a) || !px_fp_equal(r->acc, unit.out) || !holds(r->acc, r->out))
        return refuse(why, n, "matrix units in formats that are not their own");
    if (r->block < 1) return refuse(why, n, "LU by a matrix unit without a block");
    if (r->order != PX_SEQUENTIAL || r->promote != 0 || r->rounding != PX_NEAREST_EVEN)
        return refuse(why, n, "LU by a matrix unit in another way than its own");
    return 1;
}

/* A matrix unit knows its formats, one rounding, and chains of blocks. */
static int unit_supports(const px_prog *prog, const px_call *call, char *why, size_t n) {
    const px_recipe *r = &call->recipe;
    px_mma unit;
    px_error err;
    if (call->op == PX_OP_LU) return panels_support(r, why, n);
    if (call->op != PX_OP_GEMM) return refuse(why, n, "model of a matrix unit for other operations than gemm and lu");
    px_fp a = px_algorithm_operand((px_algorithm)r->algorithm, prog->slots[call->in[0].slot].fmt);
    px_fp b = px_algorithm_operand((px_algorithm)r->algorithm, prog->slots[call->in[1].slot].fmt);
    if (px_mma_find((px_model)r->model, a, b, r->acc, &unit, &err) != PX_OK) return refuse(why, n, err.text);
    if (!px_fp_equal(a, unit.a) || !px_fp_equal(b, unit.b) || !px_fp_equal(r->acc, unit.out))
        return refuse(why, n, "matrix units that flush subnormals or saturate");
    if (call->in[2].slot >= 0 && !holds(unit.out, prog->slots[call->in[2].slot].fmt))
        return refuse(why, n, "matrix units with a start value of a wider format");
    if (r->order != PX_SEQUENTIAL && r->order != PX_SPLITK)
        return refuse(why, n, "matrix units in other orders than sequential and splitk");
    if (r->rounding != PX_NEAREST_EVEN) return refuse(why, n, "matrix units with another rounding than their own");
    return r->promote >= 0 && (r->order != PX_SPLITK || r->splits > 0);
}

static bool is_factoring(px_op op) { return op == PX_OP_LU || op == PX_OP_CHOLESKY || op == PX_OP_TRSM; }

static int factoring_supports(const px_recipe *r, char *why, size_t n) {
    if (px_fp_is_exact(r->out)) return refuse(why, n, "factorisation without rounding");
    return r->order == PX_SEQUENTIAL ? 1 : refuse(why, n, "factorisation in another order than sequential");
}

int px_emu_supports(const px_prog *prog, const px_call *call, char *why, size_t n) {
    const px_recipe *r = &call->recipe;
    if (r->algorithm != PX_ALGORITHM_NONE && !px_algorithm_supports(prog, call, why, n)) return 0;
    if (r->model != PX_MODEL_NONE) return unit_supports(prog, call, why, n);
    if (r->promote != 0) return refuse(why, n, "promotion");
    int paths;
    if (px_layer_paths(call->op, &paths)) return px_layer_supports(call, why, n);
    if (!px_emu_paths(call->op, &paths)) return refuse(why, n, px_op_name(call->op));
    if (call->op == PX_OP_ADD || call->op == PX_OP_MUL)
        return px_fp_is_exact(r->out) ? refuse(why, n, "operations without rounding") : 1;
    if (call->op == PX_OP_ROUND) return 1;
    if (px_fp_is_exact(r->acc)) return refuse(why, n, "exact accumulator");
    if (is_factoring(call->op)) return factoring_supports(r, why, n);
    if (r->order == PX_BLOCKED && r->block < 1) return refuse(why, n, "blocked order without a block length");
    if (r->order == PX_SPLITK && r->splits < 1) return refuse(why, n, "splitk order without a number of splits");
    return 1;
}

void px_emu_run(const px_task *task) {
    int n;
    const px_path *paths = px_emu_paths(task->call->op, &n);
    PX_ASSERT(paths);
    int i = 0;
    while (!paths[i].matches(task)) i++;
    paths[i].run(task);
}
