#include "gate/accept.h"

#include <jansson.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "io/outfile.h"
#include "spec/param.h"

const char *px_baseline_path(px_arena *arena, const char *directory, const char *name, const char *profile) {
    bool has_profile = profile && *profile;
    return px_arena_printf(arena, "%s/%s%s%s.csv", directory, name, has_profile ? "." : "", has_profile ? profile : "");
}

static int64_t count_failed(const px_csv *csv) {
    int status = px_csv_column(csv, "status");
    int64_t n = 0;
    for (size_t i = 0; status >= 0 && i < csv->n_rows; i++)
        n += strcmp(csv->rows[i][status], px_cell_status_name(PX_CELL_FAILED)) == 0;
    return n;
}

static bool is_set(const char *variable) {
    const char *value = getenv(variable);
    return value && *value && strcmp(value, "0") != 0 && strcmp(value, "false") != 0;
}

px_status px_accept_check(const px_result *r, const char *plan, const char *because, px_error *err) {
    const px_origin *o = &r->origin;
    if (is_set("CI")) return px_fail(err, PX_USAGE, "accept is a person's decision: not under CI=true");
    if (!because || because[strspn(because, " \t")] == '\0')
        return px_fail(err, PX_USAGE, "accept wants a reason: --because \"...\"");
    if (!o->known)
        return px_fail(err, PX_BAD_FILE, "%s: no %s beside it: where does it come from? run the experiment again",
                       r->path, r->meta_path);
    if (!r->intact)
        return px_fail(err, PX_BAD_FILE, "%s: not the table that its run wrote (SHA-256 differs from %s): run it again",
                       r->path, r->meta_path);
    if (*o->filter || *o->shard)
        return px_fail(err, PX_BAD_FILE, "%s: only a part of the table (%s %s): run without it", r->path,
                       *o->filter ? "--filter" : "--shard", *o->filter ? o->filter : o->shard);
    if (strcmp(o->plan, plan) != 0)
        return px_fail(err, PX_BAD_FILE,
                       "%s: made by other settings than the experiment file has now (seed, axes, or "
                       "--set): run it again",
                       r->path);
    if (o->dirty)
        return px_fail(err, PX_BAD_FILE, "%s: made by a modified build of %s: commit, build, run again", r->path,
                       o->git);
    int64_t failed = count_failed(&r->csv);
    if (failed)
        return px_fail(err, PX_BAD_FILE, "%s: %lld row%s failed: no baseline of failures", r->path, (long long)failed,
                       failed == 1 ? "" : "s");
    return PX_OK;
}

/* Every column of numbers gets its hexfloats: those whose filled fields are all numbers, at least one of them not an
 * integer by its type in the meta file. */
static bool *number_columns(px_arena *arena, const px_result *r, const json_t *meta) {
    bool *number = PX_NEW_ARRAY(arena, bool, r->csv.n_columns);
    size_t i;
    json_t *field;
    json_array_foreach(json_object_get(json_object_get(meta, "schema"), "fields"), i, field) {
        const char *name = json_string_value(json_object_get(field, "name"));
        const char *type = json_string_value(json_object_get(field, "type"));
        int j = name ? px_csv_column(&r->csv, name) : -1;
        if (j >= 0 && type && strcmp(type, "number") == 0 && r->roles[j] == PX_ROLE_VALUE) number[j] = true;
    }
    return number;
}

static const char *hex_of(px_arena *arena, const char *decimal) {
    char text[PX_DOUBLE_CHARS];
    double x;
    return px_double_parse(decimal, &x) ? px_arena_strdup(arena, px_double_print_hex(x, text)) : "";
}

static void add_record(px_arena *arena, const px_result *r, const char *const *fields, const bool *number, bool header,
                       px_text *out) {
    const char **all = PX_NEW_ARRAY(arena, const char *, 2 * r->csv.n_columns);
    int n = 0;
    for (int j = 0; j < r->csv.n_columns; j++) {
        all[n++] = fields[j];
        if (number[j]) all[n++] = header ? px_arena_printf(arena, "%s_hex", fields[j]) : hex_of(arena, fields[j]);
    }
    px_csv_record(out, all, n);
}

