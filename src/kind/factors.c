#include "kind/factors.h"

#include <math.h>

#include "backend/registry.h"
#include "data/data.h"
#include "kind/kappa.h"
#include "kind/settled.h"
#include "kind/trial.h"
#include "metric/error.h"
#include "solve/jacobi.h"

enum { LARGEST_SVD = 512, LARGEST_JACOBI = 256 };

static void make_operands(const px_case *c, px_arena *arena, px_fp fmt, px_operands *o) {
    uint64_t rep = (uint64_t)px_case_int(c, "rep");
    px_matrix p = {.which = px_case_word(c, "matrix"),
                   .draw_a = {c->seed, rep, "A"},
                   .draw_b = {c->seed, rep, "B"},
                   .m = px_case_int(c, "m"),
                   .n = px_case_int(c, "n"),
                   .k = px_case_int(c, "k")};
    px_matrix_fill(arena, &p, &o->ideal[0], &o->ideal[1]);
    for (int s = 0; s < 2; s++) o->stored[s] = px_data_store(arena, &o->ideal[s], fmt);
}

static bool all_zero(const px_mat *m) {
    const double *x = m->data;
    for (int64_t i = 0; i < m->rows * m->cols; i++)
        if (x[i] != 0) return false;
    return true;
}

/* x1 y1 + x2 y2 in binary64: all products of x1 first, in order, then those of x2, each rounded and added. sum: a matrix, or
 * without data, which is made. */
static px_status two_products(px_arena *scratch, const px_mat x[2], const px_mat y[2], px_mat *sum, px_error *err) {
    px_fp fp64;
    PX_TRY(px_fp_parse("fp64", &fp64, err));
    int64_t m = x[0].rows, k = x[0].cols, n = y[0].cols;
    px_mat in[2] = {px_mat_new(scratch, fp64, m, 2 * k), px_mat_new(scratch, fp64, 2 * k, n)};
    double *row = PX_NEW_ARRAY(scratch, double, k > n ? k : n);
    for (int part = 0; part < 2; part++) {
        for (int64_t i = 0; i < m; i++) {
            px_mat_get_row(&x[part], i, 0, k, row);
            px_mat_set_row(&in[0], i, part * k, k, row);
        }
        for (int64_t t = 0; t < k; t++) {
            px_mat_get_row(&y[part], t, 0, n, row);
            px_mat_set_row(&in[1], part * k + t, 0, n, row);
        }
    }
    px_treatment how = {.in = fp64, .recipe = px_recipe_uniform(fp64), .exec = px_backend_find("emulated")};
    px_trial t;
    px_trial_plan(&t, &how, PX_OP_GEMM, (const int64_t[][2]){{m, 2 * k}, {2 * k, n}});
    if (!sum->data) *sum = px_mat_new(scratch, fp64, m, n);
    px_mat out = *sum; /* the same numbers, called fp64 */
    out.fmt = fp64;
    return px_backend_call(how.exec, &t.prog, in, 2, &out, NULL, err);
}

/* The largest |x| / b so far, where x lies between x_least and x_most and both may have to be settled: only entries
 * that can be the maximum are. */
static bool may_exceed(double x, double b_least, double largest) {
    return x > 0 && !(x / b_least * (1 + 0x1p-50) < largest);
}

static void set_figures(px_factors *f, const px_mat *first) {
    for (int64_t i = 0; i < first->rows; i++)
        for (int64_t j = 0; j < first->cols; j++) {
            px_unsettled e = px_unsettle(&f->truth, i, j);
            double x = fabs(px_entry_of(first, i, j)), y = fabs(px_entry_of(&f->effect, i, j));
            bool is_first = may_exceed(x, e.b_least, f->first_order);
            if (!(e.b_most > 0) || (!is_first && !may_exceed(y, e.b_least, f->cw_max))) continue;
            double b = px_settle(&f->truth, i, j).b;
            f->first_order = fmax(f->first_order, x / b);
            f->cw_max = fmax(f->cw_max, y / b);
        }
}

