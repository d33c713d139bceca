#include "kind/gallery.h"

#include <string.h>

#include "io/matrix_file.h"

enum { N_DEFAULT = 8, MODE_DEFAULT = 3 };
#define KAPPA_DEFAULT 1e5 /* the notes' diag(1, 1e-5) */

#define NAME(id, formula, kappa, source) #id,
const char *const px_words_gallery[] = {PX_GALLERY_LIST(NAME) "file:*", NULL};
#undef NAME

static bool is_file(const px_case *c) { return px_case_value(c, "matrix")->path != NULL; }

int64_t px_source_order(const px_case *c) {
    int64_t n = px_case_int(c, "n");
    return n > 0 ? n : is_file(c) ? 0 : N_DEFAULT;
}

static px_gallery gallery_of(const px_case *c) {
    double kappa = px_case_real(c, "kappa");
    int64_t mode = px_case_int(c, "mode");
    return (px_gallery){.which = px_case_value(c, "matrix")->word,
                        .n = px_source_order(c),
                        .kappa = kappa > 0 ? kappa : KAPPA_DEFAULT,
                        .mode = mode > 0 ? (int)mode : MODE_DEFAULT,
                        .draw = {c->seed, (uint64_t)px_case_int(c, "rep"), "A"}};
}

const char *px_source_refused(px_arena *arena, const px_case *c) {
    const char *name = px_case_text(c, "matrix");
    double kappa = px_case_real(c, "kappa");
    int64_t mode = px_case_int(c, "mode");
    bool file = is_file(c);
    px_gallery g = gallery_of(c);
    if (file && px_case_int(c, "n") != 0) return "a file has a size of its own: n = 0";
    if (kappa != 0 && (file || !px_gallery_takes_kappa(g.which)))
        return px_arena_printf(arena, "kappa does not apply to matrix %s", file ? "file" : name);
    if (mode != 0 && (file || !px_gallery_takes_mode(g.which)))
        return px_arena_printf(arena, "mode does not apply to matrix %s", file ? "file" : name);
    if (file) return NULL;
    if (kappa > 0 && kappa < 1) return "kappa is at least 1";
    return px_gallery_refused(&g);
}

px_status px_source_make(px_arena *arena, const px_case *c, px_source *s, px_error *err) {
    *s = (px_source){.file = is_file(c)};
    if (s->file) {
        px_mat m;
        PX_TRY(px_matrix_file_read(arena, px_case_value(c, "matrix")->path, &m, err));
        s->ideal = px_wide_of(m);
        return PX_OK;
    }
    s->g = gallery_of(c);
    s->ideal = px_gallery_fill(arena, &s->g);
    return PX_OK;
}

void px_source_entry(const px_source *s, int64_t i, int64_t j, mpfr_t x) {
    if (s->file)
        mpfr_set_d(x, px_mat_get(&s->ideal.hi, i, j), MPFR_RNDN);
    else
        px_gallery_entry(&s->g, &s->ideal, i, j, x);
}

px_status px_source_check(const px_plan *plan, px_error *err) {
    const char *last = "";
    for (int64_t k = 0; k < plan->n_cells; k++) {
        const char *path = px_case_value(&plan->cells[k], "matrix")->path;
        if (!path || strcmp(path, last) == 0) continue;
        px_mat m;
        px_arena *scratch = px_arena_new();
        px_status status = px_matrix_file_read(scratch, path, &m, err);
        px_arena_free(scratch);
        PX_TRY(status);
        last = path;
    }
    return PX_OK;
}
