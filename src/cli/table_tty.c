/* Tables on a terminal: aligned columns, long texts wrapped within theirs. */
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/table.h"

enum { DEFAULT_WIDTH = 100, NARROWEST = 20, GAP = 2 };

int px_terminal_width(FILE *stream) {
    struct winsize size;
    if (isatty(fileno(stream)) && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return DEFAULT_WIDTH;
}

/* A byte that begins a character: UTF-8 continuation bytes take no column. */
static bool begins(char c) { return ((unsigned char)c & 0xC0) != 0x80; }

static size_t columns_of(const char *s, size_t bytes) {
    size_t n = 0;
    for (size_t i = 0; i < bytes; i++) n += begins(s[i]);
    return n;
}

/* Bytes of the first line of s: as many as fit into `width` columns, up to the last blank among them when there is one.
 */
static size_t first_line(const char *s, size_t width) {
    size_t i = 0, blank = 0;
    for (size_t used = 0; s[i]; i++) {
        if (begins(s[i]) && ++used > width) break;
        if (s[i] == ' ') blank = i;
    }
    if (!s[i] || s[i] == ' ' || !blank) return i;
    return blank;
}

void px_print_wrapped(FILE *stream, int indent, int width, const char *text) {
    size_t room = width - indent > NARROWEST ? (size_t)(width - indent) : NARROWEST;
    while (*text) {
        size_t n = first_line(text, room);
        fprintf(stream, "%*s%.*s\n", indent, "", (int)n, text);
        text += n;
        text += strspn(text, " ");
    }
}

/* Widest text columns give way, one column of the screen at a time, until the row fits. */
static void fit(const px_table *t, size_t *width, size_t room) {
    for (;;) {
        size_t total = 0;
        int widest = -1;
        for (int j = 0; j < t->n_columns; j++) {
            total += width[j] + GAP;
            if (!t->columns[j].number && width[j] > NARROWEST && (widest < 0 || width[j] > width[widest])) widest = j;
        }
        if (total <= room || widest < 0) return;
        width[widest]--;
    }
}

/* Columns, from the left, that a row of the screen holds: at least one. */
static int columns_that_fit(const px_table *t, const size_t *width, size_t room) {
    size_t total = 0;
    for (int j = 0; j < t->n_columns; j++) {
        total += width[j] + GAP;
        if (j > 0 && total > room) return j;
    }
    return t->n_columns;
}

/* The first n cells of a row, in as many lines as the longest takes. rest: scratch, a pointer a column. */
static void print_row(FILE *stream, const px_table *t, int n_cells, const size_t *width, const char *const *cells,
                      const char **rest) {
    for (int j = 0; j < n_cells; j++) rest[j] = cells[j] ? cells[j] : "";
    for (bool more = true; more;) {
        size_t owed = 0; /* blanks not printed yet: none at the end of a line */
        more = false;
        for (int j = 0; j < n_cells; j++) {
            size_t n = t->columns[j].number ? strlen(rest[j]) : first_line(rest[j], width[j]);
            size_t used = columns_of(rest[j], n), pad = width[j] > used ? width[j] - used : 0;
            size_t before = owed + GAP + (t->columns[j].number ? pad : 0);
            if (n) fprintf(stream, "%*s%.*s", (int)before, "", (int)n, rest[j]);
            owed = n ? (t->columns[j].number ? 0 : pad) : owed + GAP + width[j];
            rest[j] += n;
            rest[j] += strspn(rest[j], " ");
            more = more || *rest[j];
        }
        fputc('\n', stream);
    }
}

void px_table_print_tty(FILE *stream, const px_table *t, size_t max_rows, bool color) {
    size_t n = (size_t)t->n_columns, head = t->n_rows, tail = 0;
    size_t *width = PX_NEW_ARRAY(t->arena, size_t, n);
    const char **rest = PX_NEW_ARRAY(t->arena, const char *, n), **header = PX_NEW_ARRAY(t->arena, const char *, n);
    if (max_rows && t->n_rows > max_rows) {
        tail = max_rows / 3;
        head = max_rows - tail;
    }
    for (size_t j = 0; j < n; j++) {
        header[j] = t->columns[j].name;
        width[j] = columns_of(header[j], strlen(header[j]));
        for (size_t i = 0; i < t->n_rows; i++) {
            const char *s = t->cells[i * n + j];
            size_t w = s && (i < head || i >= t->n_rows - tail) ? columns_of(s, strlen(s)) : 0;
            if (w > width[j]) width[j] = w;
        }
    }
    size_t room = t->whole && !isatty(fileno(stream)) ? SIZE_MAX : (size_t)px_terminal_width(stream);
    fit(t, width, room);
    int shown = columns_that_fit(t, width, room);
    fputs(color ? "\033[1m" : "", stream);
    print_row(stream, t, shown, width, header, rest);
    fputs(color ? "\033[0m" : "", stream);
    for (size_t i = 0; i < t->n_rows; i++) {
        if (i == head) fprintf(stream, "  ... %zu more rows ...\n", t->n_rows - head - tail);
        if (i < head || i >= t->n_rows - tail) print_row(stream, t, shown, width, t->cells + i * n, rest);
    }
    if (shown == t->n_columns) return;
    fputs("  not shown for lack of width:", stream);
    for (int j = shown; j < t->n_columns; j++) fprintf(stream, " %s", t->columns[j].name);
    fputc('\n', stream);
}
