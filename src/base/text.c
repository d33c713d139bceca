#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static void reserve(px_text *t, size_t more) {
    if (more > SIZE_MAX / 4 - t->length) px_out_of_memory(SIZE_MAX);
    size_t want = t->length + more + 1;
    if (want <= t->capacity) return;
    size_t capacity = t->capacity ? t->capacity : 64;
    while (capacity < want) capacity *= 2;
    char *s = realloc(t->s, capacity);
    if (!s) px_out_of_memory(capacity);
    t->s = s;
    t->capacity = capacity;
}

void px_text_add_bytes(px_text *t, const char *s, size_t n) {
    reserve(t, n);
    if (n) memcpy(t->s + t->length, s, n);
    t->length += n;
    t->s[t->length] = '\0';
}

void px_text_add(px_text *t, const char *s) { px_text_add_bytes(t, s, strlen(s)); }

void px_text_printf(px_text *t, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    PX_ASSERT(n >= 0);
    reserve(t, (size_t)n);
    vsnprintf(t->s + t->length, (size_t)n + 1, format, again);
    va_end(again);
    t->length += (size_t)n;
}

const char *px_text_str(const px_text *t) { return t->s ? t->s : ""; }

void px_text_free(px_text *t) {
    free(t->s);
    *t = (px_text){0};
}

static const char *print_special(double x) { return isnan(x) ? "nan" : x > 0 ? "inf" : "-inf"; }

const char *px_double_print(double x, char buf[PX_DOUBLE_CHARS]) {
    if (!isfinite(x)) return strcpy(buf, print_special(x));
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buf, PX_DOUBLE_CHARS, "%.*g", digits, x);
        if (strtod(buf, NULL) == x) break;
    }
    return buf;
}

const char *px_double_print_hex(double x, char buf[PX_DOUBLE_CHARS]) {
    if (!isfinite(x)) return strcpy(buf, print_special(x));
    snprintf(buf, PX_DOUBLE_CHARS, "%a", x);
    return buf;
}

/* strtod accepts more than a table should hold (INFINITY, NAN(text), leading blanks): only the contract's spellings pass. */
bool px_double_parse(const char *s, double *x) {
    const char *digits = s + (*s == '-' || *s == '+');
    if (strcmp(digits, "inf") == 0) {
        *x = *s == '-' ? -INFINITY : INFINITY;
        return true;
    }
    if (strcmp(s, "nan") == 0) {
        *x = NAN;
        return true;
    }
    if (strspn(digits, "0123456789abcdefABCDEFxXpP.+-") != strlen(digits) || !strpbrk(digits, "0123456789")) return false;
    if (*digits != '.' && (*digits < '0' || *digits > '9')) return false;
    char *end;
    *x = strtod(s, &end);
    return *end == '\0' && end != s;
}

bool px_int_parse(const char *s, int64_t *x) {
    const char *digits = s + (*s == '-' || *s == '+');
    if (*digits < '0' || *digits > '9') return false;
    char *end;
    errno = 0;
    long long value = strtoll(s, &end, 10);
    *x = value;
    return *end == '\0' && errno == 0;
}

/* Damerau-Levenshtein distance (optimal string alignment); words longer than 63 bytes are far from everything. */
static int distance(const char *a, const char *b) {
    enum { LONGEST = 64 };
    size_t n = strlen(a), m = strlen(b);
    if (n >= LONGEST || m >= LONGEST) return LONGEST;
    int d[LONGEST][LONGEST];
    for (size_t i = 0; i <= n; i++) d[i][0] = (int)i;
    for (size_t j = 0; j <= m; j++) d[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    return d[n][m];
}

const char *px_suggest(const char *word, const char *const *names, size_t n) {
    const char *best = NULL;
    int least = strlen(word) <= 3 ? 2 : 3; /* strictly below */
    for (size_t i = 0; i < n; i++) {
        int d = distance(word, names[i]);
        if (d < least) {
            least = d;
            best = names[i];
        }
    }
    return best;
}

bool px_glob(const char *pattern, const char *text) {
    const char *star = NULL, *retry = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*') pattern++;
    return *pattern == '\0';
}
