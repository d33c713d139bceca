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

enum { PX_PLUGIN_ABI = 1 };

typedef struct px_plugin {
    uint32_t abi;      /* PX_PLUGIN_ABI; the rest is read only where it agrees */
    uint64_t ops_hash; /* px_ops_hash() of the plug-in */
    const char *build; /* version and commit; must be the program's */
    const px_exec *const *execs;
    int n_execs;
    /* Is there a device that can be used? PX_SKIPPED with "no usable CUDA device: ..." where there is none. */
    px_status (*probe)(px_error *err);
    px_status (*sanity)(px_error *err); /* a copy there and back, a kernel that counts, a launch that must fail */
    void (*info)(char *text, size_t n); /* after a successful probe: device, driver, libraries, one line */
} px_plugin;

/* The symbol: const px_plugin *px_plugin_get(void). */
#define PX_PLUGIN_SYMBOL "px_plugin_get"
typedef const px_plugin *px_plugin_get_function(void);

/* THE op list and the sizes of the structs that carry a program, as one number. */
uint64_t px_ops_hash(void);

#endif
