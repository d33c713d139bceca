#include "selftest/census.h"

#include <math.h>
#include <string.h>

#include "base/philox.h"
#include "base/text.h"

/* A number near what a format keeps x from: x itself, a little more, nothing, something, more than the largest. */
static double near(px_fp f, double x, uint64_t random) {
    double top = px_fp_is_exact(f) ? 0x1p1023 : f.max_finite;
    const double choices[] = {x,        x * (1 + 0x1p-40), 0.0,        -0.0, 0x1p-1074, -x, -top, top * (1 + 0x1p-40),
                              -top * 2, (double)INFINITY,  (double)NAN};
    return choices[random % (sizeof choices / sizeof *choices)];
}

/* Exact numbers beside the tensor's; at times without lo, radius, or both. */
static px_wide numbers_beside(px_arena *arena, const px_mat *x, const px_trial_key *key) {
    px_wide w = px_wide_new(arena, x->rows, x->cols);
    for (int64_t e = 0; e < x->cols; e++) {
        px_bits128 r = px_philox(key->seed, key->number, (uint64_t)e);
        double hi = near(x->fmt, px_mat_get(x, 0, e), r.lo);
        const double lo[] = {0.0, -hi, hi * 0x1p-54, 0x1p-1074},
                     radius[] = {0.0, fabs(hi), fabs(hi) * 0x1p-20, 0x1p-1074};
        px_mat_set(&w.hi, 0, e, hi);
        px_mat_set(&w.lo, 0, e, isfinite(hi) ? lo[r.hi % 4] : 0.0);
        px_mat_set(&w.radius, 0, e, isfinite(hi) ? radius[r.hi / 4 % 4] : 0.0);
    }
    if (key->number % 4 == 1 || key->number % 4 == 2) w.radius.data = NULL;
    if (key->number % 4 == 2 || key->number % 4 == 3) w.lo.data = NULL;
    return w;
}

static void compare(px_tally *t, const px_trial_key *key, const px_mat *x, const char *what, int64_t got,
                    int64_t want) {
    char name[24];
    t->values++;
    t->digest = (t->digest ^ (uint64_t)got) * 0x100000001b3u;
    if (got == want) return;
    t->different++;
    t->by_kind[PX_DIFFERS_MORE]++;
    if (!t->told || t->lines_left <= 0) return;
    t->lines_left--;
    px_text_printf(t->told, "census %s of %s size %lld seed %llu.%llu, %s: got=%lld want=%lld\n", what,
                   px_fp_name(x->fmt, name), (long long)key->size, (unsigned long long)key->seed,
                   (unsigned long long)key->number, px_trial_data_name(key->data), (long long)got, (long long)want);
}

static void compare_all(px_tally *t, const px_trial_key *key, const px_mat *x, const px_census *got,
                        const px_census *want) {
    compare(t, key, x, "entries", got->n, want->n);
#define COMPARE(field, text) compare(t, key, x, #field, got->field, want->field);
    PX_CENSUS_COUNTS(COMPARE)
#undef COMPARE
    compare(t, key, x, "lowest", got->lowest, want->lowest);
    compare(t, key, x, "highest", got->highest, want->highest);
    for (int e = PX_CENSUS_LOWEST; e <= PX_CENSUS_HIGHEST; e++)
        if (px_census_at(got, e) || px_census_at(want, e))
            compare(t, key, x, "exponent", px_census_at(got, e), px_census_at(want, e));
}

/* Both counts in one census, which adds. */
static px_status count_on(const px_exec *exec, void *state, const px_mat *x, const px_wide *exact, px_census *census,
                          px_error *err) {
    px_wide value = px_wide_of(*x);
    *census = (px_census)PX_CENSUS_EMPTY;
    PX_TRY(exec->put(state, 0, &value, err));
    PX_TRY(exec->census(state, 0, NULL, census, err));
    return exec->census(state, 0, exact, census, err);
}

static px_status judge(px_arena *arena, const px_exec *exec, const px_trial_key *key, px_tally *t, px_error *err) {
    px_mat x = px_trial_tensor(arena, key);
    px_wide exact = numbers_beside(arena, &x, key);
    px_slot slot = {.rows = x.rows, .cols = x.cols, .fmt = x.fmt};
    px_prog prog = {.slots = &slot, .n_slots = 1};
    px_census *of = PX_NEW_ARRAY(arena, px_census, 3), *got = &of[0], *again = &of[1], *want = &of[2];
    void *state = NULL;
    PX_TRY(exec->open(exec, &state, &prog, err));
    px_status status = count_on(exec, state, &x, &exact, got, err);
    if (status == PX_OK) status = count_on(exec, state, &x, &exact, again, err);
    exec->close(state);
    PX_TRY(status);
    *want = (px_census)PX_CENSUS_EMPTY;
    px_census_add(want, &x, NULL);
    px_census_add(want, &x, &exact);
    t->cases++;
    t->repeats_differ += memcmp(got, again, sizeof *got) != 0;
    compare_all(t, key, &x, got, want);
    return PX_OK;
}

px_status px_judge_census(const px_exec *exec, const px_trial_key *key, px_tally *tally, px_error *err) {
    px_arena *arena = px_arena_new();
    px_status status = judge(arena, exec, key, tally, err);
    px_arena_free(arena);
    return status;
}
