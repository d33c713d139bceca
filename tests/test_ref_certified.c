/* The certified product: its nearest doubles are those of exact sums, its radii hold, on every instruction set and on
 * data that are made for it to fail; and each term of its radii is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <mpfr.h>
#include <stdlib.h>
#include <string.h>

#include "arith/round.h"
#include "base/parallel.h"
#include "base/philox.h"
#include "ref/certified.h"
#include "ref/isa/isa.h"
#include "ref/truth.h"
#include "support/format.h"

static uint64_t bits_of(double x) {
    uint64_t w;
    memcpy(&w, &x, sizeof w);
    return w;
}

/* ---- Against exact sums ---- */

/* Data: whole numbers; about normal; wide exponents; rows and columns of wide apart scales; sums that cancel; a few
 * infinities and NaNs; zeros of both signs; any bit pattern; no negative ones. */
typedef enum look { WHOLE, NORMAL, WIDE, SCALED, CANCELLING, SPECIAL, ZEROS, ANY, POSITIVE, LOOKS } look;

static double normal(px_bits128 r) {
    double u = (double)(uint32_t)r.lo + (double)(r.lo >> 32) + (double)(uint32_t)r.hi + (double)(r.hi >> 32);
    return (u * 0x1p-32 - 2) * 1.7320508075688772 * (1 + (double)(r.lo % 8191) * 0x1p-50);
}

static double draw(look kind, uint64_t key, int64_t i, int64_t j, bool first) {
    px_bits128 r = px_philox(key, (uint64_t)i, (uint64_t)j);
    int64_t line = first ? i : j, term = first ? j : i;
    double x;
    switch (kind) {
    case WHOLE: return (double)(r.lo % 17) - 8;
    case NORMAL: return normal(r);
    case WIDE: return ldexp(normal(r), (int)(r.lo >> 40) % 60);
    case SCALED: return ldexp(normal(r), (int)(line % 7 - 3) * 95); /* up to 2^285, and its products beyond what fits */
    case CANCELLING:
        if (term % 2 == 0) return normal(r);
        x = normal(first ? px_philox(key, (uint64_t)i, (uint64_t)j - 1) : px_philox(key, (uint64_t)i - 1, (uint64_t)j));
        return first ? -x : r.lo % 4 ? x : x * (1 + 0x1p-45);
    case SPECIAL: return r.lo % 97 == 0 ? (double)INFINITY : r.lo % 101 == 0 ? (double)NAN : normal(r);
    case ZEROS: return r.lo % 3 == 0 ? normal(r) : r.lo % 3 == 1 ? 0.0 : -0.0;
    case ANY: memcpy(&x, &r.lo, sizeof x); return isfinite(x) ? x : 1.5;
    case POSITIVE: return fabs(normal(r));
    case LOOKS: break;
    }
    fail_msg("a look");
    return 0;
}

static px_mat matrix(px_arena *arena, look kind, uint64_t key, int64_t rows, int64_t cols, bool first, px_fp fmt) {
    px_mat m = px_mat_new(arena, fmt, rows, cols);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) {
            double x = draw(kind, key + !first, i, j, first);
            px_mat_set(&m, i, j, px_round(fmt, px_rounding_of(PX_NEAREST_EVEN), x, 0));
        }
    return m;
}

static double radius_of(const px_wide *w, int64_t i, int64_t j) {
    double own = w->radius.data ? px_mat_get(&w->radius, i, j) : 0;
    return own + w->relative * fabs(px_mat_get(&w->hi, i, j));
}

static double part(const px_mat *m, int64_t i, int64_t j) { return m->data ? px_mat_get(m, i, j) : 0; }

/* Is |exact - (hi + lo)| <= radius? */
static bool encloses(const px_wide *w, int64_t i, int64_t j, const px_expansion *e) {
    mpfr_t x;
    mpfr_init2(x, 8192);
    mpfr_set_zero(x, 1);
    for (int p = 0; p < PX_PARTS; p++) mpfr_add_d(x, x, e->part[p], MPFR_RNDN);
    mpfr_mul_2si(x, x, e->exponent, MPFR_RNDN);
    mpfr_sub_d(x, x, part(&w->hi, i, j), MPFR_RNDN);
    mpfr_sub_d(x, x, part(&w->lo, i, j), MPFR_RNDN);
    mpfr_abs(x, x, MPFR_RNDN);
    bool good = mpfr_cmp_d(x, radius_of(w, i, j)) <= 0 && ldexp(e->radius, e->exponent) <= radius_of(w, i, j);
    mpfr_clear(x);
    return good;
}

