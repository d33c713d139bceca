/* The start-up probes, built with wrong flags: exit 0 when they refuse and name the flag that the argument gives. */
#include <stdio.h>
#include <string.h>

#include "base/probe.h"

int main(int argc, char **argv) {
    px_error err = {PX_OK, ""};
#ifdef __FMA__
    if (!__builtin_cpu_supports("fma")) return PX_SKIPPED;
#endif
    px_status status = px_probe_all(&err);
    printf("%d: %s\n", status, err.text);
    return !(argc == 2 && status == PX_INCOMPLETE && strstr(err.text, argv[1]));
}
