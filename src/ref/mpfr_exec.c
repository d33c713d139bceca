/* The mpfr executor: tensors of MPFR numbers, every one with as many bits as its exact value needs. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <mpfr.h>

#include "base/parallel.h"
#include "ref/exact.h"
#include "ref/mpfr_sum.h"
#include "ref/truth.h"

typedef struct tensor {
    mpfr_t *x; /* rows x cols */
    int64_t count;
} tensor;

typedef struct state {
    const px_prog *prog;
    tensor *slots;
} state;

static int supports(const px_prog *prog, const px_call *call, char *why, size_t n) {
    (void)prog;
    switch (call->op) {
    case PX_OP_ADD:
    case PX_OP_MUL:
    case PX_OP_ROUND:
    case PX_OP_SUM:
    case PX_OP_GEMM: return 1;
    default: snprintf(why, n, "%s", px_op_name(call->op)); return 0;
    }
}

static void *allocate(size_t count, size_t size) {
    void *p = calloc(count ? count : 1, size);
    if (!p) px_out_of_memory((unsigned long long)count * size);
    return p;
}

static px_status open_program(const px_exec *self, void **st, const px_prog *prog, px_error *err) {
    (void)self;
    (void)err;
    state *s = allocate(1, sizeof *s);
    s->prog = prog;
    s->slots = allocate((size_t)prog->n_slots, sizeof *s->slots);
    for (int i = 0; i < prog->n_slots; i++) {
        tensor *t = &s->slots[i];
        t->count = prog->slots[i].rows * prog->slots[i].cols;
        t->x = allocate((size_t)t->count, sizeof *t->x);
        for (int64_t e = 0; e < t->count; e++) {
            mpfr_init2(t->x[e], MPFR_PREC_MIN);
            mpfr_set_zero(t->x[e], 1);
        }
    }
    *st = s;
    return PX_OK;
}

static void close_program(void *st) {
    state *s = st;
    if (!s) return;
    for (int i = 0; i < s->prog->n_slots; i++) {
        for (int64_t e = 0; e < s->slots[i].count; e++) mpfr_clear(s->slots[i].x[e]);
        free(s->slots[i].x);
    }
    free(s->slots);
    free(s);
}

static px_status put(void *st, int slot, const px_wide *value, px_error *err) {
    const state *s = st;
    (void)err;
    const px_slot *shape = &s->prog->slots[slot];
    PX_ASSERT(value->hi.rows == shape->rows && value->hi.cols == shape->cols);
    for (int64_t e = 0; e < s->slots[slot].count; e++) {
        int64_t i = e / shape->cols, j = e % shape->cols;
        mpfr_ptr x = s->slots[slot].x[e];
        mpfr_set_prec(x, PX_DOUBLES_BITS);
        mpfr_set_d(x, px_mat_get(&value->hi, i, j), MPFR_RNDN);
        if (value->lo.data) mpfr_add_d(x, x, px_mat_get(&value->lo, i, j), MPFR_RNDN);
        px_mpfr_shrink(x);
    }
    return PX_OK;
}

static px_status get(void *st, int slot, px_wide *value, px_error *err) {
    const state *s = st;
    (void)err;
    int64_t cols = s->prog->slots[slot].cols;
    mpfr_t x;
    mpfr_init2(x, MPFR_PREC_MIN);
    for (int64_t e = 0; e < s->slots[slot].count; e++) {
        double part[3];
        mpfr_set_prec(x, mpfr_get_prec(s->slots[slot].x[e]));
        mpfr_set(x, s->slots[slot].x[e], MPFR_RNDN);
        px_exact_pair(x, &part[0], &part[1], &part[2]);
        px_mat *to[3] = {&value->hi, &value->lo, &value->radius};
        for (int p = 0; p < 3; p++)
            if (to[p]->data) px_mat_set(to[p], e / cols, e % cols, part[p]);
    }
    mpfr_clear(x);
    return PX_OK;
}

static mpfr_ptr element(const state *s, const px_arg *a, int64_t i, int64_t j) {
    return s->slots[a->slot].x[a->off + i * a->rs + j * a->cs];
}

/* A call while it runs: one result a time, its terms in products. */
typedef struct work {
    const state *s;
    const px_call *call;
} work;

