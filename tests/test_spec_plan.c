/* The plan: order, ties, profiles, --set, what is dropped and why, names of cells, and the hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/plot.h"
#include "support/fake_kind.h"

static fake_load *load_set(const char *text, int n_set, const char *const *set, const char *profile) {
    fake_load *l = fake_load_text("plan", text, &(px_overrides){.set = set, .n_set = n_set, .profile = profile});
    if (l->status != PX_OK) fail_msg("%s", px_text_str(&l->report));
    return l;
}

static fake_load *load(const char *text) { return load_set(text, 0, NULL, NULL); }

static void expect_ids(fake_load *l, const char *ids) {
    assert_string_equal(fake_ids(l), ids);
    fake_load_free(l);
}

#define GEMM "[experiment]\nkind = gemm\n"

/* The kind's order, whatever the file's, and the last axis fastest. */
static void cells_are_in_the_kinds_order(void **state) {
    (void)state;
    expect_ids(load(GEMM "[sweep]\nn = 1, 2\nformat = fp16, fp32\n"), "fp16/1 fp16/2 fp32/1 fp32/2");
    expect_ids(load(GEMM "[sweep]\nrep = 1..2\norder = kahan,\n  pairwise # why not\n"),
               "kahan/1 kahan/2 pairwise/1 pairwise/2");
    expect_ids(load(GEMM "[sweep]\nformat = fp32,\n# a comment, a blank line\n\n   fp16\n"), "fp32 fp16");
    expect_ids(load(GEMM), "all");
    expect_ids(load(GEMM "[sweep]\nformat = ieee_e5m10, ieee_e5m3\n"), "fp16 ieee_e5m3");
}

static void tied_axes_move_together(void **state) {
    (void)state;
    expect_ids(load(GEMM "[sweep]\nn/format = 1/fp16, 2/fp32\norder = kahan, pairwise\n"),
               "fp16/kahan/1 fp16/pairwise/1 fp32/kahan/2 fp32/pairwise/2");
    expect_ids(load(GEMM "[sweep]\nformat/product/accum = fp16/exact/same, fp16/same/fp32\n"),
               "fp16/exact/same fp16/same/fp32");
}

static void profiles_and_set_replace_values(void **state) {
    (void)state;
    static const char text[] = GEMM "[sweep]\nn = 1..4\nformat = fp16, bf16\norder = kahan\n"
                                    "[profile.ci]\nn = 7\nrep = 3\n[profile.tied]\nformat/n = fp16/1, fp32/2\n";
    fake_load *l = load_set(text, 0, NULL, "ci");
    assert_string_equal(l->experiment.profile, "ci");
    expect_ids(l, "fp16/kahan/7/3 bf16/kahan/7/3");
    expect_ids(load_set(text, 0, NULL, "tied"), "fp16/kahan/1 fp32/kahan/2");
    static const char *const set[] = {"n=16..64*2", "sweep.format=fp32", "experiment.seed=9",
                                      "reference.engine = mpfr"};
    l = load_set(text, 4, set, "ci");
    assert_int_equal(l->experiment.seed, 9);
    assert_int_equal(l->experiment.engine, PX_ENGINE_MPFR);
    expect_ids(l, "fp32/kahan/16/3 fp32/kahan/32/3 fp32/kahan/64/3");
    static const char *const only[] = {"experiment.only=n == 2", "experiment.exclude=format == bf16"};
    l = load_set(text, 2, only, NULL);
    assert_int_equal(l->plan.n_dropped, 2);
    assert_string_equal(l->plan.dropped[0].reason, "only (--set)");
    expect_ids(l, "fp16/kahan/2");
}

static void what_is_dropped_is_counted(void **state) {
    (void)state;
    fake_load *l = load("[experiment]\nkind = gemm\nonly = n >= 2\nexclude = format == fp64 and n == 3\n"
                        "[sweep]\nformat = fp64, fp32, fp16, bf16\nbackend = emulated, openblas\nn = 1..3\n");
    assert_int_equal(l->plan.n_combinations, 24);
    assert_int_equal(l->plan.n_dropped, 4);
    static const struct {
        const char *reason;
        int count;
    } want[] = {
        {"only (line 3)", 8}, {"exclude (line 4)", 2}, {"openblas has no fp16", 2}, {"openblas has no bf16", 2}};
    for (int i = 0; i < 4; i++) {
        assert_string_equal(l->plan.dropped[i].reason, want[i].reason);
        assert_int_equal(l->plan.dropped[i].count, want[i].count);
    }
    assert_int_equal(l->plan.n_cells, 10);
    assert_int_equal(l->plan.n_unfiltered, 10);
    fake_load_free(l);
}

/* A filter selects cells; their places in the plan stay. */
static void a_filter_keeps_the_index(void **state) {
    (void)state;
    fake_load *l = fake_load_text("plan", GEMM "[sweep]\nn = 1..5\n", &(px_overrides){.filter = "n in (2, 5)"});
    assert_int_equal(l->plan.n_cells, 2);
    assert_int_equal(l->plan.n_unfiltered, 5);
    assert_int_equal(l->plan.cells[0].index, 1);
    assert_int_equal(l->plan.cells[1].index, 4);
    expect_ids(l, "2 5");
}

