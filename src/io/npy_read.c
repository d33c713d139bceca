/* Reading .npy: magic, version, length of the header, a Python dict with descr, fortran_order and shape, the data
 * (numpy/lib/format.py). The dict is read by its own small grammar: quoted words, True, False, tuples of integers. */
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "arith/codec.h"
#include "base/text.h"
#include "io/npy.h"

enum { MAGIC = 8, HEADER_MAX = 1 << 16, DIMENSIONS = 2, WORD_MAX = 32 };

typedef struct reader {
    const char *path;
    const unsigned char *bytes;
    size_t at, end; /* of the header */
} reader;

typedef struct element {
    char kind; /* f, i or u */
    size_t size;
    bool swapped;
} element;

typedef struct header {
    element element;
    bool fortran_order;
    int64_t rows, cols;
    bool has_descr, has_order, has_shape;
} header;

static px_status complain(const reader *r, px_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static px_status complain(const reader *r, px_error *err, const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return px_fail(err, PX_BAD_FILE, "%s: byte %zu: error: %s", r->path, r->at, text);
}

static void skip_blanks(reader *r) {
    while (r->at < r->end && (r->bytes[r->at] == ' ' || r->bytes[r->at] == '\n')) r->at++;
}

static bool accept(reader *r, char c) {
    skip_blanks(r);
    if (r->at >= r->end || r->bytes[r->at] != (unsigned char)c) return false;
    return r->at++, true;
}

static px_status expect(reader *r, char c, px_error *err) {
    return accept(r, c) ? PX_OK : complain(r, err, "'%c' is missing from the header", c);
}

/* A quoted word of printable bytes. */
static px_status read_quoted(reader *r, char word[WORD_MAX], px_error *err) {
    skip_blanks(r);
    char quote = accept(r, '\'') ? '\'' : '"';
    if (quote == '"' && !accept(r, '"')) return complain(r, err, "a quoted word is missing from the header");
    size_t n = 0;
    for (; r->at < r->end && r->bytes[r->at] != (unsigned char)quote; r->at++) {
        unsigned char c = r->bytes[r->at];
        if (n + 1 == WORD_MAX || c < ' ' || c > '~') return complain(r, err, "no such word is known in a header");
        word[n++] = (char)c;
    }
    word[n] = '\0';
    return expect(r, quote, err);
}

static px_status read_descr(reader *r, element *e, px_error *err) {
    char word[WORD_MAX];
    skip_blanks(r);
    size_t start = r->at;
    if (r->at < r->end && r->bytes[r->at] == '[') return complain(r, err, "records are no numbers");
    PX_TRY(read_quoted(r, word, err));
    static const char *const known[] = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"};
    bool order = word[0] && strchr("<>|", word[0]);
    for (size_t i = 0; order && i < sizeof known / sizeof *known; i++) {
        if (strcmp(word + 1, known[i]) != 0) continue;
        *e = (element){.kind = known[i][0], .size = (size_t)(known[i][1] - '0'), .swapped = word[0] == '>'};
        return PX_OK;
    }
    r->at = start;
    return complain(r, err, "elements '%s' are not read: f2, f4, f8 and integers are", word);
}

static px_status read_bool(reader *r, bool *x, px_error *err) {
    skip_blanks(r);
    size_t left = r->end - r->at;
    *x = left >= 4 && memcmp(r->bytes + r->at, "True", 4) == 0;
    if (!*x && !(left >= 5 && memcmp(r->bytes + r->at, "False", 5) == 0))
        return complain(r, err, "True or False is missing from the header");
    r->at += *x ? 4 : 5;
    return PX_OK;
}

/* Digits, as a number from 1 to 2^40: more is no matrix. */
static px_status read_size(reader *r, int64_t *x, px_error *err) {
    skip_blanks(r);
    size_t start = r->at;
    *x = 0;
    for (; r->at < r->end && r->bytes[r->at] >= '0' && r->bytes[r->at] <= '9'; r->at++)
        if (*x <= (int64_t)1 << 40) *x = *x * 10 + (r->bytes[r->at] - '0');
    if (r->at > start && *x >= 1 && *x <= (int64_t)1 << 40) return PX_OK;
    r->at = start;
    return complain(r, err, "a dimension is a whole number, at least 1 and at most 2^40");
}

static px_status read_shape(reader *r, header *h, px_error *err) {
    int64_t sizes[DIMENSIONS] = {1, 1};
    int n = 0;
    PX_TRY(expect(r, '(', err));
    while (!accept(r, ')')) {
        if (n == DIMENSIONS) return complain(r, err, "more than two dimensions are no matrix");
        PX_TRY(read_size(r, &sizes[n++], err));
        if (!accept(r, ',')) {
            PX_TRY(expect(r, ')', err));
            break;
        }
    }
    if (n == 0) return complain(r, err, "a number alone is no matrix");
    h->rows = sizes[0];
    h->cols = sizes[1];
    return PX_OK;
}

static px_status read_item(reader *r, header *h, px_error *err) {
    char key[WORD_MAX];
    PX_TRY(read_quoted(r, key, err));
    PX_TRY(expect(r, ':', err));
    bool descr = strcmp(key, "descr") == 0, order = strcmp(key, "fortran_order") == 0;
    bool *has = descr ? &h->has_descr : order ? &h->has_order : &h->has_shape;
    if (!descr && !order && strcmp(key, "shape") != 0)
        return complain(r, err, "'%s' does not belong in the header", key);
    if (*has) return complain(r, err, "'%s' stands twice in the header", key);
    *has = true;
    if (descr) return read_descr(r, &h->element, err);
    return order ? read_bool(r, &h->fortran_order, err) : read_shape(r, h, err);
}

static px_status read_dict(reader *r, header *h, px_error *err) {
    PX_TRY(expect(r, '{', err));
    while (!accept(r, '}')) {
        PX_TRY(read_item(r, h, err));
        if (!accept(r, ',')) {
            PX_TRY(expect(r, '}', err));
            break;
        }
    }
    skip_blanks(r);
    if (r->at != r->end) return complain(r, err, "the header goes on behind its dictionary");
    if (!h->has_descr || !h->has_order || !h->has_shape)
        return complain(r, err, "the header lacks %s",
                        !h->has_descr   ? "descr"
                        : !h->has_order ? "fortran_order"
                                        : "shape");
    return PX_OK;
}

/* Everything before the dictionary: r->at is its first byte then, r->end the first of the data. */
static px_status read_preamble(reader *r, size_t n, px_error *err) {
    if (n < MAGIC || memcmp(r->bytes, "\x93NUMPY", 6) != 0) return complain(r, err, "no .npy file: no magic bytes");
    r->at = 6;
    int version = r->bytes[6];
    if (version < 1 || version > 3 || r->bytes[7] != 0)
        return complain(r, err, "version %d.%d of the format is not known", version, r->bytes[7]);
    size_t width = version == 1 ? 2 : 4, length = 0;
    r->at = MAGIC;
    if (n - MAGIC < width) return complain(r, err, "the file ends in its header");
    for (size_t i = width; i-- > 0;) length = length << 8 | r->bytes[MAGIC + i];
    if (length > HEADER_MAX) return complain(r, err, "a header of %zu bytes", length);
    r->at += width;
    if (n - r->at < length) return complain(r, err, "the file ends in its header, %zu of %zu bytes", n - r->at, length);
    r->end = r->at + length;
    return PX_OK;
}

/* The element at p as a double; false when it is an integer beyond 2^53. */
static bool decode(px_fp half, element e, const unsigned char *p, double *x) {
    uint64_t word = 0;
    for (size_t i = 0; i < e.size; i++) word |= (uint64_t)p[e.swapped ? e.size - 1 - i : i] << 8 * i;
    if (e.kind == 'f') {
        uint32_t low = (uint32_t)word;
        float single;
        memcpy(&single, &low, sizeof single);
        if (e.size == 8) memcpy(x, &word, sizeof *x);
        if (e.size == 4) *x = (double)single;
        if (e.size == 2) *x = px_decode(half, word);
        return true;
    }
    uint64_t sign = (uint64_t)1 << (8 * e.size - 1);
    bool negative = e.kind == 'i' && (word & sign);
    uint64_t magnitude = negative ? sign - (word & (sign - 1)) : word;
    *x = negative ? -(double)magnitude : (double)magnitude;
    return magnitude <= (uint64_t)1 << 53;
}

static px_status read_data(reader *r, size_t n, const header *h, px_mat *m, px_error *err) {
    px_fp half;
    PX_TRY(px_fp_parse("fp16", &half, err));
    for (int64_t k = 0; k < h->rows * h->cols; k++, r->at += h->element.size) {
        double x;
        PX_ASSERT(r->at + h->element.size <= n);
        if (!decode(half, h->element, r->bytes + r->at, &x)) return complain(r, err, "an integer beyond 2^53");
        if (!isfinite(x)) return complain(r, err, "%s is no finite number", isnan(x) ? "nan" : "inf");
        int64_t i = h->fortran_order ? k % h->rows : k / h->cols, j = h->fortran_order ? k / h->rows : k % h->cols;
        px_mat_set(m, i, j, x);
    }
    return PX_OK;
}

px_status px_npy_parse(px_arena *arena, const char *path, px_bytes bytes, px_mat *m, px_error *err) {
    reader r = {.path = path, .bytes = (const unsigned char *)bytes.at};
    header h = {.rows = 0};
    PX_TRY(read_preamble(&r, bytes.n, err));
    PX_TRY(read_dict(&r, &h, err));
    /* The data fill the rest of the file: checked before memory is taken; at most 2^40 each, so no product overflows
     * 128 bits. */
    __extension__ unsigned __int128 wanted =
        (unsigned __int128)h.rows * (unsigned __int128)h.cols * (unsigned __int128)h.element.size;
    if (wanted != bytes.n - r.at)
        return complain(&r, err, "%lld x %lld elements of %zu bytes do not fill the %zu bytes that follow",
                        (long long)h.rows, (long long)h.cols, h.element.size, bytes.n - r.at);
    *m = px_mat_new(arena, px_fp_exact(), h.rows, h.cols);
    return read_data(&r, bytes.n, &h, m, err);
}
