#include "io/dtype.h"

#include <string.h>

#define PX_DTYPE_ROW(name, bytes, format) {name, bytes, format},
static const px_dtype rows[] = {PX_DTYPE_LIST(PX_DTYPE_ROW)};
#undef PX_DTYPE_ROW
enum { N_ROWS = sizeof rows / sizeof *rows };

const px_dtype *px_dtype_find(const char *name) {
    for (size_t i = 0; i < N_ROWS; i++)
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    return NULL;
}

const px_dtype *px_dtype_of(px_fp fmt) {
    char name[24];
    px_fp_name(fmt, name);
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].format && strcmp(rows[i].format, name) == 0) return &rows[i];
    return px_dtype_find(px_fits_float(fmt) ? "F32" : "F64");
}

px_fp px_dtype_format(const px_dtype *dtype) {
    px_fp fmt = {0};
    PX_ASSERT(dtype->format && px_fp_parse(dtype->format, &fmt, NULL) == PX_OK);
    return fmt;
}
