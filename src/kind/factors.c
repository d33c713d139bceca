#include "kind/factors.h"

#include <math.h>

#include "data/data.h"
#include "kind/kappa.h"
#include "kind/settled.h"
#include "kind/trial.h"
#include "metric/error.h"

enum { LARGEST_SVD = 512 };

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

/* Row i of x y added to sum (y->cols numbers), t ascending, in binary64. */
static void add_row_times(const px_mat *x, int64_t i, const px_mat *y, double *row, double *sum) {
    for (int64_t t = 0; t < y->rows; t++) {
        double a = px_mat_get(x, i, t);
        if (a == 0) continue;
        px_mat_get_row(y, t, 0, y->cols, row);
        for (int64_t j = 0; j < y->cols; j++) sum[j] += a * row[j];
    }
}

/* The largest |x| / b so far, where x lies between x_least and x_most and both may have to be settled: only entries
 * that can be the maximum are. */
static bool may_exceed(double x, double b_least, double largest) {
    return x > 0 && !(x / b_least * (1 + 0x1p-50) < largest);
}

static void set_effect(px_factors *f, px_arena *arena) {
    const px_operands *o = &f->o;
    px_mat da = px_represent_errors(arena, &o->ideal[0], &o->stored[0]);
    px_mat db = px_represent_errors(arena, &o->ideal[1], &o->stored[1]);
    int64_t n = db.cols;
    f->effect = px_mat_new(arena, px_fp_exact(), da.rows, n);
    double *row = PX_NEW_ARRAY(arena, double, 3 * n), *sum = row + n, *first = row + 2 * n;
    for (int64_t i = 0; i < da.rows; i++) {
        for (int64_t j = 0; j < n; j++) sum[j] = 0;
        add_row_times(&da, i, &o->ideal[1].hi, row, sum);
        for (int64_t j = 0; j < n; j++) first[j] = sum[j];
        add_row_times(&o->ideal[0].hi, i, &db, row, first);
        add_row_times(&o->stored[0], i, &db, row, sum);
        px_mat_set_row(&f->effect, i, 0, n, sum);
        for (int64_t j = 0; j < n; j++) {
            px_unsettled e = px_unsettle(&f->truth, i, j);
            bool is_first = may_exceed(fabs(first[j]), e.b_least, f->first_order);
            if (!(e.b_most > 0) || (!is_first && !may_exceed(fabs(sum[j]), e.b_least, f->cw_max))) continue;
            double b = px_settle(&f->truth, i, j).b;
            f->first_order = fmax(f->first_order, fabs(first[j]) / b);
            f->cw_max = fmax(f->cw_max, fabs(sum[j]) / b);
        }
    }
}

double px_factors_total(const px_factors *f, const px_mat *computed) {
    int64_t n = computed->cols;
    double total = 0;
    for (int64_t i = 0; i < computed->rows; i++)
        for (int64_t j = 0; j < n; j++) {
            px_unsettled e = px_unsettle(&f->truth, i, j);
            if (!(e.b_most > 0)) continue;
            double error = px_mat_get(computed, i, j) - e.hi, effect = px_mat_get(&f->effect, i, j);
            double x = fmax(fabs((error - e.lo_least) + effect), fabs((error - e.lo_most) + effect));
            if (!may_exceed(x, e.b_least, total)) continue;
            px_settled s = px_settle(&f->truth, i, j);
            total = fmax(total, fabs((error - s.lo) + effect) / s.b);
        }
    return total;
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
    set_effect(f, arena);
    const px_mat *a = &f->o.stored[0];
    f->kappa_2 = a->rows <= LARGEST_SVD && a->cols <= LARGEST_SVD ? px_kappa_2_lapack(arena, a) : PX_UNDEFINED;
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