/* scratch: for what is needed on the way only. */
static px_status set_effect(px_factors *f, px_arena *scratch, px_error *err) {
    const px_operands *o = &f->o;
    px_mat da = px_represent_errors(scratch, &o->ideal[0], &o->stored[0]);
    px_mat db = px_represent_errors(scratch, &o->ideal[1], &o->stored[1]);
    if (all_zero(&da) && all_zero(&db)) return PX_OK;
    const px_mat y[] = {o->ideal[1].hi, db}, stored[] = {da, o->stored[0]}, ideal[] = {da, o->ideal[0].hi};
    px_mat first = {.data = NULL};
    PX_TRY(two_products(scratch, stored, y, &f->effect, err));
    PX_TRY(two_products(scratch, ideal, y, &first, err));
    set_figures(f, &first);
    return PX_OK;
}

double px_factors_total(const px_factors *f, const px_mat *computed) {
    int64_t n = computed->cols;
    double total = 0;
    for (int64_t i = 0; i < computed->rows; i++)
        for (int64_t j = 0; j < n; j++) {
            px_unsettled e = px_unsettle(&f->truth, i, j);
            if (!(e.b_most > 0)) continue;
            double error = px_mat_get(computed, i, j) - e.hi, effect = px_entry_of(&f->effect, i, j);
            double x = fmax(fabs((error - e.lo_least) + effect), fabs((error - e.lo_most) + effect));
            if (!may_exceed(x, e.b_least, total)) continue;
            px_settled s = px_settle(&f->truth, i, j);
            total = fmax(total, fabs((error - s.lo) + effect) / s.b);
        }
    return total;
}

static void set_kappa(px_factors *f, px_arena *arena) {
    const px_mat *a = &f->o.stored[0];
    f->kappa_2 = f->kappa_2_radius = f->kappa_2_gesdd = PX_UNDEFINED;
    if (!isfinite(f->largest_a)) return;
    if (a->rows <= LARGEST_SVD && a->cols <= LARGEST_SVD) f->kappa_2_gesdd = px_kappa_2_lapack(arena, a);
    if (a->rows > LARGEST_JACOBI && a->cols > LARGEST_JACOBI) return;
    px_arena *scratch = px_arena_new();
    px_spectrum s = px_jacobi_spectrum(scratch, a);
    f->kappa_2 = s.kappa_2;
    f->kappa_2_radius = s.radius;
    px_arena_free(scratch);
}

typedef struct order {
    const px_case *c;
    px_lab lab; /* with the arena of the factors */
    px_fp fmt;
} order;

static px_status make(void *context, px_arena *arena, const void **thing, px_error *err) {
    order *r = context;
    px_factors *f = PX_NEW(arena, px_factors);
    *thing = f;
    r->lab.arena = arena;
    make_operands(r->c, arena, r->fmt, &f->o);
    px_call call = {.op = PX_OP_GEMM, .attr = {1}};
    PX_TRY(px_lab_truth(&r->lab, &call, f->o.stored, 2, &f->truth, err));
    f->largest_a = px_represent_max(&f->o.ideal[0], &f->o.stored[0]);
    f->largest_b = px_represent_max(&f->o.ideal[1], &f->o.stored[1]);
    f->effect = px_mat_new(arena, px_fp_exact(), f->o.stored[0].rows, f->o.stored[1].cols);
    px_arena *scratch = px_arena_new();
    px_status status = set_effect(f, scratch, err);
    px_arena_free(scratch);
    PX_TRY(status);
    set_kappa(f, arena);
    return PX_OK;
}

double px_factors_bytes(const px_case *c) {
    double m = (double)px_case_int(c, "m"), n = (double)px_case_int(c, "n"), k = (double)px_case_int(c, "k");
    return 40 * m * n + 24 * (m * k + k * n);
}

px_status px_factors_borrow(const px_case *c, px_lab *lab, px_fp fmt, px_loan *loan, px_error *err) {
    order r = {.c = c, .lab = *lab, .fmt = fmt};
    /* A run has one seed and one engine; the format counts with its rules for subnormals and overflow. */
    const char *key = px_arena_printf(lab->arena, "%s %d.%d.%d %a %d %d %lld %lld %lld %lld", px_case_text(c, "matrix"),
                                      fmt.p, fmt.emin, fmt.emax, fmt.max_finite, fmt.subnormals, fmt.overflow,
                                      (long long)px_case_int(c, "m"), (long long)px_case_int(c, "n"),
                                      (long long)px_case_int(c, "k"), (long long)px_case_int(c, "rep"));
    return px_shared_borrow(lab->shared, lab->arena, key, px_factors_bytes(c), make, &r, loan, err);
}
