/* The rough look at a row: every instruction set gives the bits of the portable loops, its ends hold what a careful look
 * finds, and rows that a slack leaves unread do not matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/philox.h"
#include "metric/error.h"
#include "metric/isa/isa.h"

enum { MOST = 150, PARTS = 6 };

static double unit(uint64_t key, uint64_t i) { return (double)(px_philox(11, key, i).lo >> 11) * 0x1p-53; }

/* A row beside its truth: errors of all sizes, some 0; on demand some entries that are not ordinary. */
static void make_row(double part[PARTS][MOST], uint64_t key, bool odd) {
    static const double others[] = {0, -0.0, 0x1p-420, -0x1p500, (double)INFINITY, (double)NAN};
    for (uint64_t j = 0; j < MOST; j++) {
        double x = ldexp(unit(key, 8 * j) - 0.5, (int)(unit(key, 8 * j + 1) * 40)), error = unit(key, 8 * j + 2);
        part[1][j] = x;
        part[2][j] = x * 0x1p-55 * (unit(key, 8 * j + 3) - 0.5);
        part[3][j] = fabs(x) * 0x1p-52 * unit(key, 8 * j + 4);
        part[4][j] = fabs(x) * (1 + 10 * unit(key, 8 * j + 5));
        part[5][j] = part[4][j] * 0x1p-40 * unit(key, 8 * j + 6);
        part[0][j] = error < 0.1 ? x : x * (1 + ldexp(error, -(int)(40 * unit(key, 8 * j + 7))));
        size_t which = (size_t)(px_philox(12, key, j).lo % 60);
        if (odd && which < 18) part[which % 3 == 2 ? 4 : which % 3][j] = others[which / 3];
    }
}

static px_rough rough_of(const px_rough_loops *loops, double part[PARTS][MOST], int64_t n, bool scaled) {
    px_rough r = px_rough_new(n);
    r.loops = loops;
    memcpy(r.computed, part[0], (size_t)n * sizeof(double));
    px_rough_parts p = {.hi = part[1], .lo = part[2], .radius = part[3], .b = scaled ? part[4] : NULL};
    p.b_radius = part[5];
    p.b_relative = 0x1p-17;
    loops->ends(&r, &p);
    return r;
}

static void same(const char *name, const char *what, const double *x, const double *y, int64_t n) {
    if (memcmp(x, y, (size_t)n * sizeof *x) != 0) fail_msg("%s: %s of %d numbers", name, what, (int)n);
}

/* All that the loops of a table say of a row. */
typedef struct said {
    double top[5], ratio[5][MOST];
    px_rough_squares squares;
    double widest;
    int64_t within, below;
} said;

static void ask(const px_rough_loops *l, px_rough *r, said *s) {
    int64_t n = r->cols;
    memset(s, 0, sizeof *s);
    s->top[0] = l->quotients(n, r->error_most, r->exact, s->ratio[0]);
    s->top[1] = l->affine(n, r->error_most, r->b_least, 0.25, 0, s->ratio[1]);
    s->top[2] = l->ulps(n, r->error_most, r->exact, 0x1p-14, 0x1p15, 0x1p10, s->ratio[2]);
    s->top[3] = l->largest(n, r->exact);
    l->squares(r, 0.5, 0x1p-20, &s->squares);
    s->widest = l->scaled(r, 0x1p-15, s->ratio[3]);
    s->within = l->within(n, r->error_least, r->error_most, 0x1p-20, 0x1p-10, &s->below);
}

static void every_instruction_set_gives_the_same_bits(void **state) {
    (void)state;
    int n_loops;
    const px_rough_loops *const *loops = px_rough_loops_usable(&n_loops);
    static double part[PARTS][MOST];
    static said want, got;
    for (int s = 1; s < n_loops; s++)
        for (int64_t n = 0; n <= MOST; n += n < 70 ? 1 : 40)
            for (int kind = 0; kind < 4; kind++) {
                make_row(part, (uint64_t)(4 * n + kind), kind & 1);
                px_rough x = rough_of(loops[0], part, n, kind & 2), y = rough_of(loops[s], part, n, kind & 2);
                const double *const of_x[] = {x.error_least, x.error_most, x.exact, x.b_least, x.b_most, x.ordinary};
                const double *const of_y[] = {y.error_least, y.error_most, y.exact, y.b_least, y.b_most, y.ordinary};
                for (int a = 0; a < 6; a++) same(loops[s]->name, "an end", of_x[a], of_y[a], n);
                assert_int_equal(x.all_ordinary, y.all_ordinary);
                same(loops[s]->name, "extremes", (double[]){x.smallest, x.largest}, (double[]){y.smallest, y.largest},
                     2);
                ask(loops[0], &x, &want);
                ask(loops[s], &y, &got);
                if (memcmp(&want, &got, sizeof got) != 0)
                    fail_msg("%s: ratios, kind %d, %d", loops[s]->name, kind, (int)n);
                px_rough_free(&x);
                px_rough_free(&y);
            }
}

