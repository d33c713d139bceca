/* Products side by side: those of attention's heads are too small to be shared out among threads, but there are many. A
 * group are small products, one after another in the program, of which none reads or overwrites what another writes.
 * Each runs on one thread and keeps the bounds of its result to itself; then all are committed in the program's order.
 * Groups do not depend on the number of threads, so neither do the results. */
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/room.h"
#include "ref/pair_exec.h"

enum {
    SMALL = 1 << 21, /* multiply-adds */
    MOST = 64        /* products in a group */
};

/* Not by an input: what is found out about it is remembered in it (px_pair_tensor). Into a block: rows that lie below
 * each other. */
static bool may_join(const px_pair_state *s, const px_call *call) {
    if (call->op != PX_OP_GEMM || px_pair_is_inner(call)) return false;
    px_pair_view b = px_pair_view_of(s, &call->in[1]), c = px_pair_view_of(s, &call->out[0]);
    bool block = c.layout == PX_PAIR_ROWS && c.cs == 1 && c.rs == c.t->cols;
    int64_t size = c.rows * c.cols;
    return block && s->slots[call->out[0].slot].same_as < 0 && !b.t->input && size > 0 && size <= SMALL &&
           size * b.rows <= SMALL;
}

static bool apart(const px_pair_view *a, const px_pair_view *b) {
    int64_t ld = a->t->cols, down = b->off / ld - a->off / ld, right = b->off % ld - a->off % ld;
    return a->t != b->t || down >= a->rows || -down >= b->rows || right >= a->cols || -right >= b->cols;
}

static bool independent(const px_pair_state *s, const px_call *a, const px_call *b) {
    px_pair_view x = px_pair_view_of(s, &a->out[0]), y = px_pair_view_of(s, &b->out[0]);
    for (int k = 0; k < px_op_inputs(PX_OP_GEMM); k++)
        if (px_pair_view_of(s, &b->in[k]).t == x.t || px_pair_view_of(s, &a->in[k]).t == y.t) return false;
    return apart(&x, &y);
}

static int end_of_group(const px_pair_state *s, int first) {
    const px_call *calls = s->prog->calls;
    int end = first;
    for (; end < s->prog->n_calls && end - first < MOST && may_join(s, &calls[end]); end++)
        for (int c = first; c < end; c++)
            if (!independent(s, &calls[c], &calls[end])) return end;
    return end > first ? end : first + 1;
}

void px_pair_find_groups(px_pair_state *s) {
    s->group_end = px_room(s->prog->n_calls, sizeof *s->group_end);
    for (int c = 0; c < s->prog->n_calls;) {
        int end = end_of_group(s, c);
        while (c < end) s->group_end[c++] = end;
    }
}

/* ---- running ---- */

typedef struct group {
    const px_pair_state *s;
    const px_call *calls;
    px_pair_tensor *results; /* of each product: its result's tensor with bounds of its own */
} group;

static void run_one(void *context, int64_t i) {
    const group *g = context;
    px_pair_work work = {NULL, 0};
    px_pair_state own = *g->s;
    own.work = &work;
    px_pair_gemm_to(&own, &g->calls[i], &g->results[i]);
    free(work.numbers);
}

static px_pair_tensor with_own_bounds(px_pair_tensor t) {
    int64_t n = 2 * t.rows + t.cols;
    t.row = memset(px_room(n, sizeof *t.row), 0, (size_t)n * sizeof *t.row);
    t.row_entry = t.row + t.rows;
    t.col_entry = t.row_entry + t.rows;
    return t;
}

void px_pair_run_group(const px_pair_state *s, int first, int end) {
    group g = {s, &s->prog->calls[first], px_room(end - first, sizeof *g.results)};
    for (int i = 0; i < end - first; i++) g.results[i] = with_own_bounds(s->slots[g.calls[i].out[0].slot]);
    px_parallel_for(end - first, run_one, &g);
    for (int i = 0; i < end - first; i++) {
        px_pair_view c = px_pair_view_of(s, &g.calls[i].out[0]);
        const px_pair_tensor *own = &g.results[i];
        int64_t row = c.off / c.t->cols;
        px_pair_commit(&c, own->row + row, own->row_entry + row, own->col_entry + c.off % c.t->cols);
        free(own->row);
    }
    free(g.results);
}
