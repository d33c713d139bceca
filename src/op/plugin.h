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
    void (*info)(char *text, size_t n); /* after a successful probe: device, driver, libraries, one line */
} px_plugin;

/* The symbol: const px_plugin *px_plugin_get(void). */
#define PX_PLUGIN_SYMBOL "px_plugin_get"
typedef const px_plugin *px_plugin_get_function(void);

/* THE op list and the sizes of the structs that carry a program, as one number. */
uint64_t px_ops_hash(void);

#endif