static int64_t check(look kind, px_fp fmt, int64_t m, int64_t n, int64_t k, double sign) {
    px_arena *arena = px_arena_new();
    uint64_t key = (uint64_t)(1000 * kind + 7 * m + n) + (uint64_t)k;
    px_mat in[2] = {matrix(arena, kind, key, m, k, true, fmt), matrix(arena, kind, key, k, n, false, fmt)};
    px_call call = {.op = PX_OP_GEMM, .attr = {sign}};
    px_truth exact, certified;
    assert_int_equal(px_ref_truth(arena, &call, in, 2, &exact, NULL), PX_OK);
    assert_true(px_ref_can_certify(&call, in, 2));
    px_ref_certify(arena, &call, in, true, &certified);
    int64_t proven = 0;
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double got = px_mat_get(&certified.v.hi, i, j), want = px_mat_get(&exact.v.hi, i, j);
            const char *name = px_ref_isa_chosen()->name;
            if (bits_of(got) != bits_of(want) && !(isnan(got) && isnan(want)))
                fail_msg("%s, look %d, %dx%dx%d, (%d, %d): %a, not %a", name, kind, (int)m, (int)n, (int)k, (int)i,
                         (int)j, got, want);
            if (!isfinite(want)) continue;
            px_expansion value, absab, sharp, sharp_absab;
            assert_int_equal(exact.sharpen(exact.context, i, j, &value, &absab, NULL), PX_OK);
            assert_int_equal(certified.sharpen(certified.context, i, j, &sharp, &sharp_absab, NULL), PX_OK);
            assert_memory_equal(&sharp, &value, sizeof value);
            assert_memory_equal(&sharp_absab, &absab, sizeof absab);
            if (!encloses(&certified.v, i, j, &value))
                fail_msg("%s, look %d, (%d, %d): outside its radius %a", name, kind, (int)i, (int)j,
                         radius_of(&certified.v, i, j));
            if (isfinite(absab.part[0]) && !encloses(&certified.absab, i, j, &absab))
                fail_msg("%s, look %d, (%d, %d): |A||B| outside its radius", name, kind, (int)i, (int)j);
            proven += radius_of(&certified.v, i, j) == 0;
        }
    px_arena_free(arena);
    return proven;
}

static void nearest_doubles_are_exact_and_radii_hold(void **state) {
    (void)state;
    int n_isa;
    const px_ref_isa *const *isa = px_ref_isa_usable(&n_isa);
    static const int64_t shapes[][3] = {{1, 1, 1}, {3, 5, 2}, {7, 33, 31}, {13, 17, 32}, {6, 16, 65}, {9, 40, 300}};
    const px_fp formats[] = {px_fp_exact(), format("fp32"), format("fp16"), format("bf16"), format("fp8_e5m2")};
    for (int s = 0; s < n_isa; s++) {
        px_ref_isa_use(isa[s]);
        for (int kind = 0; kind < LOOKS; kind++)
            for (size_t t = 0; t < sizeof shapes / sizeof *shapes; t++) {
                const int64_t *shape = shapes[t];
                for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
                    check((look)kind, formats[f], shape[0], shape[1], shape[2], t % 2 ? -1 : 1);
            }
    }
}

/* Few bits are proven exact: whole numbers by plain sums, fp16 and bf16 by plain sums and rests, binary32 by residues. */
static void exactness_is_noticed(void **state) {
    (void)state;
    int n_isa;
    const px_ref_isa *const *isa = px_ref_isa_usable(&n_isa);
    for (int s = 0; s < n_isa; s++) {
        px_ref_isa_use(isa[s]);
        assert_int_equal(check(WHOLE, format("fp8_e4m3"), 9, 11, 100, 1), 9 * 11);
        assert_int_equal(check(NORMAL, format("fp16"), 30, 11, 300, 1), 30 * 11);
        assert_int_equal(check(NORMAL, format("bf16"), 30, 11, 300, -1), 30 * 11);
        assert_int_equal(check(NORMAL, format("fp32"), 9, 11, 100, 1), 9 * 11);
        assert_true(check(NORMAL, px_fp_exact(), 9, 11, 100, 1) < 9 * 11 / 2);
    }
}

/* ---- Each term of the radius ---- */

typedef struct terms {
    int64_t n;
    double *a, *b;
} terms;

static uint64_t counter;

static double factor(double size) { return size * (0.5 + ldexp((double)(px_philox(5, 0, counter++).lo >> 11), -54)); }