/* Entries one by one: what is ordinary, and the counts. */
static void rows_are_what_they_are_said_to_be(void **state) {
    (void)state;
    static double part[PARTS][MOST];
    static said s;
    int n_loops;
    const px_rough_loops *loops = px_rough_loops_usable(&n_loops)[0];
    int64_t odd = 0, wide = 0;
    for (uint64_t key = 0; key < 20; key++) {
        make_row(part, key, true);
        px_rough r = rough_of(loops, part, MOST, true);
        ask(loops, &r, &s);
        int64_t within = 0, below = 0;
        double widest = -1;
        for (int64_t j = 0; j < MOST; j++) {
            double c = fabs(part[0][j]), x = fabs(part[1][j]), b = part[4][j];
            bool ordinary = c <= 0x1p400 && x >= 0x1p-400 && x <= 0x1p400 && b >= 0x1p-400 && b <= 0x1p400;
            assert_int_equal(r.ordinary[j] == 1, ordinary);
            below += r.error_most[j] < 0x1p-20;
            within += r.error_most[j] >= 0x1p-20 && r.error_least[j] <= 0x1p-10;
            odd += !ordinary;
            if (!ordinary) continue;
            long double error = fabsl((long double)part[0][j] - part[1][j] - part[2][j]);
            assert_true(r.error_least[j] <= error && error <= r.error_most[j]);
            assert_true(r.error_most[j] - r.error_least[j] <=
                        0x1p-40L * error + 4 * part[3][j] + 0x1p-40L * part[3][j]);
            double least = r.error_least[j] / r.b_most[j], most = r.error_most[j] / r.b_least[j];
            assert_true(s.ratio[3][j] >= most);
            if (least < most * (1 - 0x1p-15)) widest = fmax(widest, s.ratio[3][j]);
        }
        assert_int_equal(within, s.within);
        assert_int_equal(below, s.below);
        assert_true(widest == s.widest);
        wide += widest > 0;
        px_rough_free(&r);
    }
    assert_true(odd > 100 && wide > 10);
}

/* The slack of a result with one bad row among good ones, read with and without the tops of its rows, for bounds that
 * are relative, absolute and both. */
static void unread_rows_do_not_matter(void **state) {
    (void)state;
    enum { ROWS = 9, COLS = 33 };
    px_arena *arena = px_arena_new();
    px_mat computed = px_mat_new(arena, px_fp_exact(), ROWS, COLS);
    px_truth t = {.v = px_wide_new(arena, ROWS, COLS), .absab = px_wide_new(arena, ROWS, COLS)};
    for (uint64_t e = 0; e < ROWS * COLS; e++) {
        int64_t i = (int64_t)e / COLS, j = (int64_t)e % COLS;
        double x = 1 + unit(99, 2 * e), size = ldexp(1, (int)(3 * i) - 12);
        px_mat_set(&t.v.hi, i, j, x * size);
        px_mat_set(&t.absab.hi, i, j, 2 * x * size);
        px_mat_set(&computed, i, j, x * size * (1 + 0x1p-20 * unit(99, 2 * e + 1) * (i == 6 ? 3 : 1)));
    }
    px_errors errors;
    double tops[ROWS];
    assert_int_equal(px_errors_measure_rows(&computed, &t, NULL, &errors, tops, NULL), PX_OK);
    const double betas[] = {0, 0x1p-21, 1}, etas[] = {0, 0x1p-10, 0x1p-40};
    for (int b = 0; b < 3; b++)
        for (int a = 0; a < 3; a++) {
            const double beta[] = {betas[b], 0x1p-22}, eta[] = {etas[a], 0};
            double with[2], without[2];
            assert_int_equal(px_errors_slacks(&computed, &t, tops, 2, beta, eta, with, NULL), PX_OK);
            assert_int_equal(px_errors_slacks(&computed, &t, NULL, 2, beta, eta, without, NULL), PX_OK);
            assert_memory_equal(with, without, sizeof with);
        }
    px_mat_set(&computed, 2, 7, (double)INFINITY);
    double slack;
    assert_int_equal(px_errors_measure_rows(&computed, &t, NULL, &errors, tops, NULL), PX_OK);
    assert_int_equal(px_errors_slacks(&computed, &t, tops, 1, &betas[1], &etas[0], &slack, NULL), PX_OK);
    assert_true(isnan(slack));
    px_arena_free(arena);
}

