#define _GNU_SOURCE /* memmem */
#include "io/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "arith/codec.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the numbers of a file are little-endian, like this machine's");

enum { PREFIX = 8 };

/* ---- the header ---- */

/* A file being read: where mistakes are said to be. */
typedef struct reader {
    const char *path, *header; /* the JSON text */
    size_t length;             /* of the header */
    uint64_t data;             /* bytes after it */
    px_arena *arena;
    px_error *err;
} reader;

static px_status bad(const reader *r, uint64_t at, const char *what) {
    return px_fail(r->err, PX_BAD_FILE, "%s: byte %" PRIu64 ": %s", r->path, at, what);
}

/* Where the header names a tensor; its beginning when the name is spelt with escapes. */
static uint64_t place_of(const reader *r, const char *name) {
    const char *quoted = px_arena_printf(r->arena, "\"%s\"", name);
    const char *end = r->header + r->length, *at = r->header;
    while ((at = memmem(at, (size_t)(end - at), quoted, strlen(quoted)))) {
        const char *next = at + strlen(quoted);
        while (next < end && strchr(" \t\r\n", *next)) next++;
        if (next < end && *next == ':') return PREFIX + (uint64_t)(at - r->header);
        at++;
    }
    return PREFIX;
}

static px_status bad_tensor(const reader *r, const char *name, const char *what) {
    return bad(r, place_of(r, name), px_arena_printf(r->arena, "tensor '%.200s': %s", name, what));
}

static px_status read_shape(const reader *r, const char *name, const json_t *shape, px_tensor *t) {
    if (!json_is_array(shape)) return bad_tensor(r, name, "has no list 'shape'");
    if (json_array_size(shape) > PX_TENSOR_DIMS) return bad_tensor(r, name, "has more than 8 dimensions");
    t->n_dims = (int)json_array_size(shape);
    t->count = 1;
    for (int d = 0; d < t->n_dims; d++) {
        const json_t *size = json_array_get(shape, (size_t)d);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return bad_tensor(r, name, "a dimension is not a number of elements");
        t->dim[d] = json_integer_value(size);
        if (__builtin_mul_overflow(t->count, t->dim[d], &t->count))
            return bad_tensor(r, name, "the product of its dimensions is beyond 2^63");
    }
    return PX_OK;
}

static px_status read_offsets(const reader *r, const char *name, const json_t *offsets, px_tensor *t) {
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1); /* NULL where there is none */
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return bad_tensor(r, name, "has no pair 'data_offsets'");
    json_int_t from = json_integer_value(begin), to = json_integer_value(end);
    if (from < 0 || to < from) return bad_tensor(r, name, "its data end before they begin");
    if ((uint64_t)to > r->data)
        return bad_tensor(r, name,
                          px_arena_printf(r->arena,
                                          "its data end at %" JSON_INTEGER_FORMAT " of %" PRIu64 " bytes of data", to,
                                          r->data));
    int64_t bytes;
    if (__builtin_mul_overflow(t->count, (int64_t)t->dtype->bytes, &bytes) || bytes != to - from)
        return bad_tensor(r, name,
                          px_arena_printf(r->arena,
                                          "%" PRId64 " numbers of %s do not fill %" JSON_INTEGER_FORMAT " bytes",
                                          t->count, t->dtype->name, to - from));
    t->begin = PREFIX + r->length + (uint64_t)from;
    return PX_OK;
}

static px_status read_tensor(const reader *r, const char *name, const json_t *entry, px_tensor *t) {
    if (!json_is_object(entry)) return bad_tensor(r, name, "is not an object");
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    if (!dtype) return bad_tensor(r, name, "has no 'dtype'");
    t->dtype = px_dtype_find(dtype);
    if (!t->dtype) return bad_tensor(r, name, px_arena_printf(r->arena, "unknown dtype '%.40s'", dtype));
    t->name = px_arena_strdup(r->arena, name);
    PX_TRY(read_shape(r, name, json_object_get(entry, "shape"), t));
    return read_offsets(r, name, json_object_get(entry, "data_offsets"), t);
}

