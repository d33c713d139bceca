/* What judges a training step beside what is judged: forward and backward of one block of GPT-2 small in pairs
 * (double-double with radii) against the emulated fp32 step, and of a small block against balls (MPFR). Norms of the
 * weights are found before, once a set of weights. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/registry.h"
#include "base/philox.h"
#include "bench/bench.h"
#include "nn/nn.h"
#include "ref/balls.h"
#include "ref/pairs.h"

typedef struct judge {
    px_arena *arena;
    px_nn_program program;
    px_ref_balls balls;
    const px_exec *exec[2]; /* ours, the peer */
    void *state[2];
} judge;

static void check(px_status status, const px_error *err) {
    if (status == PX_OK) return;
    fprintf(stderr, "precx-bench: %s\n", err->text);
    exit(4);
}

static void pass(judge *j, int who) {
    px_error err;
    for (int32_t i = 0; i < j->program.n_segments; i++) {
        const px_nn_segment *g = &j->program.segments[i];
        if (g->stage <= PX_NN_STAGE_BACKWARD) check(j->exec[who]->run(j->state[who], g->first, g->count, &err), &err);
    }
}

static void ours(void *context) { pass(context, 0); }
static void peer(void *context) { pass(context, 1); }

static bool is_written(const px_prog *prog, int32_t slot) {
    for (int32_t c = 0; c < prog->n_calls; c++)
        for (int k = 0; k < px_op_outputs(prog->calls[c].op); k++)
            if (prog->calls[c].out[k].slot == slot) return true;
    return false;
}

/* Weights of about 0.02, gains 1, data of about 1, all with few bits. */
static void fill(judge *j) {
    const px_prog *prog = &j->program.prog;
    px_error err;
    for (int32_t s = 0; s < prog->n_slots; s++) {
        if (is_written(prog, s)) continue;
        px_nn_role role = j->program.role[s];
        px_wide v = px_wide_of(px_mat_new(j->arena, px_fp_exact(), prog->slots[s].rows, prog->slots[s].cols));
        bool weight = role == PX_NN_ROLE_PARAMETER && v.hi.rows > 1;
        for (int64_t e = 0; e < v.hi.rows * v.hi.cols; e++) {
            double x =
                (double)((int64_t)px_philox(3, (uint64_t)s, (uint64_t)e).lo >> 53) * (weight ? 0x1p-15 : 0x1p-10);
            bool one = role == PX_NN_ROLE_SCALAR || (role == PX_NN_ROLE_PARAMETER && !weight);
            px_mat_set(&v.hi, e / v.hi.cols, e % v.hi.cols, one ? 1 : role == PX_NN_ROLE_STATE ? 0 : x);
        }
        for (int who = 0; who < 2; who++) check(j->exec[who]->put(j->state[who], s, &v, &err), &err);
    }
}

static judge *new_judge(int64_t width, int64_t length, int64_t batch, int64_t heads, bool mpfr) {
    px_arena *arena = px_arena_new();
    judge *j = PX_NEW(arena, judge);
    px_error err;
    px_nn_model model = {.layers = 1,
                         .batch = batch,
                         .length = length,
                         .width = width,
                         .heads = heads,
                         .loss = PX_NN_LOSS_DOT,
                         .gelu = PX_GELU_TANH,
                         .mask = -(double)INFINITY,
                         .norm_eps = 1e-5,
                         .constants = {.lr = 0.001},
                         .clip = (double)INFINITY,
                         .micro = 1,
                         .ranks = 1};
    px_nn_policy policy = px_nn_policy_of(PX_NN_POLICY_FP32);
    policy.fused = true;
    j->arena = arena;
    check(px_nn_build(arena, &model, &policy, &j->program, &err), &err);
    j->balls = px_ref_balls_of(PX_BALLS_BITS);
    j->exec[0] = px_ref_pairs();
    j->exec[1] = mpfr ? &j->balls.exec : px_backend_emulated();
    for (int who = 0; who < 2; who++)
        check(j->exec[who]->open(j->exec[who], &j->state[who], &j->program.prog, &err), &err);
    fill(j);
    pass(j, 0); /* the norms of the weights */
    return j;
}

/* Three fused operations a term, on most of the way: of hi twice, and one lo part or two in binary32. */
static double most_of(bench_pipes pipes) { return 2 * pipes.lanes / 2 * pipes.rate / (pipes.separate ? 3 : 5); }

void bench_judges(const bench_options *o, const px_isa *isa, bench_pipes pipes, bench_run *run, void *state) {
    static const struct {
        const char *name, *peer_name;
        int64_t width, length, batch, heads;
        bool mpfr;
        double goal;
    } cases[] = {{"judge/pairs_b1", "fp32 step", 768, 64, 1, 12, false, 1.0 / 7},
                 {"judge/pairs_b4", "fp32 step", 768, 64, 4, 12, false, 1.0 / 8},
                 {"judge/pairs_mpfr", "balls", 64, 32, 1, 4, true, 0},
                 {"slow/pairs_mpfr", "balls", 768, 64, 1, 12, true, 800}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool slow = strncmp(cases[i].name, "slow/", 5) == 0; /* minutes, and 4 GiB: only if asked for */
        if (!bench_wants(o, cases[i].name) || (slow && !o->filter)) continue;
        judge *j = new_judge(cases[i].width, cases[i].length, cases[i].batch, cases[i].heads, cases[i].mpfr);
        double tokens = (double)(cases[i].batch * cases[i].length), c = (double)cases[i].width;
        bench_case row = {.name = cases[i].name,
                          .peer_name = cases[i].peer_name,
                          .unit = "Gflop/s",
                          .work = 3 * tokens * (24 * c * c + 4 * (double)cases[i].length * c),
                          .context = j,
                          .ours = ours,
                          .peer = peer,
                          .goal = isa->fuses ? cases[i].goal : 0,
                          .most = cases[i].mpfr ? most_of(pipes) * o->threads : 0};
        run(&row, state);
        for (int who = 0; who < 2; who++) j->exec[who]->close(j->state[who]);
        px_arena_free(j->arena);
    }
}
