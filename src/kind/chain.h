/* A product of three or four matrices as a program, in each grouping that the associative law allows; its bound. */
#ifndef PX_KIND_CHAIN_H
#define PX_KIND_CHAIN_H

#include "kind/trial.h"

/* THE chains: X(id, factors, what it is). Sizes: m tokens (rows of the result), n the width, k the inner width. */
#define PX_CHAIN_LIST(X)                                                                                               \
    X(attention, 4, "x Wk^T Wq x^T, the scores of attention: x is m x n, Wk and Wq are k x n")                         \
    X(three, 3, "A B C, m x n, n x k, k x m")
#define PX_CHAIN_ENUM(id, factors, text) PX_CHAIN_##id,
typedef enum px_chain_id { PX_CHAIN_LIST(PX_CHAIN_ENUM) PX_CHAIN_COUNT } px_chain_id;
#undef PX_CHAIN_ENUM

/* THE groupings: X(id, of three factors, of four; "" where there is none such). */
#define PX_GROUPING_LIST(X)                                                                                            \
    X(left, "(AB)C", "((AB)C)D")                                                                                       \
    X(right, "A(BC)", "A(B(CD))")                                                                                      \
    X(pairs, "", "(AB)(CD)")                                                                                           \
    X(middle_left, "", "(A(BC))D")                                                                                     \
    X(middle_right, "", "A((BC)D)")
#define PX_GROUPING_ENUM(id, three, four) PX_GROUPING_##id,
typedef enum px_grouping { PX_GROUPING_LIST(PX_GROUPING_ENUM) PX_GROUPING_COUNT } px_grouping;
#undef PX_GROUPING_ENUM

enum { PX_CHAIN_FACTORS = 4, PX_CHAIN_CALLS = 3, PX_CHAIN_NODES = PX_CHAIN_FACTORS + PX_CHAIN_CALLS };

/* Nodes: the factors, then the results of the calls in order, the last one the product. Points into itself: never
 * copied after px_chain_plan. */
typedef struct px_chain {
    int n_factors, n_calls;
    px_slot slots[PX_CHAIN_NODES];
    px_arg nodes[PX_CHAIN_NODES]; /* views of the slots; x^T is one of x */
    int operands[PX_CHAIN_CALLS][2];
    px_call calls[PX_CHAIN_CALLS];
    px_prog prog;
    int n_slots;
} px_chain;

bool px_chain_has(px_chain_id which, px_grouping grouping);

/* Every product by how's recipe, inner results stored in `inner`, the last one in recipe.out. */
void px_chain_plan(px_chain *c, px_chain_id which, px_grouping grouping, const px_treatment *how, px_fp inner,
                   int64_t m, int64_t n, int64_t k);

/* Slots that hold data: the first ones. */
int px_chain_inputs(const px_chain *c);

/* Additions and multiplications of the grouping. */
double px_chain_flops(const px_chain *c);

/* Runs it by an executor; inputs: px_chain_inputs matrices. values: one a slot, shaped here; parts of px_wide beside hi
 * only when wide. */
px_status px_chain_run(const px_chain *c, const px_exec *exec, px_arena *arena, const px_mat *inputs, bool wide,
                       px_wide *values, px_error *err);

/* |computed - exact| <= beta |A||B||C|... + eta: each product's bound, carried through the next ones. magnitudes: the
 * values of the program run exactly on |A|, |B|, ...; computed: its values as computed; liberties: the executor's. */
px_bound px_chain_bound(const px_chain *c, px_liberties liberties, const px_wide *magnitudes, const px_wide *computed);

#endif
