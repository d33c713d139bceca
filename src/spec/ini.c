#include "spec/ini.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/list.h"

typedef struct reader {
    px_arena *arena;
    px_ini *ini;
    px_diagnostics *d;
    int line, section;  /* the current ones; section -1: none yet */
    px_ini_entry *last; /* the entry that an indented line may continue; NULL: none */
    bool before_said;   /* a key before the first section was reported */
} reader;

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static px_span span_of(reader *r, const char *text, size_t from, size_t to) {
    char *copy = PX_NEW_ARRAY(r->arena, char, to - from + 1);
    memcpy(copy, text + from, to - from);
    return (px_span){copy, r->line, (int)from + 1};
}

static size_t trimmed(const char *text, size_t from, size_t to) {
    while (to > from && is_blank(text[to - 1])) to--;
    return to;
}

/* The end of what begins at `from`: a comment begins at a '#' or ';' behind a blank, outside quotes. */
static size_t content_end(reader *r, const char *text, size_t from) {
    size_t i = from, quote = 0; /* quote: 1 + where the open one stands */
    for (; text[i]; i++) {
        if (text[i] == '"') quote = quote ? 0 : i + 1;
        if (!quote && (text[i] == '#' || text[i] == ';') && i > 0 && is_blank(text[i - 1])) break;
    }
    if (quote) px_diagnose(r->d, r->line, (int)quote, "the quoted text has no end");
    return trimmed(text, from, i);
}

