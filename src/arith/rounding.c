#include "arith/rounding.h"

#include <string.h>

#include "base/error.h"

static const struct row {
    const char *name, *help;
} rows[PX_ROUNDING_COUNT] = {
#define PX_ROUNDING_ROW(id, name, text) [id] = {name, text},
    PX_ROUNDING_LIST(PX_ROUNDING_ROW)
#undef PX_ROUNDING_ROW
};

const char *px_rounding_name(px_rounding_mode mode) {
    PX_ASSERT(mode < PX_ROUNDING_COUNT);
    return rows[mode].name;
}

const char *px_rounding_help(px_rounding_mode mode) {
    PX_ASSERT(mode < PX_ROUNDING_COUNT);
    return rows[mode].help;
}

int px_rounding_find(const char *name) {
    for (int i = 0; i < PX_ROUNDING_COUNT; i++)
        if (strcmp(name, rows[i].name) == 0) return i;
    return -1;
}
