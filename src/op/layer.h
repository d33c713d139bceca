/* The operations of a Transformer's training step: rows of THE op list (op.h), and their exact text.
 *
 * Every operation has two readings. Exact (references): the formula with real numbers, nothing rounded. Rounded (the
 * emulated executor): the steps below, one after another. Common to all:
 *
 * - rnd(x): one rounding of the exact result of ONE operation (+ - * / sqrt, or EXP, TANH, ERF, LOG, RSQRT of a number)
 *   to recipe.acc, in the recipe's rounding, which is to nearest: no other one is defined here, but in `scale`.
 * - The result is then rounded once more, to recipe.out (out[0]), and to the format of the slot (out[1], out[2]), which
 *   changes nothing where that format is the same or wider.
 * - EXP, TANH, ERF, LOG, RSQRT by kernel/fn.h: correctly rounded in formats of up to 16 bits; else the binary64 result
 *   of that file, rounded to the format.
 * - SUM_j t_j: kernel/sum.h's sum from +0 in recipe.order (and block, splits), every addition rounded to recipe.acc.
 *   DOT_j a_j b_j: the same of products, each rounded to recipe.mul (not rounded: mul exact, or recipe.fused). Neither
 *   is rounded to recipe.out at its end.
 * - Operands are taken as they are stored. i is a row, j a column, n the number of columns of in[0].
 * - An attribute is meant as the decimal of at most 15 significant digits that reads back to it, where there is one
 *   (1e-5 is one hundred-thousandth), else as the double. const(c) is the real number c where the reading is exact;
 *   rounded, it is made in binary64, operation by operation, and then rounded to recipe.acc, to nearest even.
 *
 * Broadcasts are views with a stride of 0: bias, unscaling and clipping are `add` and `mul`. A column sum is `sum` of a
 * transposed view, <a, b> is `gemm` of a view 1 x n by a view n x 1, a cast is `round`. */
#ifndef PX_OP_LAYER_H
#define PX_OP_LAYER_H

