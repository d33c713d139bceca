/* The fixture of a program whose tests run experiments: an arena, and a folder that is empty at first and goes with it.
 * For the test itself to include, once. */
#ifndef PX_TEST_FIXTURE_H
#define PX_TEST_FIXTURE_H

#include <stdlib.h>

#include "base/arena.h"
#include "base/text.h"

static px_arena *arena;
static char folder[] = "/tmp/px_test_XXXXXX";

static int set_up(void **state) {
    (void)state;
    arena = px_arena_new();
    return mkdtemp(folder) ? 0 : 1;
}

static int tear_down(void **state) {
    (void)state;
    int failed = system(px_arena_printf(arena, "rm -r %s", folder));
    px_arena_free(arena);
    return failed;
}

#endif