/* The residue of a b added to the anchored sum S, as the kernels have it. */
static double residue(double s, double a, double b) { return fma(a, b, -(fma(a, b, s) - s)); }

/* x + y minus its rounding. */
static double loss(double x, double y) {
    double s = x + y, z = s - x;
    return (x - (s - z)) + (y - z);
}

/* n terms whose residues are large, and whose sums lose as much as possible in one direction: in each addition to c, or
 * in the last of each block so that the sum of the blocks does. */
static terms steered(int64_t n, bool in_blocks) {
    terms t = {.n = n, .a = calloc((size_t)n, sizeof(double)), .b = calloc((size_t)n, sizeof(double))};
    assert_true(t.a && t.b);
    double s = 3, c = 0, rest = 0, size = sqrt(0.99 / (double)n);
    for (int64_t i = 0; i < n; i++) {
        bool last = i % PX_REF_BLOCK == PX_REF_BLOCK - 1, steers = in_blocks || last;
        double best = -1;
        for (int tries = 0; tries < (steers ? 80 : 4) || best < 0; tries++) {
            double a = factor(size), b = factor(size), r = residue(s, a, b);
            if (r < 0.6 * 0x1p-52) continue;
            double lost = in_blocks ? loss(c, r) : last ? loss(rest, c + r) : 0;
            if (best >= 0 && lost <= best) continue;
            best = lost > 0 ? lost : 0;
            t.a[i] = a;
            t.b[i] = b;
        }
        c += residue(s, t.a[i], t.b[i]);
        s = fma(t.a[i], t.b[i], s);
        if (!last) continue;
        rest += c;
        c = 0;
    }
    return t;
}

/* |hi + lo - sum a b| of the kernel. */
static double error_of(const px_ref_isa *isa, const terms *t) {
    int64_t rows = isa->rows, width = isa->width;
    double *a = calloc((size_t)(t->n * rows), sizeof *a), *b = calloc((size_t)(t->n * width), sizeof *b);
    double *hi = calloc((size_t)(4 * rows * width), sizeof *hi);
    assert_true(a && b && hi);
    for (int64_t i = 0; i < t->n; i++) a[i * rows] = t->a[i], b[i * width] = t->b[i];
    px_ref_tile tile = {.n = t->n, .a = a, .b = b, .hi = hi, .lo = hi + 2 * rows * width};
    isa->anchored(&tile);
    mpfr_t x, y;
    mpfr_inits2(400, x, y, (mpfr_ptr)NULL);
    mpfr_set_d(x, -tile.hi[0], MPFR_RNDN);
    mpfr_sub_d(x, x, tile.lo[0], MPFR_RNDN);
    for (int64_t i = 0; i < t->n; i++) {
        mpfr_set_d(y, t->a[i], MPFR_RNDN);
        mpfr_mul_d(y, y, t->b[i], MPFR_RNDN);
        mpfr_add(x, x, y, MPFR_RNDN);
    }
    double error = fabs(mpfr_get_d(x, MPFR_RNDN));
    mpfr_clears(x, y, (mpfr_ptr)NULL);
    free(hi);
    free(b);
    free(a);
    return error;
}

/* One term whose residue is rounded. */
static terms rounded_product(const px_ref_isa *isa) {
    for (int tries = 0; tries < 1000; tries++) {
        terms t = steered(1, true);
        if (error_of(isa, &t) > 0) return t;
        free(t.a);
        free(t.b);
    }
    fail_msg("%s rounds no residue", isa->name);
    return (terms){0};
}

static double radius(int64_t n, bool products, bool residues, bool blocks) {
    px_ref_radius r = px_ref_radius_of(n);
    return products * r.products + residues * r.residues + blocks * r.blocks;
}

/* Planted defects: a radius that lacks one of its terms does not hold. */
static void every_term_of_the_radius_is_needed(void **state) {
    (void)state;
    int n_isa;
    const px_ref_isa *const *isa = px_ref_isa_usable(&n_isa);
    terms block = steered(PX_REF_BLOCK, true), blocks = steered(1024 * PX_REF_BLOCK, false);
    for (int s = 0; s < n_isa; s++) {
        terms one = rounded_product(isa[s]);
        const terms *all[] = {&one, &block, &blocks};
        double error[3];
        for (int t = 0; t < 3; t++) {
            error[t] = error_of(isa[s], all[t]);
            if (!(error[t] <= radius(all[t]->n, true, true, true)))
                fail_msg("%s: %d terms, error %a", isa[s]->name, (int)all[t]->n, error[t]);
        }
        assert_true(error[0] > radius(one.n, false, true, true));
        assert_true(error[1] > radius(block.n, true, false, true));
        assert_true(error[2] > radius(blocks.n, true, true, false));
        free(one.a);
        free(one.b);
    }
    free(block.a);
    free(block.b);
    free(blocks.a);
    free(blocks.b);
}