/* Free text about the file: {"key": "value", ...}. */
static px_status check_metadata(const reader *r, json_t *metadata) {
    const char *key;
    json_t *value;
    if (!json_is_object(metadata)) return bad_tensor(r, "__metadata__", "is not an object");
    json_object_foreach(metadata, key, value) if (!json_is_string(value)) return bad_tensor(r, "__metadata__",
                                                                                            "a value is not a text");
    return PX_OK;
}

static uint64_t end_of(const px_tensor *t) { return t->begin + (uint64_t)t->count * (uint64_t)t->dtype->bytes; }

/* By place; empty tensors before the one that begins where they are; then by name. */
static int by_place(const void *a, const void *b) {
    const px_tensor *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    if (end_of(x) != end_of(y)) return end_of(x) < end_of(y) ? -1 : 1;
    return strcmp(x->name, y->name);
}

static px_status check_cover(const reader *r, const px_tensor *tensors, int n) {
    uint64_t here = PREFIX + r->length, end = here + r->data;
    for (int i = 0; i < n; i++) {
        if (tensors[i].begin < here)
            return bad_tensor(r, tensors[i].name,
                              px_arena_printf(r->arena, "its data overlap those of '%.200s'", tensors[i - 1].name));
        if (tensors[i].begin > here) return bad(r, here, "the bytes from here to the next tensor belong to none");
        here = end_of(&tensors[i]);
    }
    return here == end ? PX_OK : bad(r, here, "the bytes from here to the end of the file belong to no tensor");
}

static px_status read_entries(const reader *r, json_t *root, px_safetensors *file) {
    px_tensor *tensors = PX_NEW_ARRAY(r->arena, px_tensor, json_object_size(root));
    const char *name;
    json_t *entry;
    json_object_foreach(root, name, entry) {
        if (strcmp(name, "__metadata__") == 0)
            PX_TRY(check_metadata(r, entry));
        else
            PX_TRY(read_tensor(r, name, entry, &tensors[file->n_tensors++]));
    }
    qsort(tensors, (size_t)file->n_tensors, sizeof *tensors, by_place);
    file->tensors = tensors;
    return check_cover(r, tensors, file->n_tensors);
}

/* The length of the header; 0 with an error. */
static uint64_t header_length(const reader *r, const char prefix[PREFIX], uint64_t file_size) {
    uint64_t length;
    memcpy(&length, prefix, sizeof length);
    if (length > PX_SAFETENSORS_HEADER_MAX || length > file_size - PREFIX || length == 0) {
        bad(r, 0,
            px_arena_printf(r->arena, "a header of %" PRIu64 " bytes in a file of %" PRIu64 "%s", length, file_size,
                            length > PX_SAFETENSORS_HEADER_MAX ? " (at most 100000000)" : ""));
        return 0;
    }
    return length;
}

px_status px_safetensors_parse(px_arena *arena, const char *path, const char *bytes, size_t n, uint64_t file_size,
                               px_safetensors *file, px_error *err) {
    *file = (px_safetensors){.path = px_arena_strdup(arena, path)};
    reader r = {.path = path, .arena = arena, .err = err};
    if (n < PREFIX || file_size < n) return bad(&r, n, "the file ends within the length of the header");
    r.length = header_length(&r, bytes, file_size);
    if (r.length == 0) return PX_BAD_FILE;
    if (r.length > n - PREFIX) return bad(&r, n, "the file ends within the header");
    r.header = bytes + PREFIX;
    r.data = file_size - PREFIX - r.length;
    if (r.header[0] != '{') return bad(&r, PREFIX, "the header does not begin with {");
    json_error_t json;
    json_t *root = json_loadb(r.header, r.length, JSON_REJECT_DUPLICATES, &json);
    if (!root) return bad(&r, PREFIX + (uint64_t)(json.position > 0 ? json.position : 0), json.text);
    px_status status = read_entries(&r, root, file);
    json_decref(root);
    if (status != PX_OK) file->n_tensors = 0;
    return status;
}

/* ---- the file ---- */

