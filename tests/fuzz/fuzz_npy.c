/* Any bytes as a .npy file: they are taken, and every number is finite, or refused with a place. */
#include <math.h>
#include <string.h>

#include "io/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    px_arena *arena = px_arena_new();
    px_mat m;
    px_error err = {.status = PX_OK};
    px_status status = px_npy_parse(arena, "fuzz", (px_bytes){(const char *)bytes, n}, &m, &err);
    PX_ASSERT(status == PX_OK || (status == PX_BAD_FILE && strncmp(err.text, "fuzz:", 5) == 0));
    for (int64_t i = 0; status == PX_OK && i < m.rows; i++)
        for (int64_t j = 0; j < m.cols; j++) PX_ASSERT(isfinite(px_mat_get(&m, i, j)));
    px_arena_free(arena);
    return 0;
}