/* The steps. [ ]: may be absent.
 *
 * scale           in a; out a f, one rounding, to recipe.out; attributes: factor, d. f = const(factor / sqrt(d)).
 *                 Stochastic rounding: bits as of a product, step 0.
 * layernorm       in x (m x n), [gamma], [beta] (1 x n); out y, mean (m x 1), rstd (m x 1); attribute: eps. Row by row:
 *                     mean = rnd(SUM_j x_j / n); d_j = rnd(x_j - mean); var = rnd(DOT_j d_j d_j / n);
 *                     rstd = RSQRT(rnd(var + const(eps))); y_j = rnd(d_j rstd); y_j = rnd(y_j gamma_j);
 *                     y_j = rnd(y_j + beta_j)
 * layernorm_backward   in dy, x (m x n), mean, rstd (m x 1), [gamma]; out dx.
 *                     k_j = rnd(rnd(x_j - mean) rstd); g_j = rnd(dy_j gamma_j);
 *                     a = rnd(SUM_j g_j / n); b = rnd(DOT_j g_j k_j / n);
 *                     dx_j = rnd(rnd(rnd(g_j - a) - rnd(k_j b)) rstd)
 * layernorm_gamma in dy, x (m x n), mean, rstd (m x 1); out dgamma (1 x n): dgamma_j = DOT_i dy_ij k_ij, i = 0 .. m-1
 * gelu            in x; out y; attribute: form.
 *     tanh:           x3 = rnd(rnd(x x) x); t = rnd(const(sqrt(2/pi)) rnd(x + rnd(const(0.044715) x3)));
 *                     y = rnd(rnd(0.5 x) rnd(1 + TANH(t)))
 *     erf:            y = rnd(rnd(0.5 x) rnd(1 + ERF(rnd(x const(1/sqrt(2))))))
 * gelu_backward   in dy, x; out dx = rnd(dy y'); attribute: form.
 *     tanh:           x2 = rnd(x x); t as above with x3 = rnd(x2 x); h = TANH(t); left = rnd(0.5 rnd(1 + h));
 *                     s = rnd(1 - rnd(h h)); q = rnd(const(sqrt(2/pi)) rnd(1 + rnd(const(0.134145) x2)));
 *                     y' = rnd(left + rnd(rnd(rnd(0.5 x) s) q))
 *     erf:            cdf = rnd(0.5 rnd(1 + ERF(rnd(x const(1/sqrt(2))))));
 *                     pdf = rnd(EXP(rnd(-0.5 rnd(x x))) const(1/sqrt(2 pi))); y' = rnd(cdf + rnd(x pdf))
 * softmax         in s (m x n); out p; attributes: d, period, mask, form. z_j = rnd(s_j const(1/sqrt(d))); d = 0: s_j.
 *                 Row i has position q = i mod period; column j is masked where j > q; period = 0: none is.
 *                 Rounded: z_j = const(mask) there. Exact: p_j = 0 there, whatever the mask value.
 *     stable:         top = max_j z_j (NaN if one is); e_j = EXP(rnd(z_j - top)); p_j = rnd(e_j / SUM_j e_j)
 *     plain:          e_j = EXP(z_j); p_j = rnd(e_j / SUM_j e_j)
 *     online:         top = -inf, l = +0; for each j: next = max(top, z_j) (NaN if one is); where next is not -inf,
 *                     l = rnd(rnd(l EXP(rnd(top - next))) + EXP(rnd(z_j - next))), top = next;
 *                     then p_j = rnd(EXP(rnd(z_j - top)) / l)
 * softmax_backward  in dp, p (m x n); out ds; attributes: d, period. w = DOT_j dp_j p_j; u_j = rnd(p_j rnd(dp_j - w));
 *                 ds_j = rnd(u_j const(1/sqrt(d))), d = 0: u_j; masked: +0
 * dropout         in x; out y; attribute: p. Element e (row-major in out) is kept where (w >> 11) 2^-53 >= p, w the low
 *                 64 bits of px_philox(call.stream, e, 0): y = rnd(x const(1/(1 - p))), else +0. Backward: the same
 *                 call, stream included, on dy.
 * gather          in table (v x c), index (n x 1, integers in 0 .. v-1); out (n x c): row i is row index_i of table
 * scatter_add     in dy (n x c), index (n x 1); out (v x c): row r is the SUM of dy_i, index_i = r, i ascending, in the
 *                 sequential order
 * mse             in y, target (m x n), [s (1 x 1)]; out loss (1 x 1), dy (m x n). N = m n, entries row-major:
 *                     e = rnd(y - target); loss = rnd(DOT e e / N), without s; dy = rnd(e rnd(const(2/N) s)), s = 1 if
 *                     absent
 * cross_entropy   in z (N x n), target (N x 1, integers in 0 .. n-1), [s (1 x 1)]; out loss (1 x 1), dz (N x n).
 *                     top = max_j z_j (NaN if one is); e_j = EXP(rnd(z_j - top)); l = SUM_j e_j;
 *                     loss_i = rnd(LOG(l) - rnd(z_target - top)); loss = rnd(SUM_i loss_i / N), without s;
 *                     p_j = rnd(e_j / l); in the target's column p_j = rnd(p_j - 1);
 *                     dz_j = rnd(p_j rnd(s / N)), s = 1 if absent
 * nonfinite       in a, [c (1 x 1)]; out c + the number of entries of a that are infinite or NaN; nothing is rounded
 * clip_factor     in n2 (1 x 1); out f, norm; attributes: max, eps. norm = rnd(sqrt(n2));
 *                     q = rnd(const(max) / rnd(norm + const(eps))); f = q where q < 1 or q is NaN, else 1
 * sgd             in g, [b]; out d, [b']; attributes: lr, mu. b' = rnd(rnd(const(mu) b) + g), from here on as stored;
 *                 without b: b' = g. d = rnd(const(-lr) b')
 * adam            in g, m, v; out d, m', v'; attributes: lr, beta1, beta2, eps, t (the step, from 1).
 *                     m' = rnd(rnd(const(beta1) m) + rnd(const(1 - beta1) g));
 *                     v' = rnd(rnd(const(beta2) v) + rnd(const(1 - beta2) rnd(g g))); both from here on as stored;
 *                     mh = rnd(m' / const(1 - beta1^t)); vh = rnd(v' / const(1 - beta2^t));
 *                     d = rnd(const(-lr) rnd(mh / rnd(rnd(sqrt(vh)) + const(eps))))
 *                 Rounded, beta^t is t products.
 * add_kahan       in w, d, c; out w', c'. y = rnd(d + c); w' = w + y rounded to recipe.out; c' = rnd(y - rnd(w' - w)).
 *                 Exact: w' = w + d + c, c' = 0
 * power_scale     in a; out f (1 x 1), 1/f; attribute: largest. f = 2^floor(log2(largest / max |a|)), its exponent
 *                 within -126 .. 126; 1 where max |a| is 0 or not finite. Exact: every use of f is undone by one of
 *                 1/f, so that any power of two will do. */

