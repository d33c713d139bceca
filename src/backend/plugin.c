#define _GNU_SOURCE
#include "backend/plugin.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/probe.h"
#include "px_version.h"

/* A library, looked for once. Rows of the list that name the same file share one. */
typedef struct library {
    const char *file;
    bool tried;
    const px_plugin *plugin; /* NULL: `trouble` says why */
    px_error trouble;
} library;

static const struct row {
    const char *name, *file, *place, *help;
} rows[] = {
#define ROW(id, name, file, place, help) {name, file, place, help},
    PX_PLUGIN_LIST(ROW)
#undef ROW
};

/* Beside precx, above the test programs, or where it is installed. */
static px_status find_file(const char *file, char found[static PATH_MAX], px_error *err) {
    static const char *const places[] = {"", "../", "../lib/precx/"};
    char self[PATH_MAX - 64];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash) slash[1] = '\0';
    for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
        snprintf(found, PATH_MAX, "%s%s%s", self, places[i], file);
        if (access(found, R_OK) == 0) return PX_OK;
    }
    return px_fail(err, PX_SKIPPED, "%s is not beside precx: this build has no such backend", file);
}

static px_status check_build(const px_plugin *p, const char *file, px_error *err) {
    if (p->abi != PX_PLUGIN_ABI)
        return px_fail(err, PX_INCOMPLETE, "%s speaks version %u of the interface, precx version %d", file,
                       (unsigned)p->abi, PX_PLUGIN_ABI);
    if (p->ops_hash != px_ops_hash())
        return px_fail(err, PX_INCOMPLETE, "%s was built with another list of operations than precx", file);
    if (strcmp(p->build, PX_BUILD_ID) != 0)
        return px_fail(err, PX_INCOMPLETE, "%s is of build %s, precx of %s", file, p->build, PX_BUILD_ID);
    return PX_OK;
}

static px_status load(library *l, px_error *err) {
    char path[PATH_MAX];
    PX_TRY(find_file(l->file, path, err));
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) return px_fail(err, PX_SKIPPED, "%s cannot be loaded: %s", l->file, dlerror());
    px_plugin_get_function *get;
    void *symbol = dlsym(handle, PX_PLUGIN_SYMBOL);
    memcpy(&get, &symbol, sizeof get); /* POSIX' way from an object pointer to a function */
    if (!symbol)
        return px_fail(err, PX_INCOMPLETE, "%s has no %s: it is no plug-in of precx", l->file, PX_PLUGIN_SYMBOL);
    px_error probe;
    if (px_probe_all(&probe) != PX_OK)
        return px_fail(err, PX_INCOMPLETE, "%s changes the floating-point environment: %.1024s", l->file, probe.text);
    const px_plugin *plugin = get();
    PX_TRY(check_build(plugin, l->file, err));
    l->plugin = plugin;
    return PX_OK;
}

static const library *library_of(px_plugin_exec id) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static library libraries[PX_PLUGIN_EXEC_COUNT];
    PX_ASSERT((int)id >= 0 && id < PX_PLUGIN_EXEC_COUNT);
    pthread_mutex_lock(&lock);
    library *l = libraries;
    while (l->file && strcmp(l->file, rows[id].file) != 0) l++;
    if (!l->tried) {
        *l = (library){.file = rows[id].file, .tried = true};
        load(l, &l->trouble);
    }
    pthread_mutex_unlock(&lock);
    return l;
}

/* ---- in the place of an executor that is not here ---- */

static int accept(const px_prog *prog, const px_call *call, char *why, size_t n) {
    (void)prog, (void)call, (void)why, (void)n;
    return 1;
}

static px_status cannot_open(const px_exec *self, void **state, const px_prog *prog, px_error *err) {
    (void)state, (void)prog;
    PX_TRY(px_plugin_ready((px_plugin_exec)px_plugin_named(self->name), err));
    return px_fail(err, PX_INCOMPLETE, "%s was not here when the run began", self->name);
}

const px_exec *px_plugin_listed(px_plugin_exec id) {
    static const px_exec listed[] = {
#define LISTED(id, name_, file, place, help_)                                                                          \
    {.abi = PX_EXEC_ABI, .name = name_, .help = help_, .supports = accept, .open = cannot_open},
        PX_PLUGIN_LIST(LISTED)
#undef LISTED
    };
    return &listed[id];
}

const px_exec *px_plugin_member(px_plugin_exec id, const char *name) {
    const px_plugin *p = library_of(id)->plugin;
    for (int i = 0; p && i < p->n_execs; i++)
        if (strcmp(p->execs[i]->name, name) == 0) return p->execs[i];
    return NULL;
}

const px_exec *px_plugin_find(px_plugin_exec id) {
    const px_exec *exec = px_plugin_member(id, rows[id].name);
    return exec ? exec : px_plugin_listed(id);
}

px_status px_plugin_ready(px_plugin_exec id, px_error *err) {
    const library *l = library_of(id);
    if (!l->plugin) {
        if (err) *err = l->trouble;
        return l->trouble.status;
    }
    return l->plugin->probe(err);
}

int px_plugin_named(const char *name) {
    for (int i = 0; i < PX_PLUGIN_EXEC_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0) return i;
    return -1;
}

const char *px_plugin_place(px_plugin_exec id) { return rows[id].place; }

px_status px_plugin_sanity(px_plugin_exec id, px_error *err) {
    const px_plugin *p = library_of(id)->plugin;
    PX_ASSERT(p);
    return p->sanity(err);
}

px_scalars_function *px_plugin_scalars(px_plugin_exec id) {
    const px_plugin *p = library_of(id)->plugin;
    PX_ASSERT(p);
    return p->scalars;
}

px_unit_function *px_plugin_unit(px_plugin_exec id) {
    const px_plugin *p = library_of(id)->plugin;
    PX_ASSERT(p);
    return p->unit;
}

void px_plugin_info(px_plugin_exec id, char *text, size_t n) {
    const px_plugin *p = library_of(id)->plugin;
    PX_ASSERT(p && n > 0);
    p->info(text, n);
}
