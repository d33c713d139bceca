/* Records are split by libcsv in strict mode, which gives no positions: it is fed one physical line at a time, so that
 * the line on which a record begins is known here. */
#include "io/csv.h"

#include <csv.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAX_COLUMNS = 4096 }; /* a header is compared with itself, name by name */
static const size_t max_bytes = (size_t)1 << 30;

static void add_field(px_text *out, const char *field, bool alone) {
    bool quoted = strpbrk(field, "\",\r\n") != NULL || (alone && field[0] == '\0'); /* not a blank line */
    if (!quoted) {
        px_text_add(out, field);
        return;
    }
    px_text_add(out, "\"");
    for (const char *p = field; *p != '\0'; p++) {
        if (*p == '"') px_text_add(out, "\"");
        px_text_add_bytes(out, p, 1);
    }
    px_text_add(out, "\"");
}

void px_csv_record(px_text *out, const char *const *fields, int n) {
    for (int i = 0; i < n; i++) {
        if (i > 0) px_text_add(out, ",");
        add_field(out, fields[i] ? fields[i] : "", n == 1);
    }
    px_text_add(out, "\n");
}

typedef struct reader {
    px_arena *arena;
    const char *name;
    px_error *err;
    px_status status;
    int line, first_line; /* the physical line being fed; where the open record began */
    char *text;           /* all fields so far, each with its NUL */
    size_t used;
    const char **cells; /* all fields so far, record after record */
    size_t n_cells, cells_capacity, record_start;
    int *lines; /* of each record, the header included */
    size_t n_records, lines_capacity;
    int n_columns;
} reader;

static void refuse(reader *r, int line, const char *why) {
    if (r->status == PX_OK) r->status = px_fail(r->err, PX_BAD_FILE, "%s:%d: error: %s", r->name, line, why);
}

/* Room for one more element; the old array stays with the arena. */
static void *grown(px_arena *arena, void *old, size_t used, size_t *capacity, size_t size) {
    if (used < *capacity) return old;
    *capacity = *capacity ? 2 * *capacity : 64;
    void *larger = px_arena_alloc(arena, *capacity, size);
    if (used > 0) memcpy(larger, old, used * size);
    return larger;
}

static void end_field(void *bytes, size_t n, void *context) {
    reader *r = context;
    if (r->status != PX_OK) return;
    if (r->n_cells - r->record_start >= MAX_COLUMNS) {
        refuse(r, r->line, "more than 4096 fields");
        return;
    }
    if (r->first_line == 0) r->first_line = r->line; /* after a lone carriage return, which ends a record too */
    r->cells = grown(r->arena, r->cells, r->n_cells, &r->cells_capacity, sizeof *r->cells);
    char *field = r->text + r->used;
    if (n > 0) memcpy(field, bytes, n);
    r->used += n + 1;
    r->cells[r->n_cells++] = field;
}

static void end_record(int terminator, void *context) {
    (void)terminator;
    reader *r = context;
    if (r->status != PX_OK) return;
    int fields = (int)(r->n_cells - r->record_start);
    if (r->n_records == 0) r->n_columns = fields;
    if (fields != r->n_columns) {
        r->status = px_fail(r->err, PX_BAD_FILE, "%s:%d: error: %d field%s, but the header has %d", r->name,
                            r->first_line, fields, fields == 1 ? "" : "s", r->n_columns);
        return;
    }
    r->lines = grown(r->arena, r->lines, r->n_records, &r->lines_capacity, sizeof *r->lines);
    r->lines[r->n_records++] = r->first_line;
    r->record_start = r->n_cells;
    r->first_line = 0;
}

static int no_space(unsigned char c) {
    (void)c;
    return 0; /* blanks belong to a field (RFC 4180, section 2.4) */
}

static void feed_line(reader *r, struct csv_parser *parser, const char *line, size_t n) {
    bool between_records = r->first_line == 0;
    if (between_records) {
        if (line[0] == '\n' || (n == 2 && line[0] == '\r' && line[1] == '\n')) {
            refuse(r, r->line, "a blank line");
            return;
        }
        r->first_line = r->line;
    }
    if (csv_parse(parser, line, n, end_field, end_record, r) == n) return;
    if (csv_error(parser) == CSV_EPARSE)
        refuse(r, r->line, "a quote inside a field that is not quoted, or text after a quoted one");
    else
        px_out_of_memory(n);
}

