/* Any bytes as a .safetensors file: taken or refused with a place, and every tensor that is taken lies inside the file. */
#include "io/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    px_arena *arena = px_arena_new();
    px_safetensors file;
    px_error err;
    px_status status = px_safetensors_parse(arena, "fuzz", (const char *)bytes, n, n, &file, &err);
    PX_ASSERT(status == PX_OK || status == PX_BAD_FILE);
    PX_ASSERT(status == PX_OK || file.n_tensors == 0);
    uint64_t here = 0, numbers = 0;
    for (int i = 0; i < file.n_tensors; i++) {
        const px_tensor *t = &file.tensors[i];
        PX_ASSERT(t->begin >= here && t->count >= 0 && t->begin <= n);
        here = t->begin + (uint64_t)t->count * (uint64_t)t->dtype->bytes;
        numbers += here - t->begin;
        PX_ASSERT(here <= n && px_safetensors_find(&file, t->name) == t);
    }
    if (status == PX_OK && file.n_tensors) PX_ASSERT(here == n && numbers < n);
    px_arena_free(arena);
    return 0;
}
