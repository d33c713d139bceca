/* One training step of nanoGPT's block, written by hand: loops over arrays, one rounding after each operation, no
 * program, no views, no executor. What the house's steps must agree with, bit for bit. */
#ifndef PLAIN_LAYER_H
#define PLAIN_LAYER_H

#include <stdint.h>

#include "arith/fp.h"

enum { PLAIN_B = 2, PLAIN_T = 5, PLAIN_C = 8, PLAIN_H = 2, PLAIN_V = 7 };
enum { PLAIN_N = PLAIN_B * PLAIN_T, PLAIN_S = PLAIN_C / PLAIN_H };

/* Formats. Products: operands, accumulator, result; the rest computes and keeps in one. */
typedef struct plain_formats {
    px_fp in, acc, out;
    px_fp gelu_acc, gelu_out;
    px_fp softmax, norm, residual, loss, update, master;
    px_fp forward; /* operands of linear layers on the way forward; p = 0: in */
    int scaled;    /* they are brought to the top of its range: 1 by what they are, 2 by what they were: */
    int history;   /* the largest of so many steps before counts */
} plain_formats;

enum { PLAIN_LINEARS = 4, PLAIN_HISTORY = 4 };
enum plain_loss { PLAIN_DOT, PLAIN_MSE, PLAIN_CROSS_ENTROPY };
enum plain_softmax { PLAIN_STABLE, PLAIN_PLAIN, PLAIN_ONLINE };
enum plain_norm { PLAIN_LAYER, PLAIN_BATCH, PLAIN_NONE };
enum plain_optimizer { PLAIN_SGD, PLAIN_MOMENTUM, PLAIN_NESTEROV, PLAIN_ADAM };

/* How the step is made; defaults are zeros. The last group are defects, to see that a comparison notices them. */
typedef struct plain_options {
    int erf, scale_before, loss, softmax, norm;
    double dropout;
    uint64_t stream[3]; /* of the probabilities, of what attention and MLP give */
    int optimizer, decoupled;
    double lr, momentum, beta1, beta2, eps, clip, scale, decay, l1;
    double step; /* of adam, from 1 */
    int no_unscale, unscale_after_clip, bias_off_by_one, eps_inside, mask_off_by_one, no_max, unbiased, stale_copy,
        wide_accumulator, no_residual_gradient, decay_coupled, dampened, no_master, decay_everything, other_mask;
} plain_options;

/* Parameters; the last four are those of the cross entropy of characters. */
enum { LN1G, LN1B, WQKV, BQKV, WO, BO, LN2G, LN2B, WFC, BFC, WPROJ, BPROJ, LNFG, LNFB, WTE, WPE, PLAIN_PARAMS };
extern const int plain_size[PLAIN_PARAMS]; /* numbers in each */
static inline int plain_count(int loss) { return loss == PLAIN_CROSS_ENTROPY ? PLAIN_PARAMS : LNFG; }

enum { PLAIN_MOST = 4 * PLAIN_C * PLAIN_C };
typedef struct plain_step {
    /* given; dy: the gradient from above, or what y should be */
    double x[PLAIN_N][PLAIN_C], dy[PLAIN_N][PLAIN_C], tokens[PLAIN_N], wanted[PLAIN_N];
    double w[PLAIN_PARAMS][PLAIN_MOST], m[PLAIN_PARAMS][PLAIN_MOST], v[PLAIN_PARAMS][PLAIN_MOST];
    double old_w[PLAIN_PARAMS][PLAIN_MOST];         /* of the step before: what a stale copy is made of */
    double factor[PLAIN_LINEARS][2][PLAIN_HISTORY]; /* of x and w in the last steps, newest first; 0: there was none */
    /* found */
    double y[PLAIN_N][PLAIN_C], loss, dx[PLAIN_N][PLAIN_C], norm, clip;
    double g[PLAIN_PARAMS][PLAIN_MOST]; /* scaled */
    double unscaled[PLAIN_PARAMS][PLAIN_MOST], new_w[PLAIN_PARAMS][PLAIN_MOST], new_m[PLAIN_PARAMS][PLAIN_MOST],
        new_v[PLAIN_PARAMS][PLAIN_MOST];
} plain_step;

void plain_run(const plain_formats *f, const plain_options *o, plain_step *s);
/* What was found is what the next step is given; of a skipped step, the factors alone. */
void plain_advance(plain_step *s, int skipped);

/* ---- its parts, a file each ---- */

double plain_rnd(px_fp f, double x); /* to nearest */

/* plain_norm.c: all rows; mean and rstd of each, batch norm: of each column. */
void plain_normal(px_fp f, const plain_options *o, double x[PLAIN_N][PLAIN_C], const double *g, const double *b,
                  double y[PLAIN_N][PLAIN_C], double *mean, double *rstd);
void plain_normal_backward(px_fp f, const plain_options *o, double dy[PLAIN_N][PLAIN_C], double x[PLAIN_N][PLAIN_C],
                           const double *mean, const double *rstd, const double *g, double *dg, double *db,
                           double dx[PLAIN_N][PLAIN_C]);

/* plain_loss.c: a softmax of T scores in place; what dropout makes of element e; losses and the gradient of y, or of the
 * logits (N x V). */
void plain_softmax_row(px_fp f, int form, double *z);
double plain_dropped(px_fp acc, px_fp out, const plain_options *o, int which, int e, double x);
double plain_mse(px_fp f, double scale, double y[PLAIN_N][PLAIN_C], double target[PLAIN_N][PLAIN_C],
                 double dy[PLAIN_N][PLAIN_C]);
double plain_entropy(px_fp f, double scale, const double *logits, const double *target, double *dz);

/* plain_update.c: from the scaled gradients to new weights. */
void plain_update(const plain_formats *f, const plain_options *o, plain_step *s);

#endif
