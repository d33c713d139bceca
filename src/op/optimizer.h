/* Rows of THE op list for optimizers beside sgd and adam, in the words of op/layer.h.
 *
 * sign       in a; out -1, 0 or 1, a itself where it is 0 or NaN; nothing is rounded: the gradient of |a|
 * adaptive   in g, [m], v, [x]; out d, [m'], v', [x']; attributes: lr, beta1, beta2, eps, t (the step, from 1), form.
 *            m' = rnd(rnd(const(beta1) m) + rnd(const(1 - beta1) g)); mh = rnd(m' / const(1 - beta1^t));
 *            avg(y) = rnd(rnd(const(beta2) v) + rnd(const(1 - beta2) rnd(y y))); m', v', x' from here on as stored;
 *            hat(y) = rnd(y / const(1 - beta2^t)); over(y) = rnd(rnd(sqrt(y)) + const(eps));
 *            d = rnd(const(-lr) rnd(a / b)), with a, b and v' by form:
 *     eps_inside:  v' = avg(g); a = mh; b = rnd(sqrt(rnd(hat(v') + const(eps))))
 *     amsgrad:     v' = avg(g); x' = max(x, v'); a = mh; b = over(hat(x'))
 *     adabelief:   v' = rnd(avg(rnd(g - m')) + const(eps)); a = mh; b = over(hat(v'))
 *     rmsprop:     v' = avg(g); a = g; b = over(v'); no m
 *     adagrad:     v' = rnd(v + rnd(g g)); a = g; b = over(v'); no m */
#ifndef PX_OP_OPTIMIZER_H
#define PX_OP_OPTIMIZER_H

#define PX_OP_OPTIMIZER_LIST(X)                                                                                        \
    X(PX_OP_SIGN, "sign", 1, 1, 0, 0, "out = the sign of a: -1, 0 or 1")                                              \
    X(PX_OP_ADAPTIVE, "adaptive", 4, 4, 6,                                                                             \
      (a[5] == PX_ADAPTIVE_ADAGRAD     ? 6                                                                             \
       : a[5] == PX_ADAPTIVE_RMSPROP   ? 8                                                                             \
       : a[5] == PX_ADAPTIVE_ADABELIEF ? 15                                                                            \
                                       : 13) *                                                                         \
          o,                                                                                                           \
      "out = -lr a/b, m', v', x': the update of w by a relative of adam")

/* Forms, THE list: X(id, name, who). */
#define PX_ADAPTIVE_LIST(X)                                                                                            \
    X(PX_ADAPTIVE_EPS_INSIDE, "eps_inside", "Adam with eps under the root")                                            \
    X(PX_ADAPTIVE_AMSGRAD, "amsgrad", "Reddi, Kale & Kumar 2018: the largest v so far, corrected after the maximum")   \
    X(PX_ADAPTIVE_ADABELIEF, "adabelief", "Zhuang et al. 2020: the variance of g about m")                             \
    X(PX_ADAPTIVE_RMSPROP, "rmsprop", "Tieleman & Hinton 2012: no correction of bias, eps outside the root")           \
    X(PX_ADAPTIVE_ADAGRAD, "adagrad", "Duchi, Hazan & Singer 2011: the sum of all g^2")
#define PX_ADAPTIVE_ENUM(id, name, text) id,
typedef enum px_adaptive_form { PX_ADAPTIVE_LIST(PX_ADAPTIVE_ENUM) PX_ADAPTIVE_COUNT } px_adaptive_form;
#undef PX_ADAPTIVE_ENUM

#endif
