#include "kind/sumtree.h"

#include <stdbool.h>

#include "base/error.h"

const char *px_shape_name(px_shape shape) {
#define NAME(id, name, text) name,
    static const char *const names[] = {PX_SHAPE_LIST(NAME)};
#undef NAME
    PX_ASSERT((int)shape >= 0 && shape < PX_SHAPE_COUNT);
    return names[shape];
}

/* The terms of `below` that meet the first one below a node of n terms: its child with that term. All of them must meet
 * all others at the node itself; 0 when they do not. */
static int child_of(const px_sumtree *t, const int *below, int n, int first, bool *taken, int *child) {
    bool inside[PX_SUMTREE_MAX];
    int size = 0;
    for (int i = 0; i < n; i++) {
        int meet = i == first ? 1 : t->meet[below[first]][below[i]];
        if (meet < 1 || meet > n) return 0;
        inside[i] = meet < n;
        if (!inside[i]) continue;
        if (taken[i]) return 0;
        taken[i] = true;
        child[size++] = below[i];
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            if (inside[i] && !inside[j] && t->meet[below[i]][below[j]] != n) return 0;
    return size;
}

static int depth_of(const px_sumtree *t, const int *below, int n) {
    if (n == 1) return 0;
    bool taken[PX_SUMTREE_MAX] = {false};
    int deepest = 0;
    for (int first = 0; first < n; first++) {
        if (taken[first]) continue;
        int child[PX_SUMTREE_MAX], size = child_of(t, below, n, first, taken, child);
        int depth = size == 0 || size == n ? -1 : depth_of(t, child, size);
        if (depth < 0) return -1;
        if (depth + 1 > deepest) deepest = depth + 1;
    }
    return deepest;
}

int px_sumtree_depth(const px_sumtree *t) {
    int all[PX_SUMTREE_MAX];
    for (int i = 0; i < t->n; i++) all[i] = i;
    for (int i = 0; i < t->n; i++)
        for (int j = 0; j < i; j++)
            if (t->meet[i][j] != t->meet[j][i]) return -1;
    return depth_of(t, all, t->n);
}

static int least(int a, int b) { return a < b ? a : b; }

/* Where i < j meet in each known order, b its size. Sizes that do not divide n leave a last, ragged block. */
static int expected(px_shape shape, int n, int b, int i, int j) {
    switch (shape) {
    case PX_SHAPE_SEQUENTIAL: return j + 1;
    case PX_SHAPE_REVERSE: return n - i;
    case PX_SHAPE_PAIRWISE: {
        int width = 2;
        while (i / width != j / width) width *= 2;
        return least((i / width + 1) * width, n) - i / width * width;
    }
    case PX_SHAPE_BLOCKED: return i / b == j / b ? j % b + 1 : least((j / b + 1) * b, n);
    case PX_SHAPE_UNIT: return least((j / b + 1) * b, n);
    case PX_SHAPE_LANES:
    case PX_SHAPE_OTHER:
    case PX_SHAPE_COUNT: break;
    }
    return 0;
}

static bool is_shape(const px_sumtree *t, px_shape shape, int b) {
    for (int j = 1; j < t->n; j++)
        for (int i = 0; i < j; i++)
            if (t->meet[i][j] != expected(shape, t->n, b, i, j)) return false;
    return true;
}

/* Each lane is sequential; different lanes meet when all terms of both are summed, in whatever order the lanes are. */
static bool is_lanes(const px_sumtree *t, int b) {
    if (t->n % b != 0) return false;
    for (int j = 1; j < t->n; j++)
        for (int i = 0; i < j; i++) {
            if (i % b == j % b && t->meet[i][j] != j / b + 1) return false;
            if (i % b != j % b && (t->meet[i][j] % (t->n / b) != 0 || t->meet[i][j] < 2 * (t->n / b))) return false;
        }
    return true;
}

px_shape px_sumtree_shape(const px_sumtree *t, int *size) {
    *size = 0;
    if (is_shape(t, PX_SHAPE_SEQUENTIAL, 1)) return PX_SHAPE_SEQUENTIAL;
    if (is_shape(t, PX_SHAPE_REVERSE, 1)) return PX_SHAPE_REVERSE;
    if (is_shape(t, PX_SHAPE_PAIRWISE, 1)) return PX_SHAPE_PAIRWISE;
    for (*size = 2; *size < t->n; ++*size) {
        if (is_shape(t, PX_SHAPE_BLOCKED, *size)) return PX_SHAPE_BLOCKED;
        if (is_shape(t, PX_SHAPE_UNIT, *size)) return PX_SHAPE_UNIT;
        if (is_lanes(t, *size)) return PX_SHAPE_LANES;
    }
    if (is_shape(t, PX_SHAPE_UNIT, *size)) return PX_SHAPE_UNIT;
    *size = 0;
    return PX_SHAPE_OTHER;
}
