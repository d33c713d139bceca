/* The fingerprint of a product's sums: in how many bits, with which rounding and in which order they are really kept,
 * whatever its documentation says. From questions (ask.h) alone. */
#ifndef PX_KIND_FINGERPRINT_H
#define PX_KIND_FINGERPRINT_H

#include "kind/ask.h"
#include "kind/sumtree.h"

/* How products reach the sum: X(enumerator, name, meaning). */
#define PX_PRODUCTS_LIST(X)                                                                                            \
    X(PX_PRODUCTS_UNKNOWN, "", "cannot be told")                                                                       \
    X(PX_PRODUCTS_FIT, "fit", "no product has more bits than the sum")                                                 \
    X(PX_PRODUCTS_FUSED, "fused", "longer than the sum, and not rounded before they are added")                        \
    X(PX_PRODUCTS_ROUNDED, "rounded", "rounded before they are added")
#define PX_PRODUCTS_ENUM(id, name, text) id,
typedef enum px_products { PX_PRODUCTS_LIST(PX_PRODUCTS_ENUM) PX_PRODUCTS_COUNT } px_products;
#undef PX_PRODUCTS_ENUM
const char *px_products_name(px_products p);

/* 0, "" and PX_SHAPE_OTHER with depth 0: cannot be told, the formats' range being too small or the answers odd. */
typedef struct px_fingerprint {
    int operand_bits;     /* significand bits of A and of B that reach the products; the fewer of both */
    int sum_bits;         /* significand bits of the running sum, the fewest over the places of its terms */
    int join_bits;        /* the same where the first three products meet: more, where a unit sums them at once */
    const char *rounding; /* of the running sum: a name of PX_ROUNDING_LIST, or "" */
    px_products products;
    px_shape order; /* of a sum of 32 products (2^p where its result has p < 5 bits) */
    int block;      /* its size, looked for in sums of up to 2048 terms */
    int depth;      /* additions on the longest path through the sum */
    bool uniform;   /* all entries of a result are summed alike; the rest is told of entry (0, 0) */
} px_fingerprint;

px_status px_fingerprint_take(const px_asked *w, px_fingerprint *f, px_error *err);

/* The operand bits alone; `most`: those that operands and result have. */
px_status px_operand_bits(const px_asked *w, int *bits, int *most, px_error *err);

#endif
