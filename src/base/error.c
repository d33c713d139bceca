#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

px_status px_fail(px_error *err, px_status status, const char *format, ...) {
    if (err) {
        err->status = status;
        va_list args;
        va_start(args, format);
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return status;
}

_Noreturn void px_assert_failed(const char *file, int line, const char *condition) {
    fprintf(stderr, "precx: a bug in precx: %s:%d: %s does not hold\n", file, line, condition);
    abort();
}

_Noreturn void px_out_of_memory(unsigned long long bytes) {
    fprintf(stderr, "precx: error: out of memory: %llu bytes wanted\n", bytes);
    exit(PX_INCOMPLETE);
}
