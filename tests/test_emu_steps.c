/* rnd of op/layer.h by arrays is rnd by single numbers: every operation, formats of all kinds, every number of the
 * formats of 16 bits, ends of arrays, operands that are the result, on every instruction set of this machine. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arith/codec.h"
#include "base/parallel.h"
#include "base/philox.h"
#include "emu/extent.h"
#include "emu/isa/isa.h"
#include "emu/steps.h"
#include "kernel/fn.h"

static double defined(px_rnd_op op, px_fp f, double a, double b) {
    px_rounding r = px_rounding_of(PX_NEAREST_EVEN);
    switch (op) {
    case PX_RND_ADD: return px_add(f, r, a, b, 0);
    case PX_RND_SUBTRACT: return px_sub(f, r, a, b, 0);
    case PX_RND_MULTIPLY: return px_mul(f, r, a, b, 0);
    case PX_RND_DIVIDE: return px_div(f, r, a, b, 0);
    case PX_RND_SQRT: return px_sqrt(f, r, a, 0);
    case PX_RND_EXP: return px_fn_exp(f, r, a);
    case PX_RND_TANH: return px_fn_tanh(f, r, a);
    case PX_RND_ERF: return px_fn_erf(f, r, a);
    }
    return 0;
}

static void compare(const px_steps *h, px_rnd_op op, int64_t n, const double *a, const double *b, int64_t step,
                    const double *y) {
    char name[24];
    for (int64_t i = 0; i < n; i++) {
        double want = defined(op, h->recipe->acc, a[i], b[i * step]);
        if ((isnan(want) && isnan(y[i])) || memcmp(&want, &y[i], sizeof want) == 0) continue;
        fail_msg("%s, operation %d, %s: of %a and %a: %a, but the definition gives %a", h->isa->name, op,
                 px_fp_name(h->recipe->acc, name), a[i], b[i * step], y[i], want);
    }
}

enum { LENGTH = 512 };

/* n numbers by every instruction set: two arrays, an array and a number, in place. */
static void try_numbers(px_fp f, px_rnd_op op, int64_t n, const double *a, const double *b) {
    px_recipe recipe = px_recipe_uniform(f);
    int n_isa;
    const px_isa *const *isas = px_isa_usable(&n_isa);
    for (int k = 0; k < n_isa; k++) {
        px_steps h;
        double y[LENGTH];
        px_isa_use(isas[k]);
        assert_true(px_steps_make(&recipe, &h));
        px_steps_each(&h, op, n, a, b, y);
        compare(&h, op, n, a, b, 1, y);
        px_steps_by(&h, op, n, a, b[0], y);
        compare(&h, op, n, a, b, 0, y);
        memcpy(y, a, (size_t)n * sizeof *y);
        px_steps_each(&h, op, n, y, b, y);
        compare(&h, op, n, a, b, 1, y);
    }
}

static px_fp format(const char *name) {
    px_fp f;
    assert_int_equal(px_fp_parse(name, &f, NULL), PX_OK);
    return f;
}

static const px_rnd_op all_ops[] = {PX_RND_ADD,  PX_RND_SUBTRACT, PX_RND_MULTIPLY, PX_RND_DIVIDE,
                                    PX_RND_SQRT, PX_RND_EXP,      PX_RND_TANH,     PX_RND_ERF};

/* Each number of a format of 16 bits, with another at random. */
static void formats_of_16_bits(void **state) {
    (void)state;
    const char *const names[] = {"fp16", "bf16"};
    for (int k = 0; k < 2; k++)
        for (uint64_t word = 0; word < 1 << 16; word += LENGTH) {
            px_fp f = format(names[k]);
            double a[LENGTH], b[LENGTH];
            for (uint64_t i = 0; i < LENGTH; i++) {
                a[i] = px_decode(f, word + i);
                b[i] = px_decode(f, px_philox((uint64_t)k, 1, word + i).lo & 0xffff);
            }
            for (size_t o = 0; o < sizeof all_ops / sizeof *all_ops; o++) try_numbers(f, all_ops[o], LENGTH, a, b);
        }
}

static uint64_t counter;
static uint64_t draw(void) { return px_philox(2, 0, counter++).lo; }

static double number_of(px_fp f) {
    double x = px_decode(f, draw() & (((uint64_t)2 << (f.width - 1)) - 1)), mild = (double)(int64_t)draw() * 0x1p-61;
    return px_round(f, px_rounding_of(PX_NEAREST_EVEN), draw() % 2 ? x : mild, 0);
}

static void other_formats(void **state) {
    (void)state;
    const char *const names[] = {"fp32", "tf32", "fp8_e4m3", "fp8_e5m2", "ieee_e8m12", "ieee_e3m2", "fp16"};
    for (int rep = 0; rep < 3000; rep++) {
        px_fp f = format(names[rep % 7]);
        if (rep % 3 == 1) f.subnormals = 0;
        if (rep % 5 == 1) f.overflow = PX_OVERFLOW_SATURATE;
        double a[LENGTH], b[LENGTH];
        int64_t n = 1 + (int64_t)(draw() % 40);
        for (int64_t i = 0; i < n; i++) a[i] = number_of(f), b[i] = number_of(f);
        try_numbers(f, all_ops[(size_t)rep % (sizeof all_ops / sizeof *all_ops)], n, a, b);
    }
}

/* The least and the largest number of a large operand, wherever it stands, by one thread and by several. */
static void extents_are_of_all_numbers(void **state) {
    (void)state;
    enum { N = 200 };
    static float x[N * N];
    for (int jobs = 1; jobs <= 4; jobs += 3)
        for (int place = 0; place < N * N; place += N * N / 7) {
            for (int i = 0; i < N * N; i++) x[i] = 1.5F;
            x[place] = 0x1p-3F, x[N * N - 1 - place] = -0x1p5F;
            px_parallel_set_jobs(jobs);
            for (int turned = 0; turned < 2; turned++) {
                px_view v = {.data = x, .fmt = format("fp32"), .rows = N, .cols = N, .rs = N, .cs = 1};
                if (turned) v.rs = 1, v.cs = N;
                px_extent e = px_extent_of_view(&v);
                assert_int_equal(e.least, -3);
                assert_int_equal(e.emax, 5);
            }
        }
    px_parallel_set_jobs(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(formats_of_16_bits), cmocka_unit_test(other_formats),
                                       cmocka_unit_test(extents_are_of_all_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
