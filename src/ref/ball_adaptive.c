/* Relatives of adam on balls: the exact readings of op/optimizer.h. */
#include <math.h>

#include "ref/ball_exec.h"

/* Constants of a call and room for an entry, in one array. */
enum { MINUS_LR, EPS, BETA1, REST1, HAT1, BETA2, REST2, HAT2, SCRATCH, ROOT, SQUARE, ALL };

static void set_constants(px_ball *t, const double *attr) {
    px_ball_decimal(&t[MINUS_LR], attr[0]);
    px_ball_neg(&t[MINUS_LR], &t[MINUS_LR]);
    px_ball_decimal(&t[EPS], attr[3]);
    px_ball_decay(&t[BETA1], attr[1], (int64_t)attr[4], &t[SCRATCH]);
    px_ball_decay(&t[BETA2], attr[2], (int64_t)attr[4], &t[SCRATCH]);
}

/* max(a, b) moves by no more than the larger of the two radii. */
static void larger(px_ball *y, const px_ball *a, const px_ball *b) {
    double r = a->r > b->r ? a->r : b->r;
    px_ball_copy(y, mpfr_greater_p(a->x, b->x) ? a : b);
    y->r = r;
}

/* v' = beta2 v + (1 - beta2) y^2 */
static void average_square(px_ball *v, const px_ball *old, const px_ball *y, px_ball *t) {
    px_ball_mul(&t[SQUARE], y, y);
    px_ball_mul(v, &t[BETA2], old);
    px_ball_fma(v, &t[REST2], &t[SQUARE], &t[SCRATCH]);
}

/* v' (and x') of the entry; what stands under the root comes in t[ROOT]. */
static void second_moment(const px_ball_work *w, int64_t i, int64_t j, int form, px_ball *t) {
    px_ball *v = px_ball_out(w, 2, i, j);
    const px_ball *g = px_ball_in(w, 0, i, j), *old = px_ball_in(w, 2, i, j);
    if (form == PX_ADAPTIVE_ADAGRAD) {
        px_ball_mul(&t[SQUARE], g, g);
        px_ball_add(v, old, &t[SQUARE]);
    } else if (form == PX_ADAPTIVE_ADABELIEF) {
        px_ball_sub(&t[ROOT], g, px_ball_out(w, 1, i, j));
        average_square(v, old, &t[ROOT], t);
        px_ball_add(v, v, &t[EPS]);
    } else
        average_square(v, old, g, t);
    px_ball_copy(&t[ROOT], v);
    if (form == PX_ADAPTIVE_AMSGRAD) {
        larger(px_ball_out(w, 3, i, j), px_ball_in(w, 3, i, j), v);
        px_ball_copy(&t[ROOT], px_ball_out(w, 3, i, j));
    }
}

static void adaptive_row(const px_ball_work *w, int64_t i) {
    const double *attr = w->call->attr;
    int form = (int)attr[5];
    bool with_m = px_ball_has(&w->call->in[1]);
    px_ball *t = px_balls_new(ALL, w->s->bits);
    set_constants(t, attr);
    for (int64_t j = 0; j < w->call->out[0].cols; j++) {
        px_ball *d = px_ball_out(w, 0, i, j), *root = &t[ROOT];
        if (with_m) {
            px_ball *m = px_ball_out(w, 1, i, j);
            px_ball_mul(m, &t[BETA1], px_ball_in(w, 1, i, j));
            px_ball_fma(m, &t[REST1], px_ball_in(w, 0, i, j), &t[SCRATCH]);
        }
        second_moment(w, i, j, form, t);
        if (with_m) px_ball_div(root, root, &t[HAT2]);
        if (form == PX_ADAPTIVE_EPS_INSIDE) px_ball_add(root, root, &t[EPS]);
        px_ball_sqrt(root, root);
        if (form != PX_ADAPTIVE_EPS_INSIDE) px_ball_add(root, root, &t[EPS]);
        if (with_m)
            px_ball_div(d, px_ball_out(w, 1, i, j), &t[HAT1]);
        else
            px_ball_copy(d, px_ball_in(w, 0, i, j));
        px_ball_div(d, d, root);
        px_ball_mul(d, &t[MINUS_LR], d);
    }
    px_balls_free(t, ALL);
}

/* A ball about 0 knows no sign. */
static void sign_row(const px_ball_work *w, int64_t i) {
    for (int64_t j = 0; j < w->call->out[0].cols; j++) {
        const px_ball *a = px_ball_in(w, 0, i, j);
        px_ball *s = px_ball_out(w, 0, i, j);
        bool known = a->r == 0 || px_ball_lower(a) > 0;
        px_ball_double(s, mpfr_nan_p(a->x) ? (double)NAN : known ? mpfr_sgn(a->x) : 0);
        if (!known) s->r = 1;
    }
}

px_ball_op px_ball_op_adaptive(px_op op) {
    if (op == PX_OP_SIGN) return (px_ball_op){sign_row, PX_BALL_ROWS};
    return (px_ball_op){.body = op == PX_OP_ADAPTIVE ? adaptive_row : NULL, .units = PX_BALL_ROWS};
}
