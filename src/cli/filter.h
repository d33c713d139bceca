/* Lines in, words out, fast: what `precx eval` reads from standard input and writes to standard output. */
#ifndef PX_CLI_FILTER_H
#define PX_CLI_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

typedef struct px_filter {
    int64_t line; /* of the line just read, from 1 */
    px_text out;  /* results not yet written; written before more input is waited for */
    char *buffer; /* input from `start` to `end` is not yet read */
    size_t start, end, capacity;
    bool eof;
} px_filter;

/* Starts with {0}. The next line without its end (LF or CRLF), NUL-terminated, good until the next call; NULL at the
 * end of the input. PX_BAD_FILE when standard input cannot be read, or for a NUL byte. */
px_status px_filter_next(px_filter *f, char **line, px_error *err);

/* All of standard input, for readers that want it whole; good until px_filter_end. */
px_status px_filter_all(px_filter *f, const char **bytes, size_t *n, px_error *err);

/* "-:LINE: error: " and the message, PX_BAD_FILE. */
px_status px_filter_fail(const px_filter *f, px_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The next word of a line: cuts it off in place and moves *line behind it; NULL when only blanks are left. */
char *px_filter_cut(char **line);

/* Appends to the output: a word of so many lower-case hexadecimal digits, a character. */
void px_filter_word(px_filter *f, uint64_t word, int digits);
void px_filter_char(px_filter *f, char c);

/* Writes the rest and frees everything. A full disk shows in ferror(stdout). */
void px_filter_end(px_filter *f);

#endif
