#include "cli/filter.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1 << 16 };

static void flush(px_filter *f) {
    fwrite(px_text_str(&f->out), 1, f->out.length, stdout);
    fflush(stdout);
    f->out.length = 0;
}

/* Reads once more, behind what is there. */
static px_status fill(px_filter *f, px_error *err) {
    flush(f);
    if (f->start > 0) {
        memmove(f->buffer, f->buffer + f->start, f->end - f->start);
        f->end -= f->start;
        f->start = 0;
    }
    if (f->capacity - f->end < CHUNK + 1) {
        f->capacity = 2 * f->capacity + CHUNK + 1;
        f->buffer = realloc(f->buffer, f->capacity);
        if (!f->buffer) px_out_of_memory(f->capacity);
    }
    ssize_t got;
    do got = read(STDIN_FILENO, f->buffer + f->end, CHUNK);
    while (got < 0 && errno == EINTR);
    if (got < 0) return px_fail(err, PX_BAD_FILE, "cannot read standard input: %s", strerror(errno));
    f->eof = got == 0;
    f->end += (size_t)got;
    return PX_OK;
}

px_status px_filter_next(px_filter *f, char **line, px_error *err) {
    size_t searched = 0;
    char *newline = NULL;
    *line = NULL;
    for (;;) {
        if (f->end > f->start + searched)
            newline = memchr(f->buffer + f->start + searched, '\n', f->end - f->start - searched);
        if (newline || f->eof) break;
        searched = f->end - f->start;
        PX_TRY(fill(f, err));
    }
    if (f->start == f->end) return PX_OK;
    f->line++;
    char *s = f->buffer + f->start;
    size_t n = newline ? (size_t)(newline - s) : f->end - f->start;
    f->start += newline ? n + 1 : n;
    if (n > 0 && s[n - 1] == '\r') n--;
    s[n] = '\0';
    if (strlen(s) != n) return px_filter_fail(f, err, "a NUL byte: not a text file");
    *line = s;
    return PX_OK;
}

px_status px_filter_all(px_filter *f, const char **bytes, size_t *n, px_error *err) {
    while (!f->eof) PX_TRY(fill(f, err));
    *bytes = f->buffer;
    *n = f->end;
    return PX_OK;
}

px_status px_filter_fail(const px_filter *f, px_error *err, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return px_fail(err, PX_BAD_FILE, "-:%lld: error: %s", (long long)f->line, text);
}

static bool blank(char c) { return c == ' ' || c == '\t'; }

char *px_filter_cut(char **line) {
    char *word = *line;
    while (blank(*word)) word++;
    if (!*word) return NULL;
    char *end = word;
    while (*end && !blank(*end)) end++;
    *line = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

void px_filter_word(px_filter *f, uint64_t word, int digits) {
    char s[16];
    for (int i = digits; i-- > 0; word >>= 4) s[i] = "0123456789abcdef"[word & 15];
    px_text_add_bytes(&f->out, s, (size_t)digits);
}

void px_filter_char(px_filter *f, char c) { px_text_add_bytes(&f->out, &c, 1); }

void px_filter_end(px_filter *f) {
    flush(f);
    px_text_free(&f->out);
    free(f->buffer);
    *f = (px_filter){0};
}
