/* Text: a growing buffer, numbers as text and back (C locale always), suggestions for misspelt names. */
#ifndef PX_BASE_TEXT_H
#define PX_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A growing, always NUL-terminated buffer; {0} is empty. Freed by px_text_free. */
typedef struct px_text {
    char *s; /* NULL while empty: use px_text_str */
    size_t length, capacity;
} px_text;

void px_text_add(px_text *t, const char *s);
void px_text_add_bytes(px_text *t, const char *s, size_t n);
void px_text_printf(px_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *px_text_str(const px_text *t); /* "" while empty */
void px_text_free(px_text *t);

enum { PX_DOUBLE_CHARS = 32 };

/* The shortest of %.15g, %.16g, %.17g that reads back to the same double; inf, -inf, nan. Returns buf. */
const char *px_double_print(double x, char buf[PX_DOUBLE_CHARS]);

/* %a, but one spelling on every machine: leading digit 1 (0 for zero and subnormals). inf, -inf, nan. */
const char *px_double_print_hex(double x, char buf[PX_DOUBLE_CHARS]);

/* Reads the whole of s as a decimal or hexadecimal float, inf, -inf or nan. False when anything is left over. */
bool px_double_parse(const char *s, double *x);
bool px_int_parse(const char *s, int64_t *x); /* decimal, whole string, in range */

/* The nearest of n names to `word` within a Damerau-Levenshtein distance of 2 (1 for words of up to 3 letters), or NULL.
 * Ties go to the earlier name. */
const char *px_suggest(const char *word, const char *const *names, size_t n);

/* True when the text matches the pattern, in which * stands for any run and ? for any one byte. */
bool px_glob(const char *pattern, const char *text);

#endif