/* Sum of magnitudes of n terms by the kernel, the numbers rounded first: the first is -a b, the others are c d. */
static double magnitudes(const px_ref_isa *isa, int64_t n, double a, double b, double c, double d) {
    int64_t rows = isa->rows, width = isa->width;
    double *x = calloc((size_t)(2 * n * rows), sizeof *x), *y = calloc((size_t)(2 * n * width), sizeof *y);
    float *sizes = calloc((size_t)(2 * n * (rows + width)), sizeof *sizes);
    double *sum = calloc((size_t)(4 * rows * width), sizeof *sum), one[PX_REF_MAX_WIDTH];
    assert_true(x && y && sizes && sum);
    for (int i = 0; i < PX_REF_MAX_WIDTH; i++) one[i] = 1;
    for (int64_t t = 0; t < n; t++) x[t * rows] = t ? c : -a, y[t * width] = t ? d : b;
    isa->scale(x, sizes, n, true, one);
    isa->scale(y, sizes + 2 * n * rows, n, false, one);
    isa->sizes(&(px_ref_sizes){.n = n, .a = sizes, .b = sizes + 2 * n * rows, .sum = sum});
    double result = sum[0];
    free(sum);
    free(sizes);
    free(y);
    free(x);
    return result;
}

/* Half an ulp of binary32 is lost in each number, in their product and in the sum of a block; nothing beyond a block. */
static void the_radius_of_magnitudes_is_needed(void **state) {
    (void)state;
    int n_isa;
    const px_ref_isa *const *isa = px_ref_isa_usable(&n_isa);
    const double v = 0x1p-24, most = 0.5 + v / 2 * (1 - 0x1p-10); /* rounded down to 1/2 */
    for (int s = 0; s < n_isa; s++) {
        double sum = magnitudes(isa[s], 1, most, most, 0, 0), exact = most * most;
        assert_true(sum == 0.25);
        assert_true(exact - sum <= px_ref_radius_of_magnitudes(1) * sum && exact - sum > 1.9 * v * sum);
        /* 1/4 and n - 1 terms that are lost beside it, each a little below half its ulp */
        const int64_t n = PX_REF_SIZES_BLOCK;
        double small = 0x1p-26 - 0x1p-49, error = (double)(n - 1) * small;
        sum = magnitudes(isa[s], n, 0.5, 0.5, small, 1);
        assert_true(sum == 0.25); /* its ulp is 2^-25 */
        assert_true(error <= px_ref_radius_of_magnitudes(n) * sum);
        assert_true(error > (double)(n - 2) * v * sum);
        sum = magnitudes(isa[s], 10 * n, 0.5, 0.5, small, 1); /* of the other blocks, all is kept */
        error = fabs((double)(10 * n - 1) * small + 0.25 - sum);
        assert_true(error <= px_ref_radius_of_magnitudes(10 * n) * sum && error <= (double)n * small);
    }
}

/* Neither the number of threads nor the way of packing changes anything. */
static void threads_change_nothing(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_mat in[2] = {matrix(arena, WIDE, 1, 50, 70, true, px_fp_exact()),
                    matrix(arena, WIDE, 1, 70, 90, false, px_fp_exact())};
    px_call call = {.op = PX_OP_GEMM, .attr = {1}};
    px_truth t[2];
    for (int s = 0; s < 2; s++) {
        px_parallel_set_jobs(s ? 3 : 1);
        px_ref_certify(arena, &call, in, true, &t[s]);
    }
    px_parallel_set_jobs(0);
    size_t bytes = 50 * 90 * sizeof(double);
    assert_memory_equal(t[0].v.hi.data, t[1].v.hi.data, bytes);
    assert_memory_equal(t[0].v.lo.data, t[1].v.lo.data, bytes);
    assert_memory_equal(t[0].v.radius.data, t[1].v.radius.data, bytes);
    assert_memory_equal(t[0].absab.hi.data, t[1].absab.hi.data, bytes);
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_doubles_are_exact_and_radii_hold),
        cmocka_unit_test(exactness_is_noticed),
        cmocka_unit_test(every_term_of_the_radius_is_needed),
        cmocka_unit_test(the_radius_of_magnitudes_is_needed),
        cmocka_unit_test(threads_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
