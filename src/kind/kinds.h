/* THE list of kinds, and the objects that its files define. */
#ifndef PX_KIND_KINDS_H
#define PX_KIND_KINDS_H

#include "kind/kind.h"

#define PX_KIND_LIST(X)                                                                                                \
    X(add)                                                                                                             \
    X(product)                                                                                                         \
    X(sum)                                                                                                             \
    X(gemm)                                                                                                            \
    X(blas)                                                                                                            \
    X(association)                                                                                                     \
    X(condition)                                                                                                       \
    X(solve)                                                                                                           \
    X(perturbation)                                                                                                    \
    X(transformer)                                                                                                     \
    X(optimizer)                                                                                                       \
    X(cost)                                                                                                            \
    X(normalisation)

#define PX_KIND_EXTERN(id) extern const px_kind px_kind_##id;
PX_KIND_LIST(PX_KIND_EXTERN)
#undef PX_KIND_EXTERN

#define PX_KIND_COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

#endif