static px_status cannot_read(const char *path, px_error *err) {
    return px_fail(err, PX_BAD_FILE, "cannot read %s: %s", path, strerror(errno));
}

/* n bytes from `at`, or as many as there are. -1: errno. */
static ssize_t read_at(int fd, char *bytes, size_t n, uint64_t at) {
    size_t done = 0;
    while (done < n) {
        ssize_t got = pread(fd, bytes + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static px_status open_descriptor(px_arena *arena, int fd, const char *path, px_safetensors *file, px_error *err) {
    struct stat st;
    char prefix[PREFIX];
    if (fstat(fd, &st) != 0) return cannot_read(path, err);
    if (!S_ISREG(st.st_mode)) return px_fail(err, PX_BAD_FILE, "%s is not a regular file", path);
    uint64_t size = (uint64_t)st.st_size;
    reader r = {.path = path, .arena = arena, .err = err};
    if (read_at(fd, prefix, PREFIX, 0) != PREFIX) return bad(&r, size, "the file ends within the length of the header");
    uint64_t length = header_length(&r, prefix, size);
    if (length == 0) return PX_BAD_FILE;
    char *bytes = px_arena_alloc(arena, PREFIX + length, 1);
    ssize_t n = read_at(fd, bytes, PREFIX + length, 0);
    if (n < 0) return cannot_read(path, err);
    return px_safetensors_parse(arena, path, bytes, (size_t)n, size, file, err);
}

px_status px_safetensors_open(px_arena *arena, const char *path, px_safetensors *file, px_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not make us wait */
    if (fd < 0) return cannot_read(path, err);
    px_status status = open_descriptor(arena, fd, path, file, err);
    close(fd);
    return status;
}

const px_tensor *px_safetensors_find(const px_safetensors *file, const char *name) {
    for (int i = 0; i < file->n_tensors; i++)
        if (strcmp(file->tensors[i].name, name) == 0) return &file->tensors[i];
    return NULL;
}

static px_status load_rows(int fd, const px_safetensors *file, const px_tensor *t, px_mat *m, px_error *err) {
    size_t width = (size_t)t->dtype->bytes, cols = (size_t)m->cols, row_bytes = width * cols;
    char *bytes = malloc(row_bytes + 1);
    double *row = malloc(cols * sizeof *row + 1);
    if (!bytes || !row) px_out_of_memory(row_bytes);
    px_status status = PX_OK;
    for (int64_t i = 0; i < m->rows && status == PX_OK; i++) {
        uint64_t at = t->begin + (uint64_t)i * row_bytes;
        if (read_at(fd, bytes, row_bytes, at) != (ssize_t)row_bytes)
            status =
                px_fail(err, PX_BAD_FILE, "%s: byte %" PRIu64 ": tensor '%.200s' ends here", file->path, at, t->name);
        for (size_t j = 0; j < cols && status == PX_OK; j++) {
            uint64_t word = 0;
            memcpy(&word, bytes + j * width, width);
            row[j] = px_decode(m->fmt, word);
        }
        if (status == PX_OK) px_mat_set_row(m, i, 0, m->cols, row);
    }
    free(row);
    free(bytes);
    return status;
}

px_status px_safetensors_load(px_arena *arena, const px_safetensors *file, const px_tensor *t, px_mat *m,
                              px_error *err) {
    if (!t->dtype->format)
        return px_fail(err, PX_BAD_FILE,
                       "%s: byte %" PRIu64 ": tensor '%.200s' has numbers of type %s, not a "
                       "floating-point one",
                       file->path, t->begin, t->name, t->dtype->name);
    px_fp fmt = px_dtype_format(t->dtype);
    if (t->count == 0) { /* any of its dimensions may be huge */
        *m = px_mat_new(arena, fmt, 0, 0);
        return PX_OK;
    }
    int64_t cols = t->n_dims ? t->dim[t->n_dims - 1] : 1;
    *m = px_mat_new(arena, fmt, t->count / cols, cols);
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return cannot_read(file->path, err);
    px_status status = load_rows(fd, file, t, m, err);
    close(fd);
    return status;
}