static void feed(reader *r, const char *bytes, size_t n) {
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) px_out_of_memory(sizeof parser);
    csv_set_space_func(&parser, no_space);
    csv_set_blk_size(&parser, 1 << 16);
    for (size_t at = 0; at < n && r->status == PX_OK;) {
        const char *end = memchr(bytes + at, '\n', n - at);
        size_t length = end ? (size_t)(end - (bytes + at)) + 1 : n - at;
        r->line++;
        feed_line(r, &parser, bytes + at, length);
        at += length;
    }
    if (r->status == PX_OK && csv_fini(&parser, end_field, end_record, r) != 0)
        refuse(r, r->first_line, "a quote is opened and never closed");
    csv_free(&parser);
}

static bool header_is_good(reader *r) {
    if (r->n_records == 0) refuse(r, 1, "no header"); /* unless a mistake was found there */
    for (int i = 0; i < r->n_columns; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(r->cells[i], r->cells[j]) == 0) {
                r->status = px_fail(r->err, PX_BAD_FILE, "%s:%d: error: two columns are called '%s'", r->name,
                                    r->lines[0], r->cells[i]);
                return false;
            }
    return r->n_records > 0;
}

static void check_bytes(reader *r, const char *bytes, size_t n) {
    if (n > max_bytes) {
        refuse(r, 1, "larger than 1 GiB");
        return;
    }
    const char *nul = n > 0 ? memchr(bytes, '\0', n) : NULL;
    if (!nul) return;
    int line = 1;
    for (const char *p = bytes; p < nul; p++) line += *p == '\n';
    refuse(r, line, "a NUL byte: not a text file");
}

px_status px_csv_parse(px_arena *arena, const char *name, const char *bytes, size_t n, px_csv *csv, px_error *err) {
    reader r = {.arena = arena, .name = name, .err = err};
    *csv = (px_csv){0};
    if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        bytes += 3, n -= 3; /* a byte order mark, as spreadsheets write */
    check_bytes(&r, bytes, n);
    if (r.status != PX_OK) return r.status;
    r.text = px_arena_alloc(arena, n + 1, 1); /* a field and its NUL take no more than the field and its separator */
    feed(&r, bytes, n);
    if (!header_is_good(&r)) return r.status;

    size_t n_rows = r.n_records - 1;
    const char *const **rows = PX_NEW_ARRAY(arena, const char *const *, n_rows);
    for (size_t i = 0; i < n_rows; i++) rows[i] = r.cells + (i + 1) * (size_t)r.n_columns;
    *csv = (px_csv){.header = r.cells, .n_columns = r.n_columns, .rows = rows, .lines = r.lines + 1, .n_rows = n_rows};
    return r.status;
}

px_status px_csv_read(px_arena *arena, const char *path, px_csv *csv, px_error *err) {
    *csv = (px_csv){0};
    FILE *f = fopen(path, "rb");
    if (!f) return px_fail(err, PX_BAD_FILE, "%s: %s", path, strerror(errno));
    px_text all = {0};
    char chunk[1 << 16];
    size_t got;
    errno = 0;
    while (all.length <= max_bytes && (got = fread(chunk, 1, sizeof chunk, f)) > 0) px_text_add_bytes(&all, chunk, got);
    int trouble = ferror(f) ? errno : 0;
    fclose(f);
    px_status status = trouble ? px_fail(err, PX_BAD_FILE, "%s: %s", path, strerror(trouble))
                               : px_csv_parse(arena, path, px_text_str(&all), all.length, csv, err);
    px_text_free(&all);
    return status;
}

int px_csv_column(const px_csv *csv, const char *name) {
    for (int i = 0; i < csv->n_columns; i++)
        if (strcmp(csv->header[i], name) == 0) return i;
    return -1;
}
