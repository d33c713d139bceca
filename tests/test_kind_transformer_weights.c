/* Initial weights: each law has the variance that its paper says, kappa_2 what random-matrix theory says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kind/transformer.h"
#include "kind/treatment.h"
#include "support/tunnel.h"

static px_arena *arena;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

enum { C = 16, REPS = 40 };

static px_flight fly(const char *initial) {
    const char *ini =
        px_arena_printf(arena,
                        "[experiment]\nkind = transformer\n[sweep]\nwidth = %d\nlayers = 2\npolicy = fp64\n"
                        "judge = none\ntensors = weights\nrep = 1..%d\ninitial = %s\n",
                        C, REPS, initial);
    return px_fly(arena, ini, PX_ENGINE_AUTO, NULL);
}

/* Of weights [out, in], as the papers have it. */
static double variance(const char *initial, double out, double in, bool ends_branch) {
    if (strcmp(initial, "he") == 0) return 2 / in;
    if (strcmp(initial, "gpt2") == 0) return 0.02 * 0.02 / (ends_branch ? 4 : 1);
    return 2 / (in + out); /* of U(-a, a): a^2/3 */
}

/* The sum of squares of all draws of a tensor: its relative deviation is sqrt(2/count) for normal numbers, less for
 * uniform ones; five of them. */
static void every_law_has_its_variance(void **state) {
    (void)state;
    static const char *const laws[] = {"gpt2", "xavier_uniform", "xavier_normal", "he"};
    static const struct {
        const char *name;
        double out, in;
    } tensors[] = {{"h.0.attn.c_attn.weight", 3 * C, C},
                   {"h.1.attn.c_proj.weight", C, C},
                   {"h.0.mlp.c_fc.weight", 4 * C, C},
                   {"h.1.mlp.c_proj.weight", C, 4 * C}};
    for (size_t l = 0; l < sizeof laws / sizeof *laws; l++) {
        px_flight f = fly(laws[l]);
        for (size_t k = 0; k < sizeof tensors / sizeof *tensors; k++) {
            double count = REPS * tensors[k].out * tensors[k].in, squares = 0;
            for (int64_t i = 0; i < f.n; i++)
                if (strcmp(px_flight_text(&f, i, "tensor"), tensors[k].name) == 0)
                    squares += pow(px_flight_number(&f, i, "norm_2"), 2);
            double v = variance(laws[l], tensors[k].out, tensors[k].in, strstr(tensors[k].name, "c_proj"));
            if (!(fabs(squares / (count * v) - 1) <= 5 * sqrt(2 / count)))
                fail_msg("%s, %s: variance %g, not %g", laws[l], tensors[k].name, squares / count, v);
        }
    }
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: the largest distance of the drawn distribution from the uniform one exceeds 1.95/sqrt(n) with
 * a chance of 1e-3; 3/n more for n being finite. */
static void square_weights_follow_edelman(void **state) {
    (void)state;
    px_flight f = fly("xavier_normal");
    double law[2 * REPS], worst = 0;
    int n = 0;
    for (int64_t i = 0; i < f.n; i++) {
        double p = px_flight_number(&f, i, "kappa_2_law");
        if (!isnan(p)) law[n++] = p;
    }
    assert_int_equal(n, 2 * REPS);
    qsort(law, (size_t)n, sizeof *law, ascending);
    for (int i = 0; i < n; i++) worst = fmax(worst, fmax((i + 1.0) / n - law[i], law[i] - (double)i / n));
    assert_true(worst <= 1.95 / sqrt(n) + 3.0 / n);
    for (int64_t m = 2; m < 1000; m *= 3) /* the theory's median is the law's */
        assert_true(fabs(px_transformer_kappa_law(m, px_transformer_kappa_theory(PX_INITIAL_HE, m, m)) - 0.5) < 1e-14);
    assert_true(px_transformer_kappa_theory(PX_INITIAL_GPT2, 4 * C, C) == 3);
}

/* At finite sizes the extreme eigenvalues lie inside the edges (sqrt m +- sqrt n)^2, in the mean by 1.2065 (sqrt m +- sqrt
 * n) |1/sqrt m +- 1/sqrt n|^(1/3), with 1.268 of that as deviation (Johnstone 2001, the law of Tracy and Widom): kappa_2
 * of 64 x 16 is 2.69 with a deviation of 8 %; four deviations of a median. */
static void rectangular_weights_follow_tracy_and_widom(void **state) {
    (void)state;
    px_flight f = fly("he");
    double kappa[4 * REPS];
    int n = 0;
    for (int64_t i = 0; i < f.n; i++)
        if (strstr(px_flight_text(&f, i, "tensor"), "mlp")) kappa[n++] = px_flight_number(&f, i, "kappa_2");
    assert_int_equal(n, 4 * REPS);
    qsort(kappa, (size_t)n, sizeof *kappa, ascending);
    assert_true(fabs(kappa[n / 2] / 2.69 - 1) <= 4 * 1.25 * 0.08 / sqrt(n));
}

/* Orthonormal rows or columns; the largest of the step's rows stands in the row of the step. */
static void orthogonal_weights_are(void **state) {
    (void)state;
    px_flight f = fly("orthogonal, gpt2");
    double largest = 0;
    int64_t step = -1;
    for (int64_t i = 0; i < f.n; i++) {
        bool orthogonal = strcmp(px_axis_value(f.cells[i], "initial")->text, "orthogonal") == 0;
        double kappa = px_flight_number(&f, i, "kappa_2");
        bool whole = strcmp(px_flight_text(&f, i, "tensor"), "step") == 0;
        if (orthogonal && !whole) assert_true(fabs(kappa - 1) < 1e-13); /* some 10 n u */
        if (orthogonal && !whole) assert_true(fabs(px_flight_number(&f, i, "norm_2") - sqrt(C)) < 1e-7);
        if (whole && step >= 0) assert_true(px_flight_number(&f, step, "kappa_2_max") == largest);
        if (whole) step = i;
        largest = whole ? 0 : fmax(largest, kappa);
    }
}

/* Weights after the update have theirs in the same rows, activations, too, and attention's scores; nothing else has. */
static void who_has_a_condition_number(void **state) {
    (void)state;
    const char *ini =
        "[experiment]\nkind = transformer\n[sweep]\nwidth = 8\npolicy = fp32\njudge = none\ntensors = all\n";
    px_flight f = px_fly(arena, ini, PX_ENGINE_AUTO, NULL);
    int weights = 0, activations = 0;
    for (int64_t i = 0; i < f.n; i++) {
        const char *role = px_flight_text(&f, i, "role"), *tensor = px_flight_text(&f, i, "tensor");
        bool weight = strcmp(role, "new_parameter") == 0 && !strstr(tensor, "bias") && !strstr(tensor, "ln_");
        bool activation = strcmp(role, "activation") == 0;
        double kappa = px_flight_number(&f, i, "kappa_2");
        assert_int_equal(weight || activation, !isnan(kappa));
        assert_true(isnan(kappa) || kappa >= 1);
        weights += weight;
        activations += activation;
    }
    assert_int_equal(weights, 4);
    assert_true(activations > 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
        TEST(every_law_has_its_variance),
        TEST(square_weights_follow_edelman),
        TEST(rectangular_weights_follow_tracy_and_widom),
        TEST(orthogonal_weights_are),
        TEST(who_has_a_condition_number),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
