/* The types of numbers in .safetensors files. */
#ifndef PX_IO_DTYPE_H
#define PX_IO_DTYPE_H

#include "arith/fp.h"

/* THE list: X(name in the file, bytes of an element, our format or NULL). A tensor of a type without a format may stand
 * in a file, but not be loaded. */
#define PX_DTYPE_LIST(X)                                                                                               \
    X("F64", 8, "fp64")                                                                                                \
    X("F32", 4, "fp32")                                                                                                \
    X("F16", 2, "fp16")                                                                                                \
    X("BF16", 2, "bf16")                                                                                               \
    X("F8_E5M2", 1, "fp8_e5m2")                                                                                        \
    X("F8_E4M3", 1, "fp8_e4m3")                                                                                        \
    X("I64", 8, NULL)                                                                                                  \
    X("U64", 8, NULL)                                                                                                  \
    X("I32", 4, NULL)                                                                                                  \
    X("U32", 4, NULL)                                                                                                  \
    X("I16", 2, NULL)                                                                                                  \
    X("U16", 2, NULL)                                                                                                  \
    X("I8", 1, NULL)                                                                                                   \
    X("U8", 1, NULL)                                                                                                   \
    X("BOOL", 1, NULL)

typedef struct px_dtype {
    const char *name;
    int bytes;
    const char *format;
} px_dtype;

const px_dtype *px_dtype_find(const char *name); /* NULL: none */

/* The type of a format; of a format that has none: F32 or F64, the narrower that holds its numbers. */
const px_dtype *px_dtype_of(px_fp fmt);

px_fp px_dtype_format(const px_dtype *dtype); /* PX_ASSERT that it has one */

#endif
