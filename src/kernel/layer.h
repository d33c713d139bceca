/* The definition of the operations of op/layer.h: scalar, one rounding after another, in the words of that file. Arrays
 * of doubles; a row is n numbers side by side. An optional array is NULL where it is absent. `room` is scratch: its
 * length stands in each comment. Results are in recipe.out (out[0]) or recipe.acc (all else). */
#ifndef PX_KERNEL_LAYER_H
#define PX_KERNEL_LAYER_H

#include "arith/recipe.h"

/* A row; no room. */
void px_layer_norm(const px_recipe *recipe, int64_t n, const double *x, const double *gamma, const double *beta,
                   double eps, double *y, double *mean, double *rstd);
/* A row; 2 n. */
void px_layer_norm_backward(const px_recipe *recipe, int64_t n, const double *dy, const double *x, double mean,
                            double rstd, const double *gamma, double *dx, double *room);
/* Column j of dgamma, of matrices m x n; 2 m. */
double px_layer_norm_gamma(const px_recipe *recipe, int64_t m, int64_t n, int64_t j, const double *dy, const double *x,
                           const double *mean, const double *rstd, double *room);

/* form: PX_GELU_... of op/layer.h, by number. */
double px_layer_gelu(const px_recipe *recipe, int form, double x);
double px_layer_gelu_backward(const px_recipe *recipe, int form, double dy, double x);

/* A row whose columns beyond q are masked; form: PX_SOFTMAX_... of op/layer.h, by number; n. */
typedef struct px_softmax {
    double d, mask;
    int form;
} px_softmax;
void px_layer_softmax(const px_recipe *recipe, const px_softmax *how, int64_t n, int64_t q, const double *s, double *p,
                      double *room);
/* No room. */
void px_layer_softmax_backward(const px_recipe *recipe, double d, int64_t n, int64_t q, const double *dp,
                               const double *p, double *ds);

/* An element. */
double px_layer_scale(const px_recipe *recipe, double factor, double d, double a, uint64_t stream, uint64_t element);
double px_layer_dropout(const px_recipe *recipe, double probability, double x, uint64_t stream, uint64_t element);
double px_layer_sign(double a);
double px_layer_add_kahan(const px_recipe *recipe, double w, double d, double c, double *rest);

/* All n numbers; returns the loss; n. */
double px_layer_mse(const px_recipe *recipe, int64_t n, const double *y, const double *target, double s, double *dy,
                    double *room);
/* A row of `rows`; returns its loss; n. Then their mean. */
double px_layer_cross_entropy(const px_recipe *recipe, int64_t n, int64_t rows, const double *z, int64_t target,
                              double s, double *dz, double *room);
double px_layer_mean(const px_recipe *recipe, int64_t n, const double *x);

/* A sum of `count` rows of x given by number. */
double px_layer_scatter_add(const px_recipe *recipe, int64_t count, const int64_t *rows, int64_t stride,
                            const double *x);

double px_layer_clip_factor(const px_recipe *recipe, double n2, double max, double eps, double *norm);

/* An element of the update; state NULL: sgd without momentum. stored: the formats in which new states are kept. */
typedef struct px_optimizer_state {
    double old[3], new[3];
    px_fp stored[3];
} px_optimizer_state;
double px_layer_sgd(const px_recipe *recipe, double lr, double mu, double g, px_optimizer_state *state);
typedef struct px_adam {
    double lr, beta1, beta2, eps;
    double rest1, rest2; /* 1 - beta^t: px_layer_adam_rest */
} px_adam;
double px_layer_adam_rest(double beta, double t);
double px_layer_adam(const px_recipe *recipe, const px_adam *how, double g, px_optimizer_state *state);
/* form: PX_ADAPTIVE_... of op/optimizer.h, by number; states m, v, x, those that the form has. */
double px_layer_adaptive(const px_recipe *recipe, const px_adam *how, int form, double g, px_optimizer_state *state);

/* The factor for numbers of largest magnitude `top`. */
double px_layer_power_scale(double largest, double top);

#endif