static void describe_hex(json_t *meta, const px_result *r, const bool *number) {
    json_t *fields = json_object_get(json_object_get(meta, "schema"), "fields"), *all = json_array(), *field;
    size_t i;
    json_array_foreach(fields, i, field) {
        json_array_append(all, field);
        const char *name = json_string_value(json_object_get(field, "name"));
        int j = name ? px_csv_column(&r->csv, name) : -1;
        if (j < 0 || !number[j]) continue;
        char hex[256];
        snprintf(hex, sizeof hex, "%s_hex", name);
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s}", "name", hex, "type", "string", "class", "hex",
                                             "description", "the same number as a hexadecimal float"));
    }
    json_object_set_new(json_object_get(meta, "schema"), "fields", all);
}

static void today(char date[16]) {
    const char *given = getenv("SOURCE_DATE_EPOCH");
    int64_t epoch;
    if (!given || !px_int_parse(given, &epoch)) epoch = (int64_t)time(NULL);
    time_t t = (time_t)epoch;
    struct tm utc = {0};
    date[0] = '\0';
    if (gmtime_r(&t, &utc)) strftime(date, 16, "%Y-%m-%d", &utc);
}

/* The list of acceptances: those of the baseline that is replaced, and this one. */
static json_t *acceptances(const char *old_meta_path, const px_result *r, const char *because) {
    char date[16];
    today(date);
    json_t *old = json_load_file(old_meta_path, 0, NULL);
    json_t *list = json_copy(json_object_get(json_object_get(old, "precx"), "accepted"));
    if (!json_is_array(list)) {
        json_decref(list);
        list = json_array();
    }
    json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "date", date, "git", r->origin.git, "because", because));
    json_decref(old);
    return list;
}

static px_status write_pair(const char *csv_path, const char *csv, size_t n_csv, const char *meta_path, json_t *meta,
                            px_error *err) {
    char hash[SHA256_DIGEST_STRING_LENGTH + 8] = "sha256:";
    SHA256Data((const uint8_t *)csv, n_csv, hash + 7);
    json_object_set_new(meta, "hash", json_string(hash));
    char *text = json_dumps(meta, JSON_SORT_KEYS | JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    PX_ASSERT(text);
    px_outfile table, side = {.fd = -1};
    px_status status = px_outfile_open(&table, csv_path, err);
    if (status == PX_OK) status = px_outfile_write(&table, csv, n_csv, err);
    if (status == PX_OK) status = px_outfile_complete(&table, err);
    if (status == PX_OK) status = px_outfile_open(&side, meta_path, err);
    if (status == PX_OK) status = px_outfile_write(&side, text, strlen(text), err);
    if (status == PX_OK) status = px_outfile_write(&side, "\n", 1, err);
    if (status == PX_OK) status = px_outfile_complete(&side, err);
    if (status == PX_OK) status = px_outfile_rename(&table, err);
    if (status == PX_OK) status = px_outfile_rename(&side, err);
    px_outfile_discard(&table);
    px_outfile_discard(&side);
    free(text);
    return status;
}

px_status px_accept_write(px_arena *arena, const px_result *r, const char *baseline_path, const char *because,
                          px_error *err) {
    json_error_t where;
    json_t *meta = json_load_file(r->meta_path, 0, &where);
    if (!meta)
        return px_fail(err, PX_BAD_FILE, "%s:%d:%d: error: %s", r->meta_path, where.line, where.column, where.text);
    bool *number = number_columns(arena, r, meta);
    px_text csv = {0};
    add_record(arena, r, r->csv.header, number, true, &csv);
    for (size_t i = 0; i < r->csv.n_rows; i++) add_record(arena, r, r->csv.rows[i], number, false, &csv);

    const char *meta_path = px_result_meta_path(arena, baseline_path), *slash = strrchr(baseline_path, '/');
    describe_hex(meta, r, number);
    json_object_set_new(meta, "path", json_string(slash ? slash + 1 : baseline_path));
    json_t *block = json_object_get(meta, "precx");
    json_object_set_new(block, "accepted", acceptances(meta_path, r, because));
    json_object_set_new(block, "library", json_null());
    const char *directory = slash ? px_arena_printf(arena, "%.*s", (int)(slash - baseline_path), baseline_path) : ".";
    px_status status = px_directory_make(directory, err);
    if (status == PX_OK) status = write_pair(baseline_path, csv.s, csv.length, meta_path, meta, err);
    px_text_free(&csv);
    json_decref(meta);
    return status;
}
