#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "spec/ini.h"
#include "spec/list.h"

enum { WINDOW = 160 }; /* bytes of a long line that are shown */

px_diagnostics px_diagnostics_new(px_arena *arena, const char *file, const char *line) {
    px_diagnostics d = {.arena = arena, .file = file};
    if (line) {
        const char **lines = PX_NEW_ARRAY(arena, const char *, 1);
        lines[0] = line;
        d.lines = lines;
        d.n_lines = 1;
    }
    return d;
}

/* One place is reported once: what comes later there is a consequence. */
static bool reported(const px_diagnostics *d, int line, int column) {
    for (int i = 0; i < d->n_mistakes; i++)
        if (d->mistakes[i].line == line && d->mistakes[i].column == column) return true;
    return false;
}

void px_diagnose(px_diagnostics *d, int line, int column, const char *format, ...) {
    if (reported(d, line, column)) return;
    d->count++;
    if (d->n_mistakes == PX_MISTAKES_KEPT) return;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    PX_ASSERT(n >= 0);
    char *text = PX_NEW_ARRAY(d->arena, char, n + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    PX_ADD(d->arena, d->mistakes, d->n_mistakes) = (px_mistake){line, column, text};
}

const char *px_diagnose_unknown(px_diagnostics *d, int line, int column, const char *what, const char *word,
                                const char *const *names, int n) {
    const char *near = px_suggest(word, names, (size_t)n);
    px_text all = {0};
    for (int i = 0; i < n; i++) px_text_printf(&all, "%s%s", i ? ", " : "; there are: ", names[i]);
    if (near)
        px_diagnose(d, line, column, "unknown %s '%s'; did you mean '%s'?", what, word, near);
    else
        px_diagnose(d, line, column, "unknown %s '%s'%s", what, word, all.length <= WINDOW ? px_text_str(&all) : "");
    px_text_free(&all);
    return near;
}

static int by_place(const void *a, const void *b) {
    const px_mistake *x = a, *y = b;
    return x->line != y->line ? (x->line > y->line) - (x->line < y->line)
                              : (x->column > y->column) - (x->column < y->column);
}

size_t px_utf8_length(const char *s) {
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] < 0x80) return u[0] == '\t' || (u[0] >= 0x20 && u[0] != 0x7f);
    size_t n = u[0] >= 0xc2 && u[0] < 0xe0 ? 2 : u[0] >= 0xe0 && u[0] < 0xf0 ? 3 : u[0] >= 0xf0 && u[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < n; i++)
        if ((u[i] & 0xc0) != 0x80) return 0;
    if (n == 2 && u[0] == 0xc2 && u[1] < 0xa0) return 0; /* C1: controls of a terminal */
    if (n == 3 && ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] >= 0xa0)))
        return 0; /* overlong, surrogates */
    if (n == 4 && ((u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] >= 0x90))) return 0; /* overlong, too large */
    return n;
}

static void add_shown(px_text *out, const char *s, size_t n) {
    for (size_t i = 0, length; i < n && s[i]; i += length) {
        length = px_utf8_length(s + i);
        if (length) {
            px_text_add_bytes(out, s + i, length);
        } else {
            px_text_add_bytes(out, "?", 1);
            length = 1;
        }
    }
}

/* The line and a caret under byte `column`; of a long line the neighbourhood only. */
static void add_line(px_text *out, int number, const char *line, int column) {
    size_t length = strlen(line), at = (size_t)column - 1, from = 0;
    if (length > WINDOW && at > WINDOW / 2) from = at - WINDOW / 2;
    while (from > 0 && ((unsigned char)line[from] & 0xc0) == 0x80) from--;
    const char *before = from ? "..." : "", *after = length - from > WINDOW ? "..." : "";
    px_text_printf(out, "%6d | %s", number, before);
    add_shown(out, line + from, WINDOW);
    px_text_printf(out, "%s\n       | %*s", after, (int)strlen(before), "");
    for (size_t i = from; i < at && i < length; i++)
        if (line[i] == '\t')
            px_text_add(out, "\t");
        else if (((unsigned char)line[i] & 0xc0) != 0x80)
            px_text_add(out, " ");
    px_text_add(out, "^\n");
}

void px_diagnostics_print(const px_diagnostics *d, px_text *out) {
    if (d->n_mistakes == 0) return;
    qsort(d->mistakes, (size_t)d->n_mistakes, sizeof *d->mistakes, by_place); /* no two share a place */
    for (int i = 0; i < d->n_mistakes; i++) {
        const px_mistake *m = &d->mistakes[i];
        add_shown(out, d->file, strlen(d->file));
        px_text_printf(out, ":%d:%d: error: ", m->line, m->column);
        add_shown(out, m->message, strlen(m->message));
        px_text_add(out, "\n");
        if (m->line >= 1 && m->line <= d->n_lines) add_line(out, m->line, d->lines[m->line - 1], m->column);
    }
    if (d->count == 1) return;
    add_shown(out, d->file, strlen(d->file));
    px_text_printf(out, ": %d errors", d->count);
    if (d->count > d->n_mistakes) px_text_printf(out, ", the first %d of them above", d->n_mistakes);
    px_text_add(out, "\n");
}