/* The factors of term t of entry (i, j); *y NULL: a number, not a product. */
static mpfr_ptr factors(const work *w, int64_t i, int64_t j, int64_t t, mpfr_ptr *y) {
    const px_call *c = w->call;
    *y = NULL;
    switch (c->op) {
    case PX_OP_ADD: return element(w->s, &c->in[t], i, j);
    case PX_OP_ROUND: return element(w->s, &c->in[0], i, j);
    case PX_OP_SUM: return element(w->s, &c->in[0], i, t);
    case PX_OP_MUL: *y = element(w->s, &c->in[1], i, j); return element(w->s, &c->in[0], i, j);
    case PX_OP_GEMM:
        if (t == c->in[0].cols) return element(w->s, &c->in[2], i, j);
        *y = element(w->s, &c->in[1], t, j);
        return element(w->s, &c->in[0], i, t);
    default: break;
    }
    PX_ASSERT(!"an operation of the list");
    return NULL;
}

static int64_t count_terms(const px_call *c) {
    switch (c->op) {
    case PX_OP_ADD: return 2;
    case PX_OP_MUL:
    case PX_OP_ROUND: return 1;
    case PX_OP_SUM: return c->in[0].cols;
    case PX_OP_GEMM: return c->in[0].cols + (c->in[2].slot >= 0);
    default: break;
    }
    return 0;
}

static void set_product(mpfr_t product, mpfr_ptr x, mpfr_ptr y, bool negate) {
    mpfr_set_prec(product, mpfr_get_prec(x) + (y ? mpfr_get_prec(y) : 0));
    if (y) mpfr_mul(product, x, y, MPFR_RNDN);
    else mpfr_set(product, x, MPFR_RNDN);
    if (negate) mpfr_neg(product, product, MPFR_RNDN);
}

/* The last term that changes an exact running sum is the last one that is not 0. */
static int64_t last_change(mpfr_t *terms, int64_t n) {
    while (n > 0 && mpfr_zero_p(terms[n - 1])) n--;
    return n;
}

static void run_row(void *ctx, int64_t i) {
    const work *w = ctx;
    const px_call *c = w->call;
    int64_t n = count_terms(c);
    mpfr_t *terms = allocate((size_t)n, sizeof *terms);
    mpfr_ptr *list = allocate((size_t)n, sizeof *list);
    for (int64_t t = 0; t < n; t++) {
        mpfr_init2(terms[t], MPFR_PREC_MIN);
        list[t] = terms[t];
    }
    for (int64_t j = 0; j < c->out[0].cols; j++) {
        for (int64_t t = 0; t < n; t++) {
            mpfr_ptr y, x = factors(w, i, j, t, &y);
            set_product(terms[t], x, y, y && c->op == PX_OP_GEMM && c->attr[0] < 0);
        }
        px_mpfr_sum(element(w->s, &c->out[0], i, j), list, (unsigned long)n);
        if (c->op == PX_OP_SUM && c->out[1].slot >= 0) {
            mpfr_ptr index = element(w->s, &c->out[1], i, j);
            mpfr_set_prec(index, 64);
            mpfr_set_si(index, last_change(terms, n), MPFR_RNDN);
        }
    }
    for (int64_t t = 0; t < n; t++) mpfr_clear(terms[t]);
    free(list);
    free(terms);
}

static px_status run(void *st, int first, int count, px_error *err) {
    const state *s = st;
    (void)err;
    PX_ASSERT(first >= 0 && count >= 0 && first <= s->prog->n_calls - count);
    for (int c = first; c < first + count; c++) {
        work w = {.s = s, .call = &s->prog->calls[c]};
        px_parallel_for(w.call->out[0].rows, run_row, &w);
    }
    return PX_OK;
}

const px_exec *px_ref_mpfr(void) {
    static const px_exec exec = {
        .abi = PX_EXEC_ABI,
        .name = "mpfr",
        .help = "exact arithmetic: every number with as many bits as it needs (MPFR)",
        .supports = supports,
        .open = open_program,
        .put = put,
        .run = run,
        .get = get,
        .close = close_program,
    };
    return &exec;
}
