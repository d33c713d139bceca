#include "kind/dump.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "io/npy.h"

static px_status write(const px_lab *lab, const char *folder, const char *name, const px_mat *m, px_error *err) {
    return px_npy_write(px_arena_printf(lab->arena, "%s/%s.npy", folder, name), m, err);
}

px_status px_dump_folder(const px_lab *lab, const px_case *c, const char **folder, px_error *err) {
    char *id = px_arena_strdup(lab->arena, c->id);
    for (char *p = id; *p; p++)
        if (*p == '/') *p = '_';
    *folder = px_arena_printf(lab->arena, "%s/%s", lab->dump_dir, id);
    if (mkdir(*folder, 0777) != 0 && errno != EEXIST)
        return px_fail(err, PX_INCOMPLETE, "cannot make the folder %s: %s", *folder, strerror(errno));
    return PX_OK;
}

px_status px_dump_matrices(const px_lab *lab, const px_case *c, int n, const char *const names[],
                           const px_mat *const matrices[], px_error *err) {
    const char *folder;
    if (!lab->dump_dir) return PX_OK;
    PX_TRY(px_dump_folder(lab, c, &folder, err));
    for (int i = 0; i < n; i++) PX_TRY(write(lab, folder, names[i], matrices[i], err));
    return PX_OK;
}

px_status px_dump_trial(const px_lab *lab, const px_case *c, const px_trial *t, const char *const names[],
                        px_error *err) {
    const char *folder;
    if (!lab->dump_dir) return PX_OK;
    PX_TRY(px_dump_folder(lab, c, &folder, err));
    for (int i = 0; i < t->n_in; i++) PX_TRY(write(lab, folder, names[i], &t->in[i], err));
    PX_TRY(write(lab, folder, "C_hat", &t->computed, err));
    PX_TRY(write(lab, folder, "R_hi", &t->truth.v.hi, err));
    px_mat zero = px_mat_new(lab->arena, px_fp_exact(), t->computed.rows, t->computed.cols);
    PX_TRY(write(lab, folder, "R_lo", t->truth.v.lo.data ? &t->truth.v.lo : &zero, err));
    return write(lab, folder, "absab", &t->truth.absab.hi, err);
}
