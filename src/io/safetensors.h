/* .safetensors files: tensors by name, as frameworks store parameters. The file: 8 bytes, the length N of the header,
 * little-endian; N bytes of JSON, {"name": {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}, ...}, offsets
 * from the end of the header; then the numbers, row-major, little-endian, without a hole (github.com/huggingface/
 * safetensors, "Format"). Files come from outside: nothing in one is believed before it is checked. */
#ifndef PX_IO_SAFETENSORS_H
#define PX_IO_SAFETENSORS_H

#include "base/arena.h"
#include "io/dtype.h"
#include "matrix/mat.h"

enum { PX_TENSOR_DIMS = 8, PX_SAFETENSORS_HEADER_MAX = 100000000 /* bytes, as other readers have it */ };

typedef struct px_tensor {
    const char *name;
    const px_dtype *dtype;
    int n_dims; /* 0: a single number */
    int64_t dim[PX_TENSOR_DIMS], count;
    uint64_t begin; /* of its numbers, in the file */
} px_tensor;

/* What a file holds, in the order of its numbers. The numbers stay in the file. */
typedef struct px_safetensors {
    const char *path;
    const px_tensor *tensors;
    int n_tensors;
} px_safetensors;

/* Everything is PX_BAD_FILE and says "PATH: byte N: what is wrong"; a file that cannot be read says why. Types, shapes,
 * offsets and sizes agree with each other and with the size of the file; the tensors cover all of it once. */
px_status px_safetensors_open(px_arena *arena, const char *path, px_safetensors *file, px_error *err);

/* The same on n bytes, of which the file says that they are the beginning of file_size: 8 bytes and the whole header.
 * */
px_status px_safetensors_parse(px_arena *arena, const char *path, const char *bytes, size_t n, uint64_t file_size,
                               px_safetensors *file, px_error *err);

const px_tensor *px_safetensors_find(const px_safetensors *file, const char *name); /* NULL: none */

/* The numbers, exact, in the format of the type: rows x last dimension, one row for fewer than two dimensions, 0 x 0
 * for none. PX_BAD_FILE for integers and for a file that has become shorter. */
px_status px_safetensors_load(px_arena *arena, const px_safetensors *file, const px_tensor *tensor, px_mat *m,
                              px_error *err);

/* A tensor to write, in the type whose format is the matrix's; any other format: the narrowest of F32 and F64 that
 * holds its numbers. vector: the shape is [cols], not [1, cols]; transposed: the shape is [cols, rows]. Names are UTF-8
 * and differ; "__metadata__" is not one. */
typedef struct px_tensor_out {
    const char *name;
    px_mat m;
    bool vector, transposed;
} px_tensor_out;

/* The file appears whole or not at all; wide types come first, so that every number is aligned. The same tensors give
 * the same bytes. PX_INCOMPLETE with what the system said. */
px_status px_safetensors_write(const char *path, const px_tensor_out *tensors, int n, px_error *err);

#endif
