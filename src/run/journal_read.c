#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sha2.h>

#include "run/journal.h"

enum { CHECKSUM_DIGITS = 16, LONGEST_HEAD = 128 };

px_journal_form px_journal_recognise(const char *bytes, size_t n) {
    size_t magic = strlen(PX_JOURNAL_MAGIC);
    if (memcmp(bytes, PX_JOURNAL_MAGIC, n < magic ? n : magic) != 0) return PX_JOURNAL_FOREIGN;
    return memchr(bytes, '\n', n) ? PX_JOURNAL_OURS : PX_JOURNAL_TORN;
}

void px_journal_head(int64_t cell, int64_t n_records, size_t main_bytes, size_t library_bytes, const char *payload,
                     px_text *out) {
    char head[LONGEST_HEAD], digest[SHA256_DIGEST_STRING_LENGTH];
    int n =
        snprintf(head, sizeof head, "cell %" PRId64 " %" PRId64 " %zu %zu", cell, n_records, main_bytes, library_bytes);
    SHA2_CTX sha;
    SHA256Init(&sha);
    SHA256Update(&sha, (const uint8_t *)head, (size_t)n);
    SHA256Update(&sha, (const uint8_t *)"\n", 1);
    SHA256Update(&sha, (const uint8_t *)payload, main_bytes + library_bytes);
    SHA256End(&sha, digest);
    px_text_printf(out, "%s %.*s\n", head, CHECKSUM_DIGITS, digest);
}

static px_status edited(const px_journal *j, const char *bytes, size_t at, const char *what, px_error *err) {
    int64_t line = 1;
    for (size_t i = 0; i < at; i++) line += bytes[i] == '\n';
    return px_fail(err, PX_BAD_FILE,
                   "%s:%" PRId64 ": error: %s: the journal was edited or damaged; without --resume the run starts over",
                   j->path, line, what);
}

/* The first item of the first line that is not as expected. */
static px_status other_run(const px_journal *j, const char *found, const char *expected, px_error *err) {
    size_t at = 0, begin = 0;
    while (found[at] == expected[at]) {
        if (found[at] == ' ') begin = at + 1;
        at++;
    }
    const char *there = found + begin, *here = expected + begin;
    int key = (int)strcspn(here, "= \n");
    bool same_key = strncmp(there, here, (size_t)key + 1) == 0;
    int value_there = (int)strcspn(there, " \n"), value_here = (int)strcspn(here, " \n");
    if (!same_key)
        return px_fail(err, PX_BAD_FILE, "%s: the journal of another run ('%.*s' there, '%.*s' here)", j->path,
                       value_there, there, value_here, here);
    int skip = key + 1;
    return px_fail(
        err, PX_BAD_FILE,
        "%s: the journal of another run: %.*s is %.*s there and %.*s here; --resume needs the same settings, "
        "without --resume the run starts over",
        j->path, key, here, value_there - skip, there + skip, value_here - skip, here + skip);
}

/* Reads the cell's line at p, exactly as px_journal_head spells it but for the checksum. Its length; 0: it is none. */
static size_t parse_head(const char *p, size_t n, px_journal_record *r) {
    char line[LONGEST_HEAD], again[LONGEST_HEAD], sum[CHECKSUM_DIGITS + 2];
    const char *end = memchr(p, '\n', n < sizeof line - 1 ? n : sizeof line - 1);
    if (!end) return 0;
    size_t length = (size_t)(end - p);
    memcpy(line, p, length);
    line[length] = '\0';
    if (sscanf(line, "cell %" SCNd64 " %" SCNd64 " %zu %zu %17s", &r->cell, &r->n_records, &r->main_bytes,
               &r->library_bytes, sum) != 5)
        return 0;
    snprintf(again, sizeof again, "cell %" PRId64 " %" PRId64 " %zu %zu %s", r->cell, r->n_records, r->main_bytes,
             r->library_bytes, sum);
    return strcmp(line, again) == 0 ? length + 1 : 0;
}

/* Does a further record begin somewhere in these bytes? Then what stands before it is not the tail of the file. */
static bool another_head(const char *p, size_t n) {
    px_journal_record r;
    for (const char *end = p + n; (p = memchr(p, '\n', (size_t)(end - p))); p++)
        if (parse_head(p + 1, (size_t)(end - p - 1), &r)) return true;
    return false;
}

/* One record at `at`. *length 0: cut off here. */
static px_status parse_record(const px_journal *j, const char *bytes, size_t at, size_t n, px_journal_record *r,
                              size_t *length, px_error *err) {
    size_t left = n - at, head = parse_head(bytes + at, left, r);
    bool torn_head = !head && left < LONGEST_HEAD && !memchr(bytes + at, '\n', left) &&
                     memcmp(bytes + at, "cell ", left < 5 ? left : 5) == 0;
    *length = 0;
    if (torn_head) return PX_OK;
    if (!head) return edited(j, bytes, at, "not the line of a cell", err);
    size_t room = left - head;
    if (r->main_bytes > room || r->library_bytes > room - r->main_bytes)
        return another_head(bytes + at, left) ? edited(j, bytes, at, "the count of bytes is wrong", err) : PX_OK;
    px_text expected = {0};
    px_journal_head(r->cell, r->n_records, r->main_bytes, r->library_bytes, bytes + at + head, &expected);
    bool intact = expected.length == head && memcmp(expected.s, bytes + at, head) == 0;
    px_text_free(&expected);
    if (!intact) return edited(j, bytes, at, "the checksum does not fit", err);
    r->offset = (int64_t)(at + head);
    *length = head + r->main_bytes + r->library_bytes;
    return PX_OK;
}

px_status px_journal_parse(px_journal *j, const char *bytes, size_t n, const char *header, px_error *err) {
    size_t at = strlen(header), all = n;
    if (n < at || memcmp(bytes, header, at) != 0) return other_run(j, bytes, header, err);
    while (n > at && bytes[n - 1] == '\0') n--; /* blocks that a power cut left unwritten */
    while (at < n) {
        px_journal_record r;
        size_t length;
        PX_TRY(parse_record(j, bytes, at, n, &r, &length, err));
        if (!length) break;
        px_journal_keep(j, r);
        at += length;
    }
    j->size = (int64_t)at;
    j->torn_bytes = (int64_t)(all - at);
    return PX_OK;
}
