#include "arith/recipe.h"

#include <string.h>

static const struct row {
    const char *name, *help;
} rows[PX_ORDER_COUNT] = {
#define PX_ORDER_ROW(id, name, text) [id] = {name, text},
    PX_ORDER_LIST(PX_ORDER_ROW)
#undef PX_ORDER_ROW
};

px_recipe px_recipe_uniform(px_fp f) {
    return (px_recipe){.mul = f, .acc = f, .out = f, .rounding = PX_NEAREST_EVEN, .order = PX_SEQUENTIAL};
}

const char *px_order_name(px_order order) {
    PX_ASSERT(order < PX_ORDER_COUNT);
    return rows[order].name;
}

const char *px_order_help(px_order order) {
    PX_ASSERT(order < PX_ORDER_COUNT);
    return rows[order].help;
}

int px_order_find(const char *name) {
    for (int i = 0; i < PX_ORDER_COUNT; i++)
        if (strcmp(name, rows[i].name) == 0) return i;
    return -1;
}
