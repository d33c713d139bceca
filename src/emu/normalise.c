#include "emu/normalise.h"

#include <stdlib.h>

#include "arith/round.h"
#include "base/parallel.h"
#include "emu/view.h"
#include "kernel/normalise.h"

/* A definition costs some 30 multiply-adds a step; a number takes about six. */
enum { WORK = 200 };

static void put(const px_view *v, px_rounding r, int64_t i, int64_t j, double x) {
    px_view_set(v, i, j, px_round(v->fmt, r, x, 0));
}

static void normalise_row(void *context, int64_t i) {
    const px_task *t = context;
    int64_t n = t->in[0].cols;
    px_rounding r = px_recipe_rounding(&t->call->recipe);
    double *x = px_room(2 * n, sizeof *x), centre, spread;
    for (int64_t j = 0; j < n; j++) x[j] = px_view_get(&t->in[0], i, j);
    px_normalise(&t->call->recipe, (int)t->call->attr[0], n, x, x + n, &centre, &spread);
    for (int64_t j = 0; j < n; j++) put(&t->out[0], r, i, j, x[n + j]);
    put(&t->out[1], r, i, 0, centre);
    put(&t->out[2], r, i, 0, spread);
    free(x);
}

void px_define_normalise(const px_task *task) {
    px_task copy = *task; /* the pool's context is not const */
    px_parallel_for_work(WORK * (double)task->in[0].cols * (double)task->in[0].rows, task->in[0].rows, normalise_row,
                         &copy);
}
