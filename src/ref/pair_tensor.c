#include "ref/pair_tensor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/room.h"

static void *zeros(int64_t n, size_t size) { return memset(px_room(n, size), 0, (size_t)n * size); }

/* ---- tensors ---- */

static void find_writers(px_pair_state *s) {
    for (int c = s->prog->n_calls - 1; c >= 0; c--) {
        const px_call *call = &s->prog->calls[c];
        for (int k = 0; k < px_op_outputs(call->op); k++) {
            if (call->out[k].slot < 0) continue;
            px_pair_tensor *t = &s->slots[call->out[k].slot];
            t->input = false;
            t->first = c;
        }
    }
}

static bool whole(const px_prog *prog, const px_arg *a) {
    const px_slot *s = &prog->slots[a->slot];
    return a->off == 0 && a->rows == s->rows && a->cols == s->cols && a->rs == s->cols && a->cs == 1;
}

static bool writes(const px_call *call, int32_t slot) {
    for (int k = 0; k < px_op_outputs(call->op); k++)
        if (call->out[k].slot == slot) return true;
    return false;
}

static bool reads(const px_call *call, int32_t slot) {
    for (int k = 0; k < px_op_inputs(call->op); k++)
        if (call->in[k].slot == slot) return true;
    return false;
}

/* Does call c copy the whole of a tensor, `from`, to one that nothing else writes, and that nothing reads before that,
 * or after `from` has changed? */
static bool copies(const px_prog *prog, int c, int32_t from) {
    const px_call *call = &prog->calls[c];
    int32_t to = call->out[0].slot;
    bool changed = false;
    for (int k = 0; k < prog->n_calls; k++) {
        const px_call *other = &prog->calls[k];
        if ((k != c && writes(other, to)) || (reads(other, to) && (k < c || changed))) return false;
        changed |= k > c && writes(other, from);
    }
    return true;
}

/* A cast is the tensor that it casts. */
static void find_copies(px_pair_state *s) {
    for (int c = 0; c < s->prog->n_calls; c++) {
        const px_call *call = &s->prog->calls[c];
        if (call->op != PX_OP_ROUND || !whole(s->prog, &call->in[0]) || !whole(s->prog, &call->out[0])) continue;
        int32_t from = call->in[0].slot;
        if (s->slots[from].same_as >= 0) from = s->slots[from].same_as;
        if (copies(s->prog, c, from)) s->slots[call->out[0].slot].same_as = from;
    }
}

px_status px_pair_state_new(px_pair_state **state, const px_prog *prog) {
    px_pair_state *s = zeros(1, sizeof *s);
    *s = (px_pair_state){
        .prog = prog, .slots = zeros(prog->n_slots, sizeof *s->slots), .work = zeros(1, sizeof *s->work)};
    for (int i = 0; i < prog->n_slots; i++)
        s->slots[i] = (px_pair_tensor){
            .rows = prog->slots[i].rows, .cols = prog->slots[i].cols, .norm = -1, .input = true, .same_as = -1};
    find_writers(s);
    find_copies(s);
    for (int i = 0; i < prog->n_slots; i++) {
        px_pair_tensor *t = &s->slots[i];
        if (t->same_as >= 0) continue;
        t->hi = zeros(t->rows * t->cols, sizeof(double));
        t->lo = zeros(t->rows * t->cols, sizeof(double));
        t->row = zeros(t->rows, sizeof(double));
        t->row_entry = zeros(t->rows, sizeof(double));
        t->col_entry = zeros(t->cols, sizeof(double));
    }
    *state = s;
    return PX_OK;
}

void px_pair_forget_norms(px_pair_tensor *t) {
    t->norm = -1;
    for (int k = 0; k < 2; k++) {
        free(t->line_norms[k]);
        t->line_norms[k] = NULL;
    }
}

void px_pair_state_free(px_pair_state *s) {
    if (!s) return;
    for (int i = 0; i < s->prog->n_slots; i++) {
        px_pair_tensor *t = &s->slots[i];
        void *all[] = {t->hi, t->lo, t->row, t->row_entry, t->col_entry, t->line_norms[0], t->line_norms[1]};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++) free(all[k]);
    }
    free(s->work->numbers);
    free(s->work);
    free(s->group_end);
    free(s->slots);
    free(s);
}

double *px_pair_work_of(const px_pair_state *s, int64_t n) {
    px_pair_work *w = s->work;
    if (n > w->size) {
        free(w->numbers);
        *w = (px_pair_work){zeros(n, sizeof *w->numbers), n};
    }
    return w->numbers;
}

/* ---- views ---- */

