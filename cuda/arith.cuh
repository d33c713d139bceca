/* Correctly rounded arithmetic on the device: the text of arith/ and of the elementary functions, compiled into this
 * file. It is all that cuda/ shares with what it is compared with; both are judged against MPFR. */
#ifndef PX_CUDA_ARITH_CUH
#define PX_CUDA_ARITH_CUH

#include "px_cuda.h"

#include "house.h"

extern "C" {
#include "arith/round.h"
#include "base/philox.h"
#include "kernel/fn.h"
}

#include "base/philox.c"

#include "arith/exact.c"
#include "arith/round.c"
#include "kernel/fn.c"

/* rnd of one operation, in the words of op/layer.h; no random bits. */
struct rounded {
    px_fp f;
    px_rounding r;
    __device__ double add(double a, double b) const { return px_add(f, r, a, b, 0); }
    __device__ double sub(double a, double b) const { return px_sub(f, r, a, b, 0); }
    __device__ double mul(double a, double b) const { return px_mul(f, r, a, b, 0); }
    __device__ double div(double a, double b) const { return px_div(f, r, a, b, 0); }
    __device__ double sqrt(double a) const { return px_sqrt(f, r, a, 0); }
    __device__ double exp(double a) const { return px_fn_exp(f, r, a); }
    __device__ double tanh(double a) const { return px_fn_tanh(f, r, a); }
    __device__ double erf(double a) const { return px_fn_erf(f, r, a); }
    __device__ double log(double a) const { return px_fn_log(f, r, a); }
    __device__ double rsqrt(double a) const { return px_fn_rsqrt(f, r, a); }
    __device__ double number(double c) const {
        return px_round(f, px_rounding_of(PX_NEAREST_EVEN), c, 0);
    } /* const(c) */
};

static __device__ inline rounded rounded_by(const px_recipe &recipe) {
    return {recipe.acc, {recipe.rounding, recipe.sr_bits}};
}

static __device__ inline double last_rounding(const px_recipe &recipe, double x) {
    return px_round(recipe.out, {recipe.rounding, recipe.sr_bits}, x, 0);
}

#endif
