#include "support/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

px_fp format(const char *name) {
    px_fp fp;
    px_error err;
    if (px_fp_parse(name, &fp, &err) != PX_OK) fail_msg("%s", err.text);
    return fp;
}
