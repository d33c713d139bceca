#include "emu/emu.h"

#include <stdio.h>

#include "emu/definition.h"
#include "emu/gemm.h"
#include "emu/sum.h"

static bool always(const px_task *task) {
    (void)task;
    return true;
}

static const px_path add_paths[] = {{"definition", always, px_define_add}};
static const px_path mul_paths[] = {{"definition", always, px_define_mul}};
static const px_path round_paths[] = {{"definition", always, px_define_round}};
static const px_path sum_paths[] = {
    {"rows in binary32", px_sum_in_binary32, px_sum_run_binary32},
    {"rows in binary64", px_sum_in_binary64, px_sum_run_binary64},
    {"definition", always, px_define_sum},
};
static const px_path gemm_paths[] = {
    {"rows in binary32", px_gemm_in_binary32, px_gemm_run_binary32},
    {"rows in binary64", px_gemm_in_binary64, px_gemm_run_binary64},
    {"definition", always, px_define_gemm},
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
#undef PX_PATHS
    case PX_OP_COUNT: break;
    }
    return NULL;
}

static int refuse(char *why, size_t n, const char *text) {
    if (n > 0) snprintf(why, n, "%s", text);
    return 0;
}

int px_emu_supports(const px_call *call, char *why, size_t n) {
    const px_recipe *r = &call->recipe;
    if (r->model != 0) return refuse(why, n, "models of matrix units");
    if (r->promote != 0) return refuse(why, n, "promotion");
    if (call->op == PX_OP_ADD || call->op == PX_OP_MUL)
        return px_fp_is_exact(r->out) ? refuse(why, n, "operations without rounding") : 1;
    if (call->op == PX_OP_ROUND) return 1;
    if (px_fp_is_exact(r->acc)) return refuse(why, n, "exact accumulator");
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
