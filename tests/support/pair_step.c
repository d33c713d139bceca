#include "support/pair_step.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/philox.h"
#include "ref/balls.h"
#include "ref/pairs.h"

static double draw(uint64_t key, uint64_t i) { return (double)(int64_t)px_philox(key, 6, i).lo * 0x1p-63; }

void pair_step_make(pair_step *s, px_nn_policy_id id, px_nn_normal norm, int64_t width, int64_t length, int64_t heads) {
    px_nn_model m = {.layers = 1,
                     .batch = 1,
                     .length = length,
                     .width = width,
                     .heads = heads,
                     .loss = PX_NN_LOSS_DOT,
                     .norm = norm,
                     .gelu = PX_GELU_TANH,
                     .mask = -(double)INFINITY,
                     .norm_eps = 1e-5,
                     .constants = {.lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8},
                     .clip = (double)INFINITY,
                     .micro = 1,
                     .ranks = 1};
    px_nn_policy policy = px_nn_policy_of(id);
    s->arena = px_arena_new();
    assert_int_equal(px_nn_build(s->arena, &m, &policy, &s->program, NULL), PX_OK);
    const px_prog *prog = &s->program.prog;
    s->inputs = PX_NEW_ARRAY(s->arena, px_mat, prog->n_slots);
    for (int i = 0; i < prog->n_slots; i++)
        s->inputs[i] = px_mat_new(s->arena, px_fp_exact(), prog->slots[i].rows, prog->slots[i].cols);
    for (int c = 0; c < prog->n_calls; c++)
        for (int k = 0; k < px_op_outputs(prog->calls[c].op); k++)
            if (prog->calls[c].out[k].slot >= 0) s->inputs[prog->calls[c].out[k].slot].data = NULL;
    for (int i = 0; i < prog->n_slots; i++) {
        const px_slot *slot = &prog->slots[i];
        bool parameter = s->program.role[i] == PX_NN_ROLE_PARAMETER, data = s->program.role[i] == PX_NN_ROLE_DATA;
        double centre = parameter && slot->rows == 1 && strstr(slot->name, "weight") ? 1 : 0,
               size = parameter ? 0.04 : 2;
        if (s->program.role[i] == PX_NN_ROLE_SCALAR) centre = 1, size = 0;
        if (!parameter && !data && s->program.role[i] != PX_NN_ROLE_SCALAR) size = 0;
        for (int64_t e = 0; s->inputs[i].data && e < slot->rows * slot->cols; e++)
            px_mat_set(&s->inputs[i], e / slot->cols, e % slot->cols,
                       (double)(float)(centre + size * draw((uint64_t)i, (uint64_t)e)));
    }
}

void *pair_step_run(const pair_step *s, const px_exec *e) {
    void *state;
    assert_int_equal(e->open(e, &state, &s->program.prog, NULL), PX_OK);
    for (int i = 0; i < s->program.prog.n_slots; i++) {
        px_wide v = px_wide_of(s->inputs[i]);
        if (v.hi.data) assert_int_equal(e->put(state, i, &v, NULL), PX_OK);
    }
    for (int i = 0; i < s->program.n_segments; i++)
        if (s->program.segments[i].stage <= PX_NN_STAGE_BACKWARD)
            assert_int_equal(e->run(state, s->program.segments[i].first, s->program.segments[i].count, NULL), PX_OK);
    return state;
}

static bool is_result(const pair_step *s, int slot) {
    px_nn_role role = s->program.role[slot];
    return role == PX_NN_ROLE_ACTIVATION || role == PX_NN_ROLE_STATISTIC || role == PX_NN_ROLE_ACTIVATION_GRADIENT ||
           role == PX_NN_ROLE_PARAMETER_GRADIENT;
}

/* Every value of a slot; the largest one's magnitude and the largest radius. */
static void check_slot(const pair_step *s, int slot, const px_ball *exact, const px_wide *v, double *top,
                       double *widest) {
    mpfr_t d;
    mpfr_init2(d, PX_BALLS_BITS);
    *top = *widest = 0;
    for (int64_t e = 0; e < v->hi.rows * v->hi.cols; e++) {
        int64_t i = e / v->hi.cols, j = e % v->hi.cols;
        double radius = px_mat_get(&v->radius, i, j);
        mpfr_sub_d(d, exact[e].x, px_mat_get(&v->hi, i, j), MPFR_RNDN);
        mpfr_sub_d(d, d, px_mat_get(&v->lo, i, j), MPFR_RNDN);
        if (!(fabs(mpfr_get_d(d, MPFR_RNDA)) <= radius))
            fail_msg("%s[%d] is outside", s->program.prog.slots[slot].name, (int)e);
        *top = fmax(*top, fabs(px_mat_get(&v->hi, i, j)));
        *widest = fmax(*widest, radius);
    }
    mpfr_clear(d);
}

void pair_step_check(const pair_step *s, double most) {
    px_ref_balls balls = px_ref_balls_of(PX_BALLS_BITS);
    void *exact = pair_step_run(s, &balls.exec), *pairs = pair_step_run(s, px_ref_pairs());
    int gradients = 0;
    for (int i = 0; i < s->program.prog.n_slots; i++) {
        if (!is_result(s, i)) continue;
        px_arena *scratch = px_arena_new();
        px_wide v = px_wide_new(scratch, s->program.prog.slots[i].rows, s->program.prog.slots[i].cols);
        double top, widest;
        assert_int_equal(px_ref_pairs()->get(pairs, i, &v, NULL), PX_OK);
        check_slot(s, i, px_ref_balls_slot(exact, i), &v, &top, &widest);
        px_arena_free(scratch);
        if (s->program.role[i] != PX_NN_ROLE_PARAMETER_GRADIENT) continue;
        if (!(widest <= most * top)) fail_msg("%s: radius %g of %g", s->program.prog.slots[i].name, widest, top);
        gradients++;
    }
    assert_int_equal(gradients, 12);
    balls.exec.close(exact);
    px_ref_pairs()->close(pairs);
}
