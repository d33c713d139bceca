/* One training step of nanoGPT's block with the loss <dy, y>, written by hand: loops over arrays, one rounding after
 * each operation, no program, no views, no executor. What the house's steps must agree with, bit for bit. */
#ifndef PLAIN_LAYER_H
#define PLAIN_LAYER_H

#include "arith/fp.h"

enum { PLAIN_B = 2, PLAIN_T = 5, PLAIN_C = 8, PLAIN_H = 2 };
enum { PLAIN_N = PLAIN_B * PLAIN_T, PLAIN_S = PLAIN_C / PLAIN_H };

/* Formats. Products: operands, accumulator, result; the rest computes and keeps in one. */
typedef struct plain_formats {
    px_fp in, acc, out;
    px_fp gelu_acc, gelu_out;
    px_fp softmax, norm, residual, loss, update, master;
    px_fp forward; /* operands of linear layers on the way forward; p = 0: in */
    int current;   /* they are scaled to the top of its range */
} plain_formats;

/* How the step is made; defaults are zeros. The last group are defects, to see that a comparison notices them. */
typedef struct plain_options {
    int erf, scale_before;
    int adam;
    double lr, momentum, beta1, beta2, eps, clip, scale;
    double step; /* of adam, from 1 */
    int no_unscale, unscale_after_clip, bias_off_by_one, eps_inside, mask_off_by_one, no_max, unbiased, stale_copy,
        wide_accumulator, no_residual_gradient;
} plain_options;

enum { LN1G, LN1B, WQKV, BQKV, WO, BO, LN2G, LN2B, WFC, BFC, WPROJ, BPROJ, PLAIN_PARAMS };
extern const int plain_size[PLAIN_PARAMS]; /* numbers in each */

enum { PLAIN_MOST = 4 * PLAIN_C * PLAIN_C };
typedef struct plain_step {
    /* given */
    double x[PLAIN_N][PLAIN_C], dy[PLAIN_N][PLAIN_C];
    double w[PLAIN_PARAMS][PLAIN_MOST], m[PLAIN_PARAMS][PLAIN_MOST], v[PLAIN_PARAMS][PLAIN_MOST];
    double old_w[PLAIN_PARAMS][PLAIN_MOST]; /* of the step before: what a stale copy is made of */
    /* found */
    double y[PLAIN_N][PLAIN_C], loss, dx[PLAIN_N][PLAIN_C], norm, clip;
    double g[PLAIN_PARAMS][PLAIN_MOST]; /* scaled */
    double unscaled[PLAIN_PARAMS][PLAIN_MOST], new_w[PLAIN_PARAMS][PLAIN_MOST], new_m[PLAIN_PARAMS][PLAIN_MOST],
        new_v[PLAIN_PARAMS][PLAIN_MOST];
} plain_step;

void plain_run(const plain_formats *f, const plain_options *o, plain_step *s);

#endif
