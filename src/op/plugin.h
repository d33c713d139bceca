/* What a plug-in of executors shows: a shared library beside the program, loaded when one of its executors is asked for
 * (backend/plugin.h), with one symbol. Program and plug-in are built together: what they share are plain structs. */
#ifndef PX_OP_PLUGIN_H
#define PX_OP_PLUGIN_H

#include "op/op.h"

/* How an executor's results are compared with the definition's, THE list: X(enumerator, name, rule). */
#define PX_COMPARISON_LIST(X)                                                                                          \
    X(PX_EXACT, "exact", "bit for bit; a NaN is a NaN")                                                                \
    X(PX_EXACT_INTEGER, "integer", "bit for bit on small integers: every partial sum is exact in any order")           \
    X(PX_MODELLED, "modelled", "bit for bit with the model of the matrix unit; the rate of matches is told")           \
    X(PX_BOUNDED, "bounded", "error against the exact result within the a-priori bound; two runs alike")
#define PX_COMPARISON_ENUM(id, name, text) id,
typedef enum px_comparison { PX_COMPARISON_LIST(PX_COMPARISON_ENUM) PX_COMPARISON_COUNT } px_comparison;
#undef PX_COMPARISON_ENUM

enum { PX_PLUGIN_ABI = 2 };

/* Operations on numbers of one format, to nearest even, THE list: X(enumerator, name, operands). The operand of `round`
 * is of fp32 where that is wider, else of fp64. */
#define PX_SCALAR_LIST(X)                                                                                              \
    X(PX_SCALAR_ADD, "add", 2)                                                                                         \
    X(PX_SCALAR_MUL, "mul", 2)                                                                                         \
    X(PX_SCALAR_DIV, "div", 2)                                                                                         \
    X(PX_SCALAR_FMA, "fma", 3)                                                                                         \
    X(PX_SCALAR_SQRT, "sqrt", 1)                                                                                       \
    X(PX_SCALAR_ROUND, "round", 1)                                                                                     \
    X(PX_SCALAR_EXP, "exp", 1)                                                                                         \
    X(PX_SCALAR_TANH, "tanh", 1)                                                                                       \
    X(PX_SCALAR_ERF, "erf", 1)                                                                                         \
    X(PX_SCALAR_LOG, "log", 1)                                                                                         \
    X(PX_SCALAR_RSQRT, "rsqrt", 1)
#define PX_SCALAR_ENUM(id, name, operands) id,
typedef enum px_scalar { PX_SCALAR_LIST(PX_SCALAR_ENUM) PX_SCALAR_COUNT } px_scalar;
#undef PX_SCALAR_ENUM
const char *px_scalar_name(px_scalar op);
int px_scalar_operands(px_scalar op);

/* n of them: out[i] from in[0][i], in[1][i], ... as far as the operation has operands. */
typedef struct px_scalars {
    px_scalar op;
    bool instructions; /* the device's own for the format; else arith/ and kernel/fn.h as they are compiled for it */
    px_fp format;
    int64_t n;
    const double *in[3];
    double *out;
} px_scalars;
typedef px_status px_scalars_function(const px_scalars *s, px_error *err); /* PX_SKIPPED: no such instructions */

/* Ways to call cublasGemmEx, THE list, an executor each: X(context, enumerator, suffix of its name, compute types of sums
 * in 16, 32, 64 bits, math mode, reductions in reduced precision?, operands rounded to?, what). The last but one are
 * its liberties. context: the user's. Compute types and modes are cuBLAS', NONE: no such products; operands that are
 * rounded first are words of 32 bits. With results in fp32 no reduction can be in less, so those types have one row.
 * Source: cuBLAS documentation, cublasComputeType_t, cublasMath_t, cublasGemmEx. */
