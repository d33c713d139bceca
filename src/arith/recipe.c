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

const char *px_algorithm_name(px_algorithm algorithm) {
    static const char *const names[] = {
#define PX_ALGORITHM_ROW(id, name, text) [id] = name,
        PX_ALGORITHM_LIST(PX_ALGORITHM_ROW)
#undef PX_ALGORITHM_ROW
    };
    PX_ASSERT(algorithm < PX_ALGORITHM_COUNT);
    return names[algorithm];
}

int px_algorithm_copies(px_algorithm algorithm) {
    return algorithm == PX_BF16X3 ? 3 : algorithm == PX_BF16X6 ? 6 : algorithm == PX_BF16X9 ? 9 : 1;
}

static px_fp named(const char *name) {
    px_fp f = {0};
    PX_ASSERT(px_fp_parse(name, &f, NULL) == PX_OK);
    return f;
}

px_fp px_algorithm_operand(px_algorithm algorithm, px_fp in) {
    if (!px_algorithm_replaces(algorithm)) return in;
    return named(px_algorithm_copies(algorithm) > 1 ? "bf16" : "fp32"); /* an element times its power fits fp32 */
}

px_fp px_algorithm_element(px_algorithm algorithm) {
    px_fp f = {.p = 2, .emin = 0, .emax = 2, .width = 4, .subnormals = 1, .max_finite = 6}; /* e2m1 */
    PX_ASSERT(algorithm == PX_MXFP8_E4M3 || algorithm == PX_MXFP8_E5M2 || algorithm == PX_MXFP4);
    if (algorithm != PX_MXFP4) f = named(algorithm == PX_MXFP8_E4M3 ? "fp8_e4m3" : "fp8_e5m2");
    f.overflow = PX_OVERFLOW_SATURATE;
    return f;
}
