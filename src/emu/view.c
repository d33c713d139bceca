#include "emu/view.h"

#include "base/error.h"
#include "base/parallel.h"

void px_emu_for(double work, int64_t n, void (*body)(void *context, int64_t i), void *context) {
    if (work >= 1e5) {
        px_parallel_for(n, body, context);
        return;
    }
    for (int64_t i = 0; i < n; i++) body(context, i);
}