static void values_reach_the_cell(void **state) {
    (void)state;
    fake_load *l = load(GEMM "seed = 0xFFFFFFFFFFFFFFFF\n[sweep]\nformat = fp32\nproduct = exact\nm = same\nn = 2^5\n"
                             "scale = 1e-3\nbackend = blas:ref=lib/libblas.so\nmodel = h100-mmasync\n");
    const px_case *c = &l->plan.cells[0];
    assert_true(c->seed == UINT64_MAX);
    assert_int_equal(px_case_fp(c, "format").p, 24);
    assert_int_equal(px_case_fp(c, "product").p, 0);
    assert_int_equal(px_case_fp(c, "accum").p, 24);
    assert_string_equal(px_case_text(c, "accum"),
                        "same"); /* the default: the format of `format`, the text as written */
    assert_int_equal(px_case_int(c, "n"), 32);
    assert_int_equal(px_case_int(c, "m"), 32);
    assert_string_equal(px_case_text(c, "m"), "32");
    assert_true(px_case_real(c, "scale") == 1e-3);
    assert_int_equal(px_case_word(c, "order"), 0);
    assert_int_equal(px_case_word(c, "model"), 2);
    assert_string_equal(px_case_text(c, "model"), "h100_mmasync");
    assert_int_equal(px_case_word(c, "backend"), 2);
    assert_string_equal(px_case_text(c, "backend"), "blas:ref");
    assert_string_equal(px_case_value(c, "backend")->path, "lib/libblas.so");
    assert_string_equal(c->id, "fp32/exact/h100_mmasync/blas:ref/0.001/32/32");
    for (int i = 0; i < c->n_params; i++) {
        const char *axis = c->params[i].name;
        bool unnamed = strcmp(axis, "accum") == 0 || strcmp(axis, "order") == 0 || strcmp(axis, "matrix") == 0 ||
                       strcmp(axis, "rep") == 0;
        assert_int_equal(l->plan.axis_named[i], !unnamed);
    }
    fake_load_free(l);
}

/* product = same means accum, whose own `same` means format. */
static void same_follows_same(void **state) {
    (void)state;
    fake_load *l = load(GEMM "[sweep]\nformat = bf16\nproduct = same\n");
    assert_int_equal(px_case_fp(&l->plan.cells[0], "product").p, 8);
    fake_load_free(l);
}

static void sections_are_read(void **state) {
    (void)state;
    fake_load *l =
        load("\xef\xbb\xbf[experiment]\r\nkind = gemm ; a comment\r\n  # another\r\n"
             "title = What, if \"quoted # so\" anything? # not this\r\nseed = 7\r\n"
             "[reference]\nengine = mpfr\nbits = 2^8\n[measure]\nmetrics = err_rel_max,\n\tn_inf\n"
             "[tolerance]\nwhere = n <= 4\nfloor = 1 x u\nerr_rel_max = exact\nmedian(n_inf) = at most 2 x baseline\n"
             "[tolerance.x]\nexpect = fail\nbecause = \"known, #12\"\n"
             "[plot.a]\nx = n\ny = err_rel_max, err_cw_max\nby = format/accum, order\nfacet = matrix\n"
             "where = backend == emulated\nscale = loglog\ntitle = t\n"
             "[output]\ndir = out\nbaseline = /base\ntables = md, latex");
    const px_experiment *e = &l->experiment;
    assert_string_equal(e->stem, "plan");
    assert_string_equal(e->path, "plan.ini");
    assert_string_equal(e->title, "What, if \"quoted # so\" anything?");
    assert_int_equal(e->seed, 7);
    assert_int_equal(e->engine, PX_ENGINE_MPFR);
    assert_int_equal(e->reference_bits, 256);
    assert_int_equal(e->n_metrics, 2);
    assert_string_equal(e->metrics[1], "n_inf");
    assert_string_equal(e->output_dir, "out");
    assert_string_equal(e->baseline_dir, "/base");
    assert_ptr_equal(e->kind, &fake_gemm);
    const px_ini_section *x = px_ini_find(&e->ini, "tolerance", "x");
    assert_string_equal(px_ini_find_entry(x, "because")->parts[0].text, "\"known, #12\"");
    fake_load_free(l);
}