px_pair_view px_pair_view_of(const px_pair_state *s, const px_arg *a) {
    px_pair_view v = {.off = a->off, .rows = a->rows, .cols = a->cols, .rs = a->rs, .cs = a->cs};
    if (a->slot < 0) return v;
    v.t = &s->slots[a->slot];
    if (v.t->same_as >= 0) v.t = &s->slots[v.t->same_as];
    int64_t ld = v.t->cols, at = ld ? a->off % ld : 0;
    bool rows_start_alike = a->rows <= 1 || a->rs % ld == 0 || a->cols == 1;
    bool columns_start_alike = a->cols <= 1 || a->cs % ld == 0;
    if (rows_start_alike && (a->cols == 1 || at + (a->cols - 1) * a->cs < ld))
        v.layout = PX_PAIR_ROWS;
    else if (columns_start_alike && at + (a->rows - 1) * a->rs < ld)
        v.layout = PX_PAIR_COLUMNS;
    else
        v.layout = PX_PAIR_SCATTERED;
    return v;
}

static int64_t element(const px_pair_view *v, int64_t i, int64_t j) { return v->off + i * v->rs + j * v->cs; }

double px_pair_entry_error(const px_pair_view *v, int64_t i, int64_t j) {
    const px_pair_tensor *t = v->t;
    if (!t->has_error) return 0;
    int64_t e = element(v, i, j);
    return fmin(t->row[e / t->cols], (t->row_entry[e / t->cols] + t->col_entry[e % t->cols]) * PX_PAIR_SAFE);
}

void px_pair_sum_entry_errors(const px_pair_view *v, int64_t i, int64_t rows, double error[8]) {
    const px_pair_tensor *t = v->t;
    PX_ASSERT(v->layout == PX_PAIR_COLUMNS && rows <= 8);
    double entry[8] = {0}, all[8] = {0};
    int64_t e = element(v, i, 0), row = e / t->cols, step = v->cs / t->cols;
    for (int64_t q = 0; q < rows; q++) entry[q] = t->col_entry[e % t->cols + q * v->rs];
    for (int64_t j = 0; t->has_error && j < v->cols; j++, row += step)
        for (int q = 0; q < 8; q++) {
            double sum = (t->row_entry[row] + entry[q]) * PX_PAIR_SAFE;
            all[q] += sum < t->row[row] ? sum : t->row[row];
        }
    memcpy(error, all, sizeof all);
}

double px_pair_column_error(const px_pair_view *v, int64_t j) {
    if (!v->t->has_error) return 0;
    return v->rs == 0 && v->rows > 1 ? px_pair_entry_error(v, 0, j) * sqrt((double)v->rows) * PX_PAIR_SAFE
                                     : v->t->row[element(v, 0, j) / v->t->cols];
}

double px_pair_all_error(const px_pair_view *v) {
    double sum = 0;
    if (!v->t->has_error) return 0;
    if (v->layout == PX_PAIR_ROWS)
        for (int64_t i = 0; i < v->rows; i++) sum += px_pair_row_error(v, i) * px_pair_row_error(v, i);
    else if (v->layout == PX_PAIR_COLUMNS)
        for (int64_t j = 0; j < v->cols; j++) sum += px_pair_column_error(v, j) * px_pair_column_error(v, j);
    else
        for (int64_t i = 0; i < v->t->rows; i++) sum += v->t->row[i] * v->t->row[i];
    /* Elements may be shown more than once in a scattered view. */
    double times = v->layout == PX_PAIR_SCATTERED && (v->rs == 0 || v->cs == 0) ? (double)(v->rows * v->cols) : 1;
    return sqrt(sum * times) * PX_PAIR_SAFE;
}

double px_pair_row_error(const px_pair_view *v, int64_t i) {
    if (!v->t->has_error) return 0;
    if (v->layout != PX_PAIR_ROWS) return px_pair_all_error(v);
    if (v->cols == 1) return px_pair_entry_error(v, i, 0);
    if (v->cs == 0) return px_pair_entry_error(v, i, 0) * sqrt((double)v->cols) * PX_PAIR_SAFE;
    return v->t->row[element(v, i, 0) / v->t->cols];
}

int64_t px_pair_padded(int64_t n) { return (n + 7) / 8 * 8; }

px_pair_row px_pair_row_new(int64_t n) {
    int64_t padded = px_pair_padded(n);
    double *x = zeros(2 * padded, sizeof *x);
    return (px_pair_row){x, x + padded};
}

void px_pair_fetch(const px_pair_view *v, int64_t i, px_pair_row to) {
    const double *h = v->t->hi + v->off + i * v->rs, *l = v->t->lo + v->off + i * v->rs;
    size_t bytes = (size_t)v->cols * sizeof *h;
    if (v->cs == 1) {
        memcpy(to.h, h, bytes);
        memcpy(to.l, l, bytes);
    } else {
        for (int64_t j = 0; j < v->cols; j++) to.h[j] = h[j * v->cs], to.l[j] = l[j * v->cs];
    }
    for (int64_t j = v->cols; j < px_pair_padded(v->cols); j++) to.h[j] = to.l[j] = 0;
}

