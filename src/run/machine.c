#define _GNU_SOURCE
#include "run/machine.h"

#include <cblas.h>
#include <mpfr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parallel.h"
#include "px_version.h"

/* The first number in a file of the kernel's; infinity when there is none ("max"). */
static double read_limit(const char *path) {
    double x = __builtin_inf();
    FILE *f = fopen(path, "r");
    if (!f) return x;
    if (fscanf(f, "%lf", &x) != 1) x = __builtin_inf();
    fclose(f);
    return x;
}

/* The version 2 control group of this process: a path below /sys/fs/cgroup, empty at the root (also in a container). */
static void find_control_group(char *path, size_t n) {
    path[0] = '\0';
    FILE *f = fopen("/proc/self/cgroup", "r");
    if (!f) return;
    char line[512];
    while (fgets(line, sizeof line, f))
        if (strncmp(line, "0::/", 4) == 0) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(path, n, "%s", line + 3);
        }
    fclose(f);
}

double px_machine_memory(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    double bytes = pages > 0 && page > 0 ? (double)pages * (double)page : __builtin_inf();
    char group[512], path[640];
    find_control_group(group, sizeof group);
    const char *const own = group[0] ? group : "/";
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", own);
    const char *const limits[] = {path, "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        double limit = read_limit(limits[i]);
        if (limit < bytes) bytes = limit;
    }
    return bytes;
}

/* The value behind the first line that begins with `key`; NULL: none. */
static json_t *read_value(const char *path, const char *key, char separator) {
    FILE *f = fopen(path, "r");
    if (!f) return json_null();
    char line[1024];
    json_t *value = NULL;
    while (!value && fgets(line, sizeof line, f)) {
        char *text = strchr(line, separator);
        if (!text || strncmp(line, key, strlen(key)) != 0) continue;
        text += 1 + strspn(text + 1, " \t\"");
        text[strcspn(text, "\"\n")] = '\0';
        value = json_string(text);
    }
    fclose(f);
    return value ? value : json_null();
}

json_t *px_machine_build(void) {
    return json_pack("{s:s, s:s, s:s, s:s}", "compiler", PX_COMPILER, "type", PX_BUILD_TYPE, "mpfr", mpfr_get_version(),
                     "jansson", jansson_version_str());
}

json_t *px_machine_blas(void) {
    char config[256];
    snprintf(config, sizeof config, "%s", openblas_get_config());
    size_t n = strlen(config);
    while (n && config[n - 1] == ' ') config[--n] = '\0';
    return json_pack("{s:s, s:s}", "library", config, "core", openblas_get_corename());
}

json_t *px_machine_cpu(void) {
    json_t *sets = json_array();
#if defined(__x86_64__)
#define PX_ADD_SET(name)                                                                                               \
    if (__builtin_cpu_supports(name)) json_array_append_new(sets, json_string(name));
    PX_ADD_SET("fma")
    PX_ADD_SET("avx2")
    PX_ADD_SET("avx512f")
#undef PX_ADD_SET
#endif
    return json_pack("{s:o, s:o, s:i}", "model", read_value("/proc/cpuinfo", "model name", ':'), "flags", sets,
                     "cores_used", px_parallel_jobs());
}

json_t *px_machine_os(void) { return read_value("/etc/os-release", "PRETTY_NAME", '='); }