static void plots_are_read(void **state) {
    (void)state;
    fake_load *l = load(GEMM "[plot.a]\nx = n\ny = err_rel_max, err_cw_max\nguide = slack_det\nby = format/accum, order\n"
                             "facet = matrix\nwhere = backend == emulated\nscale = semilogy\ntitle = t\nylabel = error\n"
                             "lines = 2^10 \"here\", -1e4\n[plot.b]\nx = order\ny = n_inf\n");
    int n;
    const px_plot *p = px_plots_read(l->arena, &l->experiment, &n);
    assert_int_equal(n, 2);
    assert_string_equal(p->name, "a");
    assert_string_equal(p->x, "n");
    assert_int_equal(p->y.n, 2);
    assert_string_equal(p->y.at[1], "err_cw_max");
    assert_string_equal(p->guide.at[0], "slack_det");
    assert_int_equal(p->by.n, 3);
    assert_string_equal(p->by.at[1], "accum");
    assert_string_equal(p->facet.at[0], "matrix");
    assert_non_null(p->where);
    assert_true(p->log_y && !p->log_x);
    assert_string_equal(p->title, "t");
    assert_string_equal(p->y_label, "error");
    assert_int_equal(p->n_lines, 2);
    assert_true(p->lines[0].at == 1024 && p->lines[1].at == -1e4);
    assert_string_equal(p->lines[0].text, "here");
    assert_null(p->lines[1].text);
    p++;
    assert_string_equal(p->x, "order");
    assert_true(!p->title && !p->x_label && !p->where && !p->log_x && !p->log_y);
    assert_int_equal(p->guide.n + p->by.n + p->facet.n + p->n_lines + p->n_levels, 0);
    assert_int_equal(p->style, PX_PLOT_AUTO);
    assert_int_equal(p->statistic, PX_STATISTIC_MEDIAN);
    fake_load_free(l);
}

static void defaults_are_the_manuals(void **state) {
    (void)state;
    fake_load *l = load(GEMM);
    assert_string_equal(l->experiment.title, "plan");
    assert_int_equal(l->experiment.seed, 42);
    assert_int_equal(l->experiment.engine, PX_ENGINE_AUTO);
    assert_int_equal(l->experiment.n_metrics, 0);
    assert_null(l->experiment.profile);
    assert_null(l->experiment.output_dir);
    fake_load_free(l);
}

static void expect_hash(fake_load *a, fake_load *b, bool equal) {
    assert_int_equal(strlen(a->experiment.hash), 64);
    assert_int_equal(strcmp(a->experiment.hash, b->experiment.hash) == 0, equal);
    fake_load_free(b);
}

/* The hash is that of kind, seed, profile and plan: no comment, blank, title, output, filter or tolerance changes it.
 */
static void the_hash_is_the_plans(void **state) {
    (void)state;
    static const char text[] = GEMM "[sweep]\nn = 1, 2, 4\n[profile.ci]\nn = 1, 2, 4\n";
    fake_load *a = load(text);
    expect_hash(a, load(text), true);
    expect_hash(a,
                load("# new\n" GEMM
                     "title = t\n[sweep]\nn    =   1..4 *2 # same\n[output]\ndir = x\n[tolerance]\nn_inf = exact\n"),
                true);
    expect_hash(a, fake_load_text("plan", text, &(px_overrides){.filter = "n == 2"}), true);
    expect_hash(a, load(GEMM "exclude = n == 3\n[sweep]\nn = 1..4\n"), true);
    expect_hash(a, load(GEMM "seed = 43\n[sweep]\nn = 1, 2, 4\n"), false);
    expect_hash(a, fake_load_text("plan", text, &(px_overrides){.seed = "41"}), false);
    expect_hash(a, load(GEMM "[sweep]\nn = 1, 2\n"), false);
    expect_hash(a, load(GEMM "[sweep]\nn = 2, 1, 4\n"), false);
    expect_hash(a, load(GEMM "[sweep]\nn = 1, 2, 4\nrep = 1\n"), false); /* the names of the cells differ */
    expect_hash(a, load(GEMM "[sweep]\nn = 1, 2, 4\nrep = 2\n"), false);
    expect_hash(a, load_set(text, 0, NULL, "ci"), false);
    expect_hash(a, load("[experiment]\nkind = sum\n[sweep]\nn = 1, 2, 4\n"), false);
    fake_load_free(a);
}

/* Computed once with sha256sum over the canonical text that plan.c describes. */
static void the_hash_is_stable(void **state) {
    (void)state;
    fake_load *l = load("[experiment]\nkind = sum\n[sweep]\nn = 3, 5\n");
    assert_string_equal(l->experiment.hash, "569c9001b55e28da8377c0039cb23c5036a4a7098001826c3e351a1d455c402d");
    fake_load_free(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_in_the_kinds_order),
        cmocka_unit_test(tied_axes_move_together),
        cmocka_unit_test(profiles_and_set_replace_values),
        cmocka_unit_test(what_is_dropped_is_counted),
        cmocka_unit_test(a_filter_keeps_the_index),
        cmocka_unit_test(values_reach_the_cell),
        cmocka_unit_test(same_follows_same),
        cmocka_unit_test(sections_are_read),
        cmocka_unit_test(plots_are_read),
        cmocka_unit_test(defaults_are_the_manuals),
        cmocka_unit_test(the_hash_is_the_plans),
        cmocka_unit_test(the_hash_is_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
