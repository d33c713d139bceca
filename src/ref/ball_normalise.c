/* Data that are normalised, on balls: the exact readings of op/normalise.h. In real numbers all variances are one. */
#include "ref/ball_exec.h"

/* The larger of two numbers moves by no more than they do. */
static void take_larger(px_ball *y, const px_ball *a) {
    double r = y->r > a->r ? y->r : a->r;
    if (mpfr_nan_p(a->x) || mpfr_greater_p(a->x, y->x)) px_ball_copy(y, a);
    y->r = r;
}

static void find_range(const px_ball_work *w, int64_t i, px_ball *centre, px_ball *spread, px_ball *t) {
    px_ball_copy(spread, px_ball_in(w, 0, i, 0));
    px_ball_neg(centre, spread);
    for (int64_t j = 1; j < w->call->in[0].cols; j++) {
        take_larger(spread, px_ball_in(w, 0, i, j));
        px_ball_neg(t, px_ball_in(w, 0, i, j));
        take_larger(centre, t);
    }
    px_ball_neg(centre, centre);
    px_ball_sub(spread, spread, centre);
}

static void find_variance(const px_ball_work *w, int64_t i, px_ball *centre, px_ball *spread, px_ball *t) {
    int64_t n = w->call->in[0].cols;
    px_ball_zero(centre);
    px_ball_zero(spread);
    for (int64_t j = 0; j < n; j++) px_ball_add(centre, centre, px_ball_in(w, 0, i, j));
    px_ball_div_int(centre, centre, n);
    for (int64_t j = 0; j < n; j++) {
        px_ball_sub(&t[0], px_ball_in(w, 0, i, j), centre);
        px_ball_fma(spread, &t[0], &t[0], &t[1]);
    }
    px_ball_div_int(spread, spread, n);
}

static void normalise_row(const px_ball_work *w, int64_t i) {
    bool range = (int)w->call->attr[0] == PX_NORMALISE_MIN_MAX;
    px_ball *t = px_balls_new(2, w->s->bits), *centre = px_ball_out(w, 1, i, 0), *spread = px_ball_out(w, 2, i, 0);
    (range ? find_range : find_variance)(w, i, centre, spread, t);
    px_ball_copy(&t[0], spread);
    if (!range) px_ball_sqrt(&t[0], spread);
    for (int64_t j = 0; j < w->call->in[0].cols; j++) {
        px_ball *y = px_ball_out(w, 0, i, j);
        px_ball_sub(y, px_ball_in(w, 0, i, j), centre);
        px_ball_div(y, y, &t[0]);
    }
    px_balls_free(t, 2);
}

px_ball_op px_ball_op_normalise(px_op op) {
    return (px_ball_op){.body = op == PX_OP_NORMALISE ? normalise_row : NULL, .units = PX_BALL_ROWS};
}
