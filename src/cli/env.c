/* `precx env`: what is loaded here, not what was found when precx was built. On Debian the BLAS and LAPACK behind a
 * name are the administrator's choice, so the loaded objects are asked. */
#define _GNU_SOURCE /* dladdr */
#include <cblas.h>
#include <cpuid.h>
#include <dlfcn.h>
#include <gmp.h>
#include <gnu/libc-version.h>
#include <jansson.h>
#include <mpfr.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/plugin.h"
#include "base/parallel.h"
#include "base/probe.h"
#include "base/text.h"
#include "cli/cli.h"
#include "px_version.h"

static void item(px_table *t, const char *name, const char *value) { px_table_add(t, (const char *[]){name, value}); }

/* The file that a function of this process lives in. */
static const char *object_of(px_arena *arena, const char *symbol) {
    Dl_info info;
    void *address = dlsym(RTLD_DEFAULT, symbol);
    if (!address || !dladdr(address, &info) || !info.dli_fname) return "not loaded";
    char *real = realpath(info.dli_fname, NULL);
    const char *path = px_arena_strdup(arena, real ? real : info.dli_fname);
    free(real);
    return path;
}

static const char *cpu_name(px_arena *arena) {
#if defined(__x86_64__)
    unsigned r[12] = {0};
    if (__get_cpuid_max(0x80000000u, NULL) >= 0x80000004u) {
        for (unsigned i = 0; i < 3; i++)
            __get_cpuid(0x80000002u + i, &r[4 * i], &r[4 * i + 1], &r[4 * i + 2], &r[4 * i + 3]);
        char brand[sizeof r + 1] = {0};
        memcpy(brand, r, sizeof r);
        return px_arena_strdup(arena, brand + strspn(brand, " "));
    }
#endif
    return px_arena_strdup(arena, "unknown");
}

static const char *instruction_sets(px_arena *arena) {
    const char *sets = "";
#if defined(__x86_64__)
    __builtin_cpu_init();
#define PX_SET(name)                                                                                                   \
    if (__builtin_cpu_supports(name)) sets = px_arena_printf(arena, "%s%s%s", sets, *sets ? " " : "", name);
    PX_SET("sse4.2")
    PX_SET("avx")
    PX_SET("fma")
    PX_SET("avx2")
    PX_SET("avx512f")
    PX_SET("avx512bw")
    PX_SET("avx512dq")
    PX_SET("avx512vl")
#undef PX_SET
#endif
    return *sets ? sets : px_arena_strdup(arena, "baseline");
}

static const char *gpu(px_arena *arena) {
    px_error err;
    char text[256];
    if (px_plugin_ready(PX_CUDA, &err) != PX_OK) return px_arena_printf(arena, "none: %s", err.text);
    px_plugin_info(PX_CUDA, text, sizeof text);
    return px_arena_strdup(arena, text);
}

static void add_machine(px_arena *arena, px_table *t) {
    double bytes = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    item(t, "cpu", cpu_name(arena));
    item(t, "instruction_sets", instruction_sets(arena));
    item(t, "threads", px_arena_printf(arena, "%d", px_parallel_jobs()));
    item(t, "memory_gib", px_arena_printf(arena, "%.1f", bytes / (1024.0 * 1024.0 * 1024.0)));
    item(t, "gpu", gpu(arena));
}

static void add_libraries(px_arena *arena, px_table *t) {
    item(t, "blas", object_of(arena, "cblas_dgemm"));
    item(t, "blas_config", openblas_get_config());
    item(t, "blas_core", openblas_get_corename());
    item(t, "blas_threading",
         openblas_get_parallel() == 0   ? "sequential"
         : openblas_get_parallel() == 1 ? "pthreads"
                                        : "OpenMP");
    item(t, "lapack", object_of(arena, "dgesv_"));
    item(t, "lapacke", object_of(arena, "LAPACKE_dgesv"));
    item(t, "mpfr", px_arena_printf(arena, "%s (built with %s)", mpfr_get_version(), MPFR_VERSION_STRING));
    item(t, "gmp", gmp_version);
    item(t, "jansson", jansson_version_str());
    item(t, "libc", px_arena_printf(arena, "glibc %s", gnu_get_libc_version()));
}

static void probe_body(void *context, int64_t i) {
    px_error *errors = context;
    errors[i].status = PX_OK;
    px_probe_all(&errors[i]);
}

/* The probes on every thread of the pool: the floating-point environment belongs to a thread. */
static px_status probe_threads(px_arena *arena, px_error *err) {
    int n = px_parallel_jobs();
    px_error *errors = PX_NEW_ARRAY(arena, px_error, n);
    px_parallel_for(n, probe_body, errors);
    for (int i = 0; i < n; i++)
        if (errors[i].status != PX_OK) return px_fail(err, errors[i].status, "%s", errors[i].text);
    return PX_OK;
}

px_status px_command_env(const px_cli *cli, px_error *err) {
    static const px_table_column columns[] = {{"item", false}, {"value", false}};
    px_table t = px_table_new(cli->arena, columns, 2);
    item(&t, "precx", PX_VERSION);
    item(&t, "commit", PX_GIT_DIRTY ? PX_GIT_COMMIT " (modified)" : PX_GIT_COMMIT);
    item(&t, "compiler", PX_COMPILER);
    item(&t, "build_type", PX_BUILD_TYPE);
    add_machine(cli->arena, &t);
    add_libraries(cli->arena, &t);
    px_status status = PX_OK;
    if (px_cli_given(cli, PX_OPT_CHECK)) {
        status = probe_threads(cli->arena, err);
        item(&t, "probes", status == PX_OK ? "passed on every thread" : err->text);
    }
    px_table_print(stdout, &t, px_cli_style(cli), 0, px_cli_color(cli, stdout));
    return status;
}
