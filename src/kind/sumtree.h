/* The order of a summation as a tree, from what can be asked: for each two terms, how many terms are summed where they
 * meet (Xie, Gao & Xue, FPRev, arXiv 2411.00442). A node with more than two children is a sum of several terms at once,
 * as matrix units do it. */
#ifndef PX_KIND_SUMTREE_H
#define PX_KIND_SUMTREE_H

#include "base/arena.h"

enum { PX_SUMTREE_MAX = 64 };

/* meet[i][j], i != j: terms below the lowest node that has both i and j below it. */
typedef struct px_sumtree {
    int n; /* terms, at most PX_SUMTREE_MAX */
    int meet[PX_SUMTREE_MAX][PX_SUMTREE_MAX];
} px_sumtree;

/* Nodes on the longest path from a term to the sum; -1 when the numbers belong to no tree. */
int px_sumtree_depth(const px_sumtree *t);

/* Known orders, THE list: X(enumerator, name, what it is; b the size). */
#define PX_SHAPE_LIST(X)                                                                                               \
    X(PX_SHAPE_SEQUENTIAL, "sequential", "term after term")                                                            \
    X(PX_SHAPE_REVERSE, "reverse", "term after term, from the last one")                                               \
    X(PX_SHAPE_PAIRWISE, "pairwise", "neighbours, level by level")                                                     \
    X(PX_SHAPE_BLOCKED, "blocked", "blocks of b terms one after another, their sums added left to right")              \
    X(PX_SHAPE_LANES, "lanes", "b sums at once, term t in sum t mod b; then these")                                    \
    X(PX_SHAPE_UNIT, "unit", "b products and the sum so far, all at once")                                             \
    X(PX_SHAPE_OTHER, "other", "none of these")

#define PX_SHAPE_ENUM(id, name, text) id,
typedef enum px_shape { PX_SHAPE_LIST(PX_SHAPE_ENUM) PX_SHAPE_COUNT } px_shape;
#undef PX_SHAPE_ENUM

const char *px_shape_name(px_shape shape);

/* Which one it is; *size: b, or 0 where there is none. */
px_shape px_sumtree_shape(const px_sumtree *t, int *size);

#endif