void px_pair_store(const px_pair_view *v, int64_t i, const double *h, const double *l, int64_t n) {
    double *to_h = v->t->hi + v->off + i * v->rs, *to_l = v->t->lo + v->off + i * v->rs;
    if (v->cs == 1) {
        memcpy(to_h, h, (size_t)n * sizeof *h);
        memcpy(to_l, l, (size_t)n * sizeof *l);
        return;
    }
    for (int64_t j = 0; j < n; j++) to_h[j * v->cs] = h[j], to_l[j * v->cs] = l[j];
}

static bool in_place(const px_pair_view *v) { return v->cs == 1 && v->cols == px_pair_padded(v->cols); }

static px_pair_row own_row(const px_pair_view *v, int64_t i) {
    return (px_pair_row){v->t->hi + element(v, i, 0), v->t->lo + element(v, i, 0)};
}

px_pair_row px_pair_operand(const px_pair_view *v, int64_t i) {
    if (!v->t) return (px_pair_row){NULL, NULL};
    if (in_place(v)) return own_row(v, i);
    px_pair_row row = px_pair_row_new(v->cols);
    px_pair_fetch(v, i, row);
    return row;
}

void px_pair_operand_done(const px_pair_view *v, px_pair_row row) {
    if (!in_place(v)) free(row.h);
}

px_pair_row px_pair_result(const px_pair_view *v, int64_t i) {
    return in_place(v) ? own_row(v, i) : px_pair_row_new(v->cols);
}

void px_pair_result_done(const px_pair_view *v, int64_t i, px_pair_row row) {
    if (in_place(v)) return;
    px_pair_store(v, i, row.h, row.l, v->cols);
    free(row.h);
}

/* ---- bounds ---- */

void px_pair_reset(const px_pair_state *s, int call) {
    const px_call *c = &s->prog->calls[call];
    for (int k = 0; k < px_op_outputs(c->op); k++) {
        if (c->out[k].slot < 0) continue;
        px_pair_tensor *t = &s->slots[c->out[k].slot];
        if (t->first != call || t->same_as >= 0) continue;
        memset(t->row, 0, (size_t)t->rows * sizeof *t->row);
        memset(t->row_entry, 0, (size_t)t->rows * sizeof *t->row);
        memset(t->col_entry, 0, (size_t)t->cols * sizeof *t->row);
        t->has_lo = true;
        t->has_error = true;
        px_pair_forget_norms(t);
    }
}

static double joined(double a, double b) { return a == 0 ? b : sqrt(a * a + b * b) * PX_PAIR_SAFE; }

/* Of a view whose rows lie within rows: each adds to the norm of its own. */
static void commit_rows(const px_pair_view *v, const double *row, const double *row_entry, const double *col_entry) {
    px_pair_tensor *t = v->t;
    for (int64_t i = 0; i < v->rows; i++) {
        int64_t r = element(v, i, 0) / t->cols;
        t->row[r] = joined(t->row[r], row[i] + PX_PAIR_TINY);
        t->row_entry[r] = fmax(t->row_entry[r], (row_entry ? row_entry[i] : row[i]) + PX_PAIR_TINY);
    }
    for (int64_t j = 0; col_entry && j < v->cols; j++) {
        double *c = &t->col_entry[element(v, 0, j) % t->cols];
        *c = fmax(*c, col_entry[j]);
    }
}

/* Of any other: its columns are (parts of) rows of the tensor, or it is spread over all of it. */
static void commit_turned(const px_pair_view *v, const double *row, const double *row_entry, const double *col_entry) {
    px_pair_tensor *t = v->t;
    double all = 0, worst = 0;
    for (int64_t i = 0; i < v->rows; i++) {
        all = joined(all, row[i]);
        worst = fmax(worst, row[i]);
    }
    bool turned = v->layout == PX_PAIR_COLUMNS;
    for (int64_t r = 0; r < t->rows; r++) {
        t->row[r] = joined(t->row[r], all + PX_PAIR_TINY);
        if (!turned) t->row_entry[r] = fmax(t->row_entry[r], worst + PX_PAIR_TINY);
    }
    for (int64_t i = 0; turned && i < v->rows; i++) {
        double *c = &t->col_entry[element(v, i, 0) % t->cols];
        *c = fmax(*c, (row_entry ? row_entry[i] : row[i]) + PX_PAIR_TINY);
    }
    for (int64_t j = 0; turned && col_entry && j < v->cols; j++) {
        double *c = &t->row_entry[element(v, 0, j) / t->cols];
        *c = fmax(*c, col_entry[j]);
    }
}

void px_pair_commit(const px_pair_view *v, const double *row, const double *row_entry, const double *col_entry) {
    if (v->layout == PX_PAIR_ROWS)
        commit_rows(v, row, row_entry, col_entry);
    else
        commit_turned(v, row, row_entry, col_entry);
}
