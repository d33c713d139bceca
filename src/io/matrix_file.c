#include "io/matrix_file.h"

#include <string.h>

#include "io/mtx.h"
#include "io/npy.h"

/* THE list of the files that hold a matrix. */
static const struct kind {
    const char *ending;
    px_status (*parse)(px_arena *arena, const char *path, px_bytes bytes, px_mat *m, px_error *err);
} kinds[] = {{".mtx", px_mtx_parse}, {".npy", px_npy_parse}};

px_status px_matrix_file_read(px_arena *arena, const char *path, px_mat *m, px_error *err) {
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t n = strlen(kinds[i].ending);
        px_bytes bytes;
        if (length < n || strcmp(path + length - n, kinds[i].ending) != 0) continue;
        PX_TRY(px_infile_read(arena, path, &bytes, err));
        return kinds[i].parse(arena, path, bytes, m, err);
    }
    return px_fail(err, PX_BAD_FILE, "%s: the name of a matrix file ends in .mtx or .npy", path);
}