static size_t name_end(const char *text, size_t from) {
    return from + strspn(text + from, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

static bool same_section(const px_ini_section *s, px_span name, px_span label) {
    if (strcmp(s->name.text, name.text) != 0) return false;
    return s->label.text && label.text ? strcmp(s->label.text, label.text) == 0 : s->label.text == label.text;
}

/* Makes the section current; one of the same name and label is an error, and the keys go to the first. */
static void enter_section(reader *r, px_span name, px_span label) {
    px_ini *ini = r->ini;
    for (r->section = 0; r->section < ini->n_sections; r->section++) {
        const px_ini_section *s = &ini->sections[r->section];
        if (*name.text == '\0' || !same_section(s, name, label)) continue;
        px_diagnose(r->d, r->line, 1, "section [%s%s%s] stands twice (first on line %d)", name.text,
                    label.text ? "." : "", label.text ? label.text : "", s->name.line);
        return;
    }
    PX_ADD(r->arena, ini->sections, ini->n_sections) = (px_ini_section){.name = name, .label = label};
}

static void read_section(reader *r, const char *text) {
    r->last = NULL;
    size_t end = content_end(r, text, 0), name = name_end(text, 1), label = name, at = name;
    if (text[name] == '.') label = at = name_end(text, name + 1);
    px_span name_span = span_of(r, text, 1, name), label_span = {0};
    if (label > name) label_span = span_of(r, text, name + 1, label);
    bool too_long = name - 1 > PX_INI_NAME_MAX || label - name > PX_INI_NAME_MAX + 1;
    if (at == end && at > 1) {
        px_diagnose(r->d, r->line, (int)at + 1, "section header is missing its ']'");
    } else if (text[at] != ']' || at == 1 || label == name + 1 || too_long) {
        px_diagnose(r->d, r->line, (int)at + 1,
                    too_long ? "section names have at most 48 bytes"
                             : "a section is written [name] or [name.label], with letters, digits and '_'");
        name_span.text = ""; /* not known: its keys go unchecked */
        label_span = (px_span){0};
    } else if (end > at + 1) {
        size_t junk = at + 1 + strspn(text + at + 1, " \t");
        px_diagnose(r->d, r->line, (int)junk + 1, "nothing but a comment may follow a section header");
    }
    enter_section(r, name_span, label_span);
}

/* key = value, beginning at `from`. NULL after a mistake of form. */
static px_ini_entry *split_entry(reader *r, const char *text, size_t from) {
    size_t end = content_end(r, text, from), equals = from;
    while (equals < end && text[equals] != '=') equals++;
    size_t key_end = trimmed(text, from, equals), key_word = from;
    while (key_word < key_end && !is_blank(text[key_word])) key_word++;
    px_span key = span_of(r, text, from, key_word);
    if (equals == end) {
        bool colon = memchr(text + from, ':', end - from) != NULL;
        px_diagnose(r->d, r->line, (int)from + 1, "expected key = value%s", colon ? ", with '=' and not ':'" : "");
        return NULL;
    }
    if (equals == from) {
        px_diagnose(r->d, r->line, (int)from + 1, "the name of a key is missing before '='");
        return NULL;
    }
    if (key_word != key_end) {
        px_diagnose(r->d, r->line, (int)key_word + 1, "a key is one word; is there a '=' missing after '%s'?",
                    key.text);
        return NULL;
    }
    px_ini_entry *entry = PX_NEW(r->arena, px_ini_entry);
    entry->key = key;
    entry->d = r->d;
    size_t value = equals + 1;
    while (value < end && is_blank(text[value])) value++;
    if (value >= end)
        px_diagnose(r->d, r->line, (int)equals + 1, "'%s' has no value on its line", key.text);
    else
        PX_ADD(r->arena, entry->parts, entry->n_parts) = span_of(r, text, value, end);
    return entry;
}

static void read_entry(reader *r, const char *text, size_t from) {
    r->last = NULL;
    px_ini_entry *entry = split_entry(r, text, from);
    if (!entry) return;
    r->last = entry;
    if (r->section < 0) {
        if (!r->before_said)
            px_diagnose(r->d, r->line, (int)from + 1, "'%s' stands before any section; a file begins with [experiment]",
                        entry->key.text);
        r->before_said = true;
        return;
    }
    px_ini_section *section = &r->ini->sections[r->section];
    const px_ini_entry *first = px_ini_find_entry(section, entry->key.text);
    if (first)
        px_diagnose(r->d, r->line, (int)from + 1, "'%s' is set twice (first on line %d)", entry->key.text,
                    first->key.line);
    PX_ADD(r->arena, section->entries, section->n_entries) = entry;
}

/* An indented line goes on with a list whose line ends in a comma. After a line that was wrong by itself nothing is
 * said. */
static void read_continuation(reader *r, const char *text, size_t indent) {
    px_ini_entry *last = r->last;
    if (last && last->n_parts == 0) return;
    if (last) {
        const char *above = last->parts[last->n_parts - 1].text;
        if (above[strlen(above) - 1] == ',') {
            PX_ADD(r->arena, last->parts, last->n_parts) = span_of(r, text, indent, content_end(r, text, indent));
            return;
        }
    }
    const char *equals = strchr(text, '=');
    bool key = text[indent] == '[' || (equals && equals[1] != '=');
    px_diagnose(r->d, r->line, (int)indent + 1, "this indented line continues nothing; %s",
                key ? "remove the indentation" : "a list goes on only when the line above ends with a comma");
    if (!key) return;
    int errors = r->d->count;
    if (text[indent] != '[') read_entry(r, text, indent);
    if (r->d->count != errors) r->last = NULL;
}

/* False, with a mistake, when the line is no text. */
static bool check_bytes(reader *r, const char *text, size_t n) {
    if (n > PX_INI_LINE_MAX) {
        px_diagnose(r->d, r->line, 1, "the line has %zu bytes, more than the %d a line may have", n, PX_INI_LINE_MAX);
        return false;
    }
    for (size_t i = 0, length; i < n; i += length) {
        length = px_utf8_length(text + i);
        if (length) continue;
        px_diagnose(r->d, r->line, (int)i + 1, "byte 0x%02x is no text (a file is UTF-8 without control characters)",
                    (unsigned)(unsigned char)text[i]);
        return false;
    }
    return true;
}

static void read_line(reader *r, const char *text, size_t n) {
    if (!check_bytes(r, text, n)) return;
    size_t indent = strspn(text, " \t");
    if (text[indent] == '\0' || text[indent] == '#' || text[indent] == ';') return;
    if (indent)
        read_continuation(r, text, indent);
    else if (text[0] == '[')
        read_section(r, text);
    else
        read_entry(r, text, 0);
}

void px_ini_parse(px_arena *arena, const char *path, const char *bytes, size_t n, px_ini *ini, px_diagnostics *d) {
    char *copy = PX_NEW_ARRAY(arena, char, n + 1); /* cut into lines in place */
    if (n) memcpy(copy, bytes, n);
    *ini = (px_ini){.file = path, .bytes = bytes, .n_bytes = n};
    *d = px_diagnostics_new(arena, path, NULL);
    const char **lines = NULL;
    size_t *lengths = NULL;
    int n_lines = 0, n_lengths = 0;
    size_t at = n >= 3 && memcmp(copy, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < n && n_lines < PX_INI_LINES_MAX) {
        char *newline = memchr(copy + at, '\n', n - at);
        size_t end = newline ? (size_t)(newline - copy) : n, next = end + 1;
        if (end > at && copy[end - 1] == '\r') end--;
        copy[end] = '\0';
        PX_ADD(arena, lines, n_lines) = copy + at;
        PX_ADD(arena, lengths, n_lengths) = end - at;
        at = next;
    }
    ini->lines = d->lines = lines;
    ini->n_lines = d->n_lines = n_lines;
    reader r = {.arena = arena, .ini = ini, .d = d, .section = -1};
    for (int i = 0; i < n_lines; i++) {
        r.line = i + 1;
        read_line(&r, lines[i], lengths[i]);
    }
    if (at < n) px_diagnose(d, n_lines, 1, "the file goes on after line %d, the last one that is read", n_lines);
}

px_status px_ini_read(px_arena *arena, const char *path, px_ini *ini, px_diagnostics *d, px_error *err) {
    FILE *f = fopen(path, "rb");
    if (!f) return px_fail(err, PX_BAD_FILE, "%s: %s", path, strerror(errno));
    char *bytes = PX_NEW_ARRAY(arena, char, PX_INI_FILE_MAX + 1);
    errno = 0;
    size_t n = fread(bytes, 1, PX_INI_FILE_MAX + 1, f);
    int failed = ferror(f), why = errno;
    fclose(f);
    if (failed) return px_fail(err, PX_BAD_FILE, "%s: %s", path, strerror(why));
    if (n > PX_INI_FILE_MAX)
        return px_fail(err, PX_BAD_FILE, "%s: larger than the %d bytes an experiment file may have", path,
                       PX_INI_FILE_MAX);
    px_ini_parse(arena, path, bytes, n, ini, d);
    return PX_OK;
}

px_ini_entry *px_ini_entry_read(px_arena *arena, const char *text, px_diagnostics *d) {
    reader r = {.arena = arena, .d = d, .line = 1};
    if (!check_bytes(&r, text, strlen(text))) return NULL;
    int errors = d->count;
    px_ini_entry *entry = split_entry(&r, text, strspn(text, " \t"));
    return d->count == errors ? entry : NULL;
}

const px_ini_section *px_ini_find(const px_ini *ini, const char *name, const char *label) {
    for (int i = 0; i < ini->n_sections; i++) {
        const px_ini_section *s = &ini->sections[i];
        if (strcmp(s->name.text, name) == 0 && (!label || (s->label.text && strcmp(s->label.text, label) == 0)))
            return s;
    }
    return NULL;
}

const px_ini_entry *px_ini_find_entry(const px_ini_section *section, const char *key) {
    for (int i = 0; section && i < section->n_entries; i++)
        if (strcmp(section->entries[i]->key.text, key) == 0) return section->entries[i];
    return NULL;
}