#define PX_CUBLAS_LIST(X, context)                                                                                     \
    X(context, PX_CUBLAS, "", CUBLAS_COMPUTE_16F, CUBLAS_COMPUTE_32F, CUBLAS_COMPUTE_64F, CUBLAS_DEFAULT_MATH, false,  \
      NULL, "compute types 16F, 32F, 64F, which sums never leave")                                                     \
    X(context, PX_CUBLAS_REDUCED, "_reduced", CUBLAS_COMPUTE_16F, CUBLAS_COMPUTE_32F, CUBLAS_COMPUTE_64F,              \
      CUBLAS_DEFAULT_MATH, true, NULL, "compute types 16F, 32F, 64F, reduced reductions allowed: its default")         \
    X(context, PX_CUBLAS_PEDANTIC, "_pedantic", CUBLAS_COMPUTE_16F_PEDANTIC, CUBLAS_COMPUTE_32F_PEDANTIC,              \
      CUBLAS_COMPUTE_64F_PEDANTIC, CUBLAS_PEDANTIC_MATH, false, NULL,                                                  \
      "compute types 16F_PEDANTIC, 32F_PEDANTIC, 64F_PEDANTIC")                                                        \
    X(context, PX_CUBLAS_PEDANTIC_REDUCED, "_pedantic_reduced", CUBLAS_COMPUTE_16F_PEDANTIC,                           \
      CUBLAS_COMPUTE_32F_PEDANTIC, CUBLAS_COMPUTE_64F_PEDANTIC, CUBLAS_PEDANTIC_MATH, true, NULL,                      \
      "the pedantic compute types, reduced reductions allowed")                                                        \
    X(context, PX_CUBLAS_FAST_16F, "_fast_16f", NONE, CUBLAS_COMPUTE_32F_FAST_16F, NONE, CUBLAS_DEFAULT_MATH, false,   \
      "fp16", "compute type 32F_FAST_16F, fp32 operands may be rounded to fp16 first")                                 \
    X(context, PX_CUBLAS_FAST_16BF, "_fast_16bf", NONE, CUBLAS_COMPUTE_32F_FAST_16BF, NONE, CUBLAS_DEFAULT_MATH,       \
      false, "bf16", "compute type 32F_FAST_16BF, fp32 operands may be rounded to bf16 first")                         \
    X(context, PX_CUBLAS_FAST_TF32, "_fast_tf32", NONE, CUBLAS_COMPUTE_32F_FAST_TF32, NONE, CUBLAS_DEFAULT_MATH,       \
      false, "tf32", "compute type 32F_FAST_TF32, fp32 operands may be rounded to tf32 first")

/* c + a_0 b_0 + a_1 b_1 + ... by one instruction of the device's matrix unit, in words: a NaN's bits are no number's. */
enum { PX_UNIT_TERMS = 16 };
typedef struct px_unit_dot {
    px_fp in, out;
    uint64_t a[PX_UNIT_TERMS], b[PX_UNIT_TERMS], c;
    uint64_t d; /* the result */
} px_unit_dot;
typedef px_status px_unit_function(px_unit_dot *dot, px_error *err); /* PX_SKIPPED: no such unit */

typedef struct px_plugin {
    uint32_t abi;      /* PX_PLUGIN_ABI; the rest is read only where it agrees */
    uint64_t ops_hash; /* px_ops_hash() of the plug-in */
    const char *build; /* version and commit; must be the program's */
    const px_exec *const *execs;
    int n_execs;
    /* Is there a device that can be used? PX_SKIPPED with "no usable CUDA device: ..." where there is none. */
    px_status (*probe)(px_error *err);
    px_status (*sanity)(px_error *err); /* a copy there and back, a kernel that counts, a launch that must fail */
    px_scalars_function *scalars;
    px_unit_function *unit;
    void (*info)(char *text, size_t n); /* after a successful probe: device, driver, libraries, one line */
} px_plugin;

/* The symbol: const px_plugin *px_plugin_get(void). */
#define PX_PLUGIN_SYMBOL "px_plugin_get"
typedef const px_plugin *px_plugin_get_function(void);

/* THE op list and the sizes of the structs that carry a program, as one number. */
uint64_t px_ops_hash(void);

#endif
