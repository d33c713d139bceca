/* The matrix of a cell: one of the gallery, or a file's. What the kinds of linear systems and condition numbers share:
 * the axes matrix, n, kappa, mode and rep. */
#ifndef PX_KIND_GALLERY_H
#define PX_KIND_GALLERY_H

#include "data/gallery.h"
#include "kind/axes.h"
#include "kind/kind.h"

extern const char *const px_words_gallery[]; /* the gallery's names, then file:* */

/* Rows of a kind's table. */
#define PX_AXES_GALLERY                                                                                                \
    {"matrix",                                                                                                         \
     PX_PARAM_PATTERN,                                                                                                 \
     "hilbert",                                                                                                        \
     px_words_gallery,                                                                                                 \
     NULL,                                                                                                             \
     0,                                                                                                                \
     0,                                                                                                                \
     true,                                                                                                             \
     "the matrix (`precx list matrices`), or file:PATH of a .mtx or .npy file"},                                       \
        {"n",     PX_PARAM_INT, "0",                                                                                   \
         NULL,    NULL,         0,                                                                                     \
         1 << 13, true,         "order of the matrix; 0 stands for 8, and for a file's own size"},                     \
        {"kappa", PX_PARAM_REAL, "0",                                                                                  \
         NULL,    NULL,          0,                                                                                    \
         1e300,   true,          "matrix diagonal, randsvd: kappa_2 of the ideal, at least 1; 0 stands for 1e5"},      \
    {                                                                                                                  \
        "mode", PX_PARAM_INT, "0", NULL, NULL, 0, 5, true,                                                             \
            "matrix randsvd: distribution of the singular values, 1 to 5; 0 stands for 3 (geometric)"                  \
    }

/* The matrix as it is meant. */
typedef struct px_source {
    bool file; /* then only `ideal` is set */
    px_gallery g;
    px_wide ideal;
} px_source;

/* Why the axes make no matrix, or NULL. A file is not read here. */
const char *px_source_refused(px_arena *arena, const px_case *c);

/* Makes or reads the matrix of a cell that is not refused. PX_BAD_FILE with the place for a file's mistakes. */
px_status px_source_make(px_arena *arena, const px_case *c, px_source *s, px_error *err);

/* Entry (i, j), from 0, of the ideal matrix, to the precision of x. */
void px_source_entry(const px_source *s, int64_t i, int64_t j, mpfr_t x);

/* The order of the matrix, as far as it is known without reading a file (then 0): for costs. */
int64_t px_source_order(const px_case *c);

/* px_kind.check: every file that the plan names is read once, so that a wrong one stops the run before it writes. */
px_status px_source_check(const px_plan *plan, px_error *err);

#endif
