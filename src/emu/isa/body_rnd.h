/* rnd of op/layer.h on arrays: one operation of binary64 numbers, rounded to a format of at most 24 bits. */

typedef float P(floats) __attribute__((vector_size(LANES * sizeof(float))));

INLINE VEC P(rnd_vector)(const TARGET *f, const bool binary32, VEC x) {
    return binary32 ? __builtin_convertvector(__builtin_convertvector(x, P(floats)), VEC) : P(round)(f, x, true, true);
}

INLINE VEC P(operate)(const px_rnd_op op, VEC a, VEC b) {
    switch (op) {
    case PX_RND_ADD: return a + b;
    case PX_RND_SUBTRACT: return a - b;
    case PX_RND_MULTIPLY: return a * b;
    case PX_RND_DIVIDE: return a / b;
    default: return a; /* a function, whose value it is */
    }
}

INLINE void P(rnd_loop)(const px_rnd_format *to, const bool binary32, const px_rnd_op op, int64_t n, const double *a,
                        const double *b, const bool spread, double *y) {
    const TARGET f = P(spread)(&to->target);
    const VEC all = P(all)(spread ? *b : 0);
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        VEC x = P(operate)(op, P(load)(a + i), spread ? all : P(load)(b + i));
        P(store_some)(y + i, LANES, P(rnd_vector)(&f, binary32, x));
    }
    if (i == n) return;
    VEC x = P(operate)(op, P(load_some)(a + i, n - i), spread ? all : P(load_some)(b + i, n - i));
    P(store_some)(y + i, n - i, P(rnd_vector)(&f, binary32, x));
}

INLINE void P(rnd_as)(const px_rnd_format *to, const px_rnd_op op, int64_t n, const double *a, const double *b,
                      int64_t step, double *y) {
    if (to->binary32 && step)
        P(rnd_loop)(to, true, op, n, a, b, false, y);
    else if (to->binary32)
        P(rnd_loop)(to, true, op, n, a, b, true, y);
    else if (step)
        P(rnd_loop)(to, false, op, n, a, b, false, y);
    else
        P(rnd_loop)(to, false, op, n, a, b, true, y);
}

/* Functions of kernel/fn.h, in loops that a compiler makes vectors of; y is not x. */
static void P(functions)(px_rnd_op op, int64_t n, const double *restrict x, double *restrict y) {
    switch (op) {
    case PX_RND_SQRT:
        for (int64_t i = 0; i < n; i++) y[i] = sqrt(x[i]);
        break;
    case PX_RND_EXP:
        for (int64_t i = 0; i < n; i++) y[i] = px_fn_exp64(x[i]);
        break;
    case PX_RND_TANH:
        for (int64_t i = 0; i < n; i++) y[i] = px_fn_tanh64(x[i]);
        break;
    case PX_RND_ERF:
        for (int64_t i = 0; i < n; i++) y[i] = px_fn_erf64(x[i]);
        break;
    default: __builtin_unreachable();
    }
}

static void P(rnd)(const px_rnd_format *to, px_rnd_op op, int64_t n, const double *a, const double *b, int64_t step,
                   double *y) {
    enum { BLOCK = 256 };
    switch (op) {
#define PX_CASE(id)                                                                                                    \
    case id: P(rnd_as)(to, id, n, a, b, step, y); return;
        PX_CASE(PX_RND_ADD)
        PX_CASE(PX_RND_SUBTRACT)
        PX_CASE(PX_RND_MULTIPLY)
        PX_CASE(PX_RND_DIVIDE)
#undef PX_CASE
    default: break;
    }
    for (int64_t i = 0; i < n; i += BLOCK) {
        double value[BLOCK];
        int64_t count = n - i < BLOCK ? n - i : BLOCK;
        P(functions)(op, count, a + i, value);
        P(rnd_as)(to, op, count, value, value, 1, y + i);
    }
}
