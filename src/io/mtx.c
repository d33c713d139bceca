#include "io/mtx.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

typedef enum triangle { GENERAL, SYMMETRIC, SKEW } triangle;
typedef enum number { REAL, INTEGER, PATTERN } number;

enum { TOKEN_MAX = 512 };

/* Where the reader is; a token is a run of bytes without blanks. */
typedef struct reader {
    const char *path, *at, *end, *line_start;
    int64_t line;
    char token[TOKEN_MAX];
    const char *token_start; /* of the last one, for the place of an error */
} reader;

typedef struct header {
    bool coordinate;
    number field;
    triangle symmetry;
    int64_t rows, cols, entries; /* entries: coordinate only */
} header;

static px_status complain(const reader *r, px_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static px_status complain(const reader *r, px_error *err, const char *format, ...) {
    char text[TOKEN_MAX + 256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return px_fail(err, PX_BAD_FILE, "%s:%lld:%lld: error: %s", r->path, (long long)r->line,
                   (long long)(r->token_start - r->line_start + 1), text);
}

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* To the beginning of the next line; false at the end of the file. */
static bool next_line(reader *r) {
    const char *newline = r->at < r->end ? memchr(r->at, '\n', (size_t)(r->end - r->at)) : NULL;
    r->at = newline ? newline + 1 : r->end;
    if (newline) {
        r->line++;
        r->line_start = r->at;
    }
    r->token_start = r->at;
    return newline != NULL;
}

/* The next token of this line; false when the line has no more. Longer ones are cut: no word or number is as long. */
static bool next_token(reader *r) {
    while (r->at < r->end && blank(*r->at)) r->at++;
    r->token_start = r->at;
    while (r->at < r->end && !blank(*r->at) && *r->at != '\n') r->at++;
    size_t n = (size_t)(r->at - r->token_start);
    if (n >= TOKEN_MAX) n = TOKEN_MAX - 1;
    for (size_t i = 0; i < n; i++) { /* what an error prints stays on its line */
        char c = r->token_start[i];
        r->token[i] = c > ' ' && c < 127 ? c : '?';
    }
    r->token[n] = '\0';
    return n > 0;
}

/* To a line that has a token, which is read; comments (%) and empty lines are passed over. */
static bool next_entry(reader *r) {
    do {
        if (next_token(r) && r->token[0] != '%') return true;
    } while (next_line(r));
    return false;
}

static px_status end_of_line(reader *r, px_error *err) {
    if (next_token(r)) return complain(r, err, "'%s' is more than the line should hold", r->token);
    return next_line(r), PX_OK;
}

/* The next token is words[*index]. */
static px_status read_word(reader *r, const char *what, const char *const *words, int n, int *index, px_error *err) {
    if (!next_token(r)) return complain(r, err, "the %s is missing from the first line", what);
    for (*index = 0; *index < n; ++*index)
        if (strcasecmp(r->token, words[*index]) == 0) return PX_OK;
    return complain(r, err, "%s '%s' is not one of those that precx reads", what, r->token);
}

static px_status read_banner(reader *r, header *h, px_error *err) {
    static const char *const objects[] = {"matrix"}, *const formats[] = {"coordinate", "array"};
    static const char *const fields[] = {[REAL] = "real", [INTEGER] = "integer", [PATTERN] = "pattern", "double"};
    static const char *const symmetries[] = {
        [GENERAL] = "general", [SYMMETRIC] = "symmetric", [SKEW] = "skew-symmetric"};
    int object, format, field, symmetry;
    if (!next_token(r) || strcasecmp(r->token, "%%MatrixMarket") != 0)
        return complain(r, err, "a Matrix Market file begins with %%%%MatrixMarket");
    PX_TRY(read_word(r, "object", objects, 1, &object, err));
    PX_TRY(read_word(r, "format", formats, 2, &format, err));
    PX_TRY(read_word(r, "field", fields, 4, &field, err));
    if (format == 1 && field == PATTERN) return complain(r, err, "an array has numbers, not a pattern");
    PX_TRY(read_word(r, "symmetry", symmetries, 3, &symmetry, err));
    h->coordinate = format == 0;
    h->field = field == 3 ? REAL : (number)field;
    h->symmetry = (triangle)symmetry;
    return end_of_line(r, err);
}

/* The token, read already, is an integer from lo to hi. */
static px_status take_integer(reader *r, const char *what, int64_t lo, int64_t hi, int64_t *x, px_error *err) {
    if (!px_int_parse(r->token, x)) return complain(r, err, "the %s is no integer: '%s'", what, r->token);
    if (*x < lo || *x > hi)
        return complain(r, err, "the %s, %s, is not within %lld .. %lld", what, r->token, (long long)lo, (long long)hi);
    return PX_OK;
}

static px_status read_integer(reader *r, const char *what, int64_t lo, int64_t hi, int64_t *x, px_error *err) {
    if (!next_token(r)) return complain(r, err, "the %s is missing", what);
    return take_integer(r, what, lo, hi, x, err);
}

static px_status read_sizes(reader *r, header *h, px_error *err) {
    if (!next_entry(r)) return complain(r, err, "the file ends before its sizes");
    PX_TRY(take_integer(r, "number of rows", 1, PX_MTX_ENTRIES_MAX, &h->rows, err));
    PX_TRY(read_integer(r, "number of columns", 1, PX_MTX_ENTRIES_MAX, &h->cols, err));
    if (h->rows * h->cols > PX_MTX_ENTRIES_MAX)
        return complain(r, err, "%lld x %lld numbers: precx keeps matrices densely, up to %d numbers",
                        (long long)h->rows, (long long)h->cols, PX_MTX_ENTRIES_MAX);
    if (h->symmetry != GENERAL && h->rows != h->cols)
        return complain(r, err, "a symmetric matrix is square, not %lld x %lld", (long long)h->rows,
                        (long long)h->cols);
    if (h->coordinate) PX_TRY(read_integer(r, "number of entries", 0, h->rows * h->cols, &h->entries, err));
    return end_of_line(r, err);
}

/* The token, read already, as a number of the field. */
static px_status take_value(reader *r, number f, double *x, px_error *err) {
    int64_t whole;
    if (f == INTEGER) {
        PX_TRY(take_integer(r, "value", -((int64_t)1 << 53), (int64_t)1 << 53, &whole, err));
        *x = (double)whole;
        return PX_OK;
    }
    bool decimal = r->token[strspn(r->token, "+-.0123456789eE")] == '\0' && px_double_parse(r->token, x);
    if (!decimal) return complain(r, err, "'%s' is no finite decimal number", r->token);
    if (!isfinite(*x)) return complain(r, err, "%s is beyond the range of doubles", r->token);
    return PX_OK;
}

/* Entry (i, j), from 0, and its mirror image. */
static px_status place(const reader *r, const header *h, px_mat *m, int64_t i, int64_t j, double x, px_error *err) {
    if (h->symmetry != GENERAL && i < j) return complain(r, err, "a symmetric file holds the lower triangle only");
    if (h->symmetry == SKEW && i == j) return complain(r, err, "a skew-symmetric file has no diagonal");
    px_mat_set(m, i, j, x);
    if (h->symmetry != GENERAL && i != j) px_mat_set(m, j, i, h->symmetry == SKEW ? -x : x);
    return PX_OK;
}

static px_status read_coordinates(reader *r, px_arena *arena, const header *h, px_mat *m, px_error *err) {
    unsigned char *seen = px_arena_alloc(arena, (size_t)(h->rows * h->cols + 7) / 8, 1);
    for (int64_t k = 0; k < h->entries; k++) {
        int64_t i, j;
        double x = 1;
        if (!next_entry(r))
            return complain(r, err, "the file ends after %lld of %lld entries", (long long)k, (long long)h->entries);
        PX_TRY(take_integer(r, "row", 1, h->rows, &i, err));
        PX_TRY(read_integer(r, "column", 1, h->cols, &j, err));
        if (h->field != PATTERN) {
            if (!next_token(r)) return complain(r, err, "the value is missing");
            PX_TRY(take_value(r, h->field, &x, err));
        }
        int64_t at = (i - 1) * h->cols + j - 1;
        if (seen[at / 8] >> at % 8 & 1)
            return complain(r, err, "entry (%lld, %lld) stands twice", (long long)i, (long long)j);
        seen[at / 8] |= (unsigned char)(1 << at % 8);
        PX_TRY(place(r, h, m, i - 1, j - 1, x, err));
        PX_TRY(end_of_line(r, err));
    }
    return PX_OK;
}

/* Column by column; of a symmetric matrix the lower triangle, of a skew one what is below the diagonal. */
static px_status read_array(reader *r, const header *h, px_mat *m, px_error *err) {
    for (int64_t j = 0; j < h->cols; j++) {
        int64_t first = h->symmetry == GENERAL ? 0 : h->symmetry == SKEW ? j + 1 : j;
        for (int64_t i = first; i < h->rows; i++) {
            double x;
            if (!next_entry(r))
                return complain(r, err, "the file ends before entry (%lld, %lld)", (long long)i + 1, (long long)j + 1);
            PX_TRY(take_value(r, h->field, &x, err));
            PX_TRY(place(r, h, m, i, j, x, err));
            PX_TRY(end_of_line(r, err));
        }
    }
    return PX_OK;
}

px_status px_mtx_parse(px_arena *arena, const char *path, px_bytes bytes, px_mat *m, px_error *err) {
    reader r = {.path = path,
                .at = bytes.at,
                .end = bytes.at + bytes.n,
                .line_start = bytes.at,
                .token_start = bytes.at,
                .line = 1};
    header h = {.coordinate = false};
    PX_TRY(read_banner(&r, &h, err));
    PX_TRY(read_sizes(&r, &h, err));
    /* A number of an array takes two bytes at least: refused before memory is taken for it. */
    int64_t numbers = h.symmetry == GENERAL ? h.rows * h.cols : h.rows * (h.rows - 1) / 2;
    if (!h.coordinate && numbers > (r.end - r.at + 1) / 2)
        return complain(&r, err, "the file is too short for %lld numbers", (long long)numbers);
    *m = px_mat_new(arena, px_fp_exact(), h.rows, h.cols);
    PX_TRY(h.coordinate ? read_coordinates(&r, arena, &h, m, err) : read_array(&r, &h, m, err));
    if (next_entry(&r)) return complain(&r, err, "'%s' stands behind the last entry", r.token);
    return PX_OK;
}
