/* Trees of sums: known orders are named, from meetings counted by adding sets of terms as each order adds numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/philox.h"
#include "kind/sumtree.h"

/* A partial sum is the set of its terms; adding some notes where each two of them meet. */
typedef uint64_t set;
static px_sumtree tree;

static set add(const set *parts, int n) {
    set all = 0;
    for (int i = 0; i < n; i++) all |= parts[i];
    int size = __builtin_popcountll(all);
    for (int x = 0; x < n; x++)
        for (int y = 0; y < n; y++)
            for (int i = 0; i < 64 && x != y; i++)
                for (int j = 0; j < 64; j++)
                    if (parts[x] >> i & 1 && parts[y] >> j & 1) tree.meet[i][j] = size;
    return all;
}

static set one(int i) { return (set)1 << i; }
static set both(set a, set b) { return a && b ? add((const set[]){a, b}, 2) : a | b; }

static set in_turn(int from, int to) {
    set s = 0;
    for (int i = from; i < to; i++) s = both(s, one(i));
    return s;
}

static void blocks(int n, int b) {
    set s = 0;
    for (int at = 0; at < n; at += b) s = both(s, in_turn(at, at + b < n ? at + b : n));
}

static void units(int n, int w) {
    set s = 0;
    for (int at = 0; at < n; at += w) {
        set parts[65] = {s};
        int count = s != 0;
        for (int i = at; i < at + w && i < n; i++) parts[count++] = one(i);
        s = add(parts, count);
    }
}

static void lanes(int n, int b, int pairwise) {
    set lane[64] = {0};
    for (int i = 0; i < n; i++) lane[i % b] = both(lane[i % b], one(i));
    for (int step = 1; step < b; step *= 2)
        for (int i = 0; pairwise && i + step < b; i += 2 * step) lane[i] = both(lane[i], lane[i + step]);
    for (int i = 1; i < b && !pairwise; i++) lane[0] = both(lane[0], lane[i]);
}

static void neighbours(int n) {
    set level[64];
    for (int i = 0; i < n; i++) level[i] = one(i);
    for (int count = n; count > 1; count = (count + 1) / 2)
        for (int i = 0; i < count; i += 2) level[i / 2] = i + 1 < count ? both(level[i], level[i + 1]) : level[i];
}

static void expect(px_shape shape, int size, int depth) {
    int found;
    assert_string_equal(px_shape_name(px_sumtree_shape(&tree, &found)), px_shape_name(shape));
    assert_int_equal(found, size);
    assert_int_equal(px_sumtree_depth(&tree), depth);
}

static void fresh(int n) {
    memset(&tree, 0, sizeof tree);
    tree.n = n;
}

static void known_orders_are_named(void **state) {
    (void)state;
    fresh(32), in_turn(0, 32), expect(PX_SHAPE_SEQUENTIAL, 0, 31);
    fresh(64), in_turn(0, 64), expect(PX_SHAPE_SEQUENTIAL, 0, 63);
    fresh(32);
    set s = 0;
    for (int i = 31; i >= 0; i--) s = both(s, one(i));
    expect(PX_SHAPE_REVERSE, 0, 31);
    fresh(32), neighbours(32), expect(PX_SHAPE_PAIRWISE, 0, 5);
    fresh(16), neighbours(16), expect(PX_SHAPE_PAIRWISE, 0, 4);
    fresh(32), blocks(32, 8), expect(PX_SHAPE_BLOCKED, 8, 10);
    fresh(32), blocks(32, 5), expect(PX_SHAPE_BLOCKED, 5, 10);
    fresh(32), lanes(32, 2, 0), expect(PX_SHAPE_LANES, 2, 16);
    fresh(32), lanes(32, 8, 0), expect(PX_SHAPE_LANES, 8, 10);
    fresh(32), lanes(32, 8, 1), expect(PX_SHAPE_LANES, 8, 6);
    fresh(32), units(32, 4), expect(PX_SHAPE_UNIT, 4, 8);
    fresh(32), units(32, 16), expect(PX_SHAPE_UNIT, 16, 2);
    fresh(32), units(32, 32), expect(PX_SHAPE_UNIT, 32, 1);
}

/* Any order of additions has a depth: that which is counted while it adds. */
static void any_order_has_a_depth(void **state) {
    (void)state;
    uint64_t counter = 0;
    for (int rep = 0; rep < 200; rep++) {
        fresh(32);
        set parts[32];
        int depth[32] = {0}, n = 32;
        for (int i = 0; i < n; i++) parts[i] = one(i);
        while (n > 1) {
            int i = (int)(px_philox(1, 2, counter++).lo % (uint64_t)n), j = (i + 1) % n;
            parts[i] = both(parts[i], parts[j]);
            depth[i] = 1 + (depth[i] > depth[j] ? depth[i] : depth[j]);
            parts[j] = parts[--n], depth[j] = depth[n];
        }
        assert_int_equal(px_sumtree_depth(&tree), depth[0]);
    }
}

static void what_is_no_tree_is_refused(void **state) {
    (void)state;
    fresh(32), in_turn(0, 32);
    tree.meet[3][7] = tree.meet[7][3] = 9; /* no node of 9 terms without term 8 */
    assert_int_equal(px_sumtree_depth(&tree), -1);
    fresh(32), in_turn(0, 32);
    tree.meet[3][7]++;
    assert_int_equal(px_sumtree_depth(&tree), -1);
    fresh(32); /* nothing was answered */
    assert_int_equal(px_sumtree_depth(&tree), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_orders_are_named),
        cmocka_unit_test(any_order_has_a_depth),
        cmocka_unit_test(what_is_no_tree_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