/* A result large enough for several parts, some of its numbers not ordinary: its figures are those of one part. */
static void threads_change_no_figure(void **state) {
    (void)state;
    enum { ROWS = 301, COLS = 150 };
    px_arena *arena = px_arena_new();
    px_mat computed = px_mat_new(arena, px_fp_exact(), ROWS, COLS),
           rounded = px_mat_new(arena, px_fp_exact(), ROWS, COLS);
    px_truth t = {.v = px_wide_new(arena, ROWS, COLS), .absab = px_wide_new(arena, ROWS, COLS)};
    for (uint64_t e = 0; e < ROWS * COLS; e++) {
        int64_t i = (int64_t)e / COLS, j = (int64_t)e % COLS;
        double x = unit(77, 2 * e) - 0.5, c = e % 997 == 5 ? (double)INFINITY : x * (1 + 0x1p-20 * unit(77, 2 * e + 1));
        px_mat_set(&t.v.hi, i, j, e % 1009 == 3 ? 0 : x);
        px_mat_set(&t.absab.hi, i, j, 1 + fabs(x));
        px_mat_set(&computed, i, j, e % 1013 == 7 ? (double)NAN : e % 401 < 2 ? 0 : c);
        px_mat_set(&rounded, i, j, x);
    }
    px_errors errors[2];
    double tops[2][ROWS];
    for (int s = 0; s < 2; s++) {
        memset(&errors[s], 0, sizeof errors[s]);
        px_parallel_set_jobs(s ? 3 : 1);
        assert_int_equal(px_errors_measure_rows(&computed, &t, &rounded, &errors[s], tops[s], NULL), PX_OK);
    }
    px_parallel_set_jobs(0);
    assert_memory_equal(&errors[0], &errors[1], sizeof errors[0]);
    assert_memory_equal(tops[0], tops[1], sizeof tops[0]);
    assert_true(errors[0].n_inf > 0 && errors[0].n_nan > 0 && errors[0].n_ref_zero > 0 && errors[0].n_flushed > 0);
    px_arena_free(arena);
}

/* |E| / B of a third of the entries is so near a tie of 8 digits that a range does not decide: the median is one of
 * them, found among the parts. */
static void a_quantile_near_a_tie_is_searched_by_all_threads(void **state) {
    (void)state;
    enum { ROWS = 301, COLS = 150 };
    const double sizes[] = {0.05, 0.100000005, 0.2};
    px_arena *arena = px_arena_new();
    px_mat computed = px_mat_new(arena, px_fp_exact(), ROWS, COLS);
    px_truth t = {.v = px_wide_new(arena, ROWS, COLS), .absab = px_wide_new(arena, ROWS, COLS)};
    for (int64_t i = 0; i < ROWS; i++)
        for (int64_t j = 0; j < COLS; j++) {
            px_mat_set(&t.absab.hi, i, j, 1);
            px_mat_set(&computed, i, j, sizes[(i + j) % 3]);
        }
    for (int jobs = 1; jobs <= 3; jobs++) {
        px_errors errors;
        px_parallel_set_jobs(jobs);
        assert_int_equal(px_errors_measure(&computed, &t, NULL, &errors, NULL), PX_OK);
        assert_true(errors.err_cw_p50 == px_round_digits(sizes[1]));
        assert_true(errors.err_cw_p99 == 0.2);
    }
    px_parallel_set_jobs(0);
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(rows_are_what_they_are_said_to_be),
        cmocka_unit_test(unread_rows_do_not_matter),
        cmocka_unit_test(threads_change_no_figure),
        cmocka_unit_test(a_quantile_near_a_tie_is_searched_by_all_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
