#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "arith/codec.h"
#include "io/outfile.h"
#include "io/safetensors.h"

enum { ALIGNMENT = 8 };

static json_t *shape_of(const px_tensor_out *t) {
    int64_t rows = t->transposed ? t->m.cols : t->m.rows, cols = t->transposed ? t->m.rows : t->m.cols;
    PX_ASSERT(!t->vector || rows == 1);
    return t->vector ? json_pack("[I]", (json_int_t)cols) : json_pack("[I, I]", (json_int_t)rows, (json_int_t)cols);
}

/* The order in the file: wide types first, else as given, so that every number lies at a multiple of its size. */
static void sort_by_width(const px_tensor_out *tensors, int n, const px_tensor_out **sorted) {
    int k = 0;
    for (int width = ALIGNMENT; width >= 1; width /= 2)
        for (int i = 0; i < n; i++)
            if (px_dtype_of(tensors[i].m.fmt)->bytes == width) sorted[k++] = &tensors[i];
    PX_ASSERT(k == n);
}

/* The JSON text, padded with blanks to a multiple of 8 bytes. */
static px_text make_header(const px_tensor_out *const *tensors, int n) {
    json_t *root = json_object();
    json_int_t begin = 0;
    for (int i = 0; i < n; i++) {
        const px_dtype *dtype = px_dtype_of(tensors[i]->m.fmt);
        json_int_t end = begin + tensors[i]->m.rows * tensors[i]->m.cols * dtype->bytes;
        json_t *entry = json_pack("{s: s, s: o, s: [I, I]}", "dtype", dtype->name, "shape", shape_of(tensors[i]),
                                  "data_offsets", begin, end);
        PX_ASSERT(!json_object_get(root, tensors[i]->name));
        PX_ASSERT(entry && json_object_set_new(root, tensors[i]->name, entry) == 0);
        begin = end;
    }
    char *json = json_dumps(root, JSON_COMPACT);
    PX_ASSERT(json);
    px_text header = {0};
    px_text_add(&header, json);
    while (header.length % ALIGNMENT) px_text_add(&header, " ");
    free(json);
    json_decref(root);
    return header;
}

static px_status write_numbers(px_outfile *f, const px_tensor_out *t, px_error *err) {
    const px_dtype *dtype = px_dtype_of(t->m.fmt);
    px_fp fmt = px_dtype_format(dtype);
    int64_t rows = t->transposed ? t->m.cols : t->m.rows, cols = t->transposed ? t->m.rows : t->m.cols;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) {
            uint64_t word = px_encode(fmt, t->transposed ? px_mat_get(&t->m, j, i) : px_mat_get(&t->m, i, j));
            PX_TRY(px_outfile_write(f, (const char *)&word, (size_t)dtype->bytes, err));
        }
    return PX_OK;
}

static px_status write_all(px_outfile *f, const px_text *header, const px_tensor_out *const *tensors, int n,
                           px_error *err) {
    uint64_t length = header->length;
    PX_TRY(px_outfile_write(f, (const char *)&length, sizeof length, err));
    PX_TRY(px_outfile_write(f, px_text_str(header), header->length, err));
    for (int i = 0; i < n; i++) PX_TRY(write_numbers(f, tensors[i], err));
    PX_TRY(px_outfile_complete(f, err));
    return px_outfile_rename(f, err);
}

px_status px_safetensors_write(const char *path, const px_tensor_out *tensors, int n, px_error *err) {
    px_outfile f;
    PX_TRY(px_outfile_open(&f, path, err));
    const px_tensor_out **sorted = calloc((size_t)n + 1, sizeof *sorted);
    if (!sorted) px_out_of_memory((size_t)n * sizeof *sorted);
    sort_by_width(tensors, n, sorted);
    px_text header = make_header(sorted, n);
    px_status status = write_all(&f, &header, sorted, n, err);
    if (status != PX_OK) px_outfile_discard(&f);
    px_text_free(&header);
    free(sorted);
    return status;
}