/* X(id, name, inputs, outputs, attributes, flops, what it computes): flops as op.h says, with all operands present and
 * nothing masked or dropped. */
#define PX_OP_LAYER_LIST(X)                                                                                            \
    X(PX_OP_SCALE, "scale", 1, 1, 2, o, "out = a factor / sqrt(d)")                                                    \
    X(PX_OP_LAYERNORM, "layernorm", 3, 3, 1, 7 * o + 4 * m,                                                            \
      "out = (x - mean)/sqrt(var + eps) gamma + beta, mean, rstd")                                                     \
    X(PX_OP_LAYERNORM_BACKWARD, "layernorm_backward", 5, 1, 0, 10 * o + 2 * m,                                         \
      "out = rstd (g - avg(g) - k avg(g k)), g = dy gamma")                                                            \
    X(PX_OP_LAYERNORM_GAMMA, "layernorm_gamma", 4, 1, 0, 4 * e, "out = column sums of dy (x - mean) rstd")             \
    X(PX_OP_GELU, "gelu", 1, 1, 1, (a[0] == PX_GELU_ERF ? 5 : 9) * o,                                                  \
      "out = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), or x/2 (1 + erf(x/sqrt 2))")                               \
    X(PX_OP_GELU_BACKWARD, "gelu_backward", 2, 1, 1, (a[0] == PX_GELU_ERF ? 11 : 18) * o, "out = dy gelu'(x)")         \
    X(PX_OP_SOFTMAX, "softmax", 1, 1, 4,                                                                               \
      ((a[3] == PX_SOFTMAX_ONLINE ? 9 : 4 - (a[3] == PX_SOFTMAX_PLAIN)) + (a[0] != 0)) * o,                            \
      "out = softmax of the rows of s/sqrt(d), causal mask")                                                           \
    X(PX_OP_SOFTMAX_BACKWARD, "softmax_backward", 2, 1, 2, (4 + (a[0] != 0)) * o,                                      \
      "out = p (dp - <dp, p>) / sqrt(d), row by row")                                                                  \
    X(PX_OP_DROPOUT, "dropout", 1, 1, 1, o, "out = x/(1 - p) where a random number is at least p, else 0")             \
    X(PX_OP_GATHER, "gather", 2, 1, 0, 0, "out = rows of the table by index")                                          \
    X(PX_OP_SCATTER_ADD, "scatter_add", 2, 1, 0, e, "out = for each index the sum of its rows of dy")                  \
    X(PX_OP_MSE, "mse", 3, 2, 0, 4 * e + 2, "out = mean of (y - target)^2; s d/dy of it")                              \
    X(PX_OP_CROSS_ENTROPY, "cross_entropy", 3, 2, 0, 5 * e + 6 * e / k + 1,                                            \
      "out = mean of -log softmax(z)_target; s d/dz of it")                                                            \
    X(PX_OP_NONFINITE, "nonfinite", 2, 1, 0, 0, "out = c + how many entries of a are infinite or not a number")        \
    X(PX_OP_CLIP_FACTOR, "clip_factor", 1, 2, 2, 3, "out = min(1, max/(sqrt(n2) + eps)), sqrt(n2)")                    \
    X(PX_OP_SGD, "sgd", 2, 2, 2, 3 * o, "out = -lr b', b' = mu b + g: the update of w")                                \
    X(PX_OP_ADAM, "adam", 3, 3, 5, 13 * o,                                                                             \
      "out = -lr mh/(sqrt(vh) + eps), m', v' (Kingma & Ba 2015): the update of w")                                     \
    X(PX_OP_ADD_KAHAN, "add_kahan", 3, 2, 0, 4 * o,                                                                    \
      "out = w + d with the lost part carried along (Zamirai et al. 2020)")                                            \
    X(PX_OP_POWER_SCALE, "power_scale", 1, 2, 1, 0,                                                                    \
      "out = the power of two that brings max |a| to `largest`, its inverse")

enum { PX_GELU_TANH, PX_GELU_ERF };
enum { PX_SOFTMAX_STABLE, PX_SOFTMAX_PLAIN, PX_SOFTMAX_ONLINE };

#endif
