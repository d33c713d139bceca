#include "io/result.h"

#include <jansson.h>
#include <math.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static const char hex_suffix[] = "_hex";

const char *px_result_meta_path(px_arena *arena, const char *csv_path) {
    size_t n = strlen(csv_path);
    int stem = (int)(n > 4 && strcmp(csv_path + n - 4, ".csv") == 0 ? n - 4 : n);
    return px_arena_printf(arena, "%.*s.meta.json", stem, csv_path);
}

bool px_same_value(const char *a, const char *b) {
    double x, y;
    if (strcmp(a, b) == 0) return true;
    if (!px_double_parse(a, &x) || !px_double_parse(b, &y)) return false;
    return (isnan(x) && isnan(y)) || memcmp(&x, &y, sizeof x) == 0;
}

static const char *text_of(px_arena *arena, const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (json_is_integer(value)) return px_arena_printf(arena, "%lld", (long long)json_integer_value(value));
    return json_is_string(value) ? px_arena_strdup(arena, json_string_value(value)) : "";
}

static const json_t *last_acceptance(const json_t *block) {
    const json_t *accepted = json_object_get(block, "accepted");
    size_t n = json_array_size(accepted);
    return n ? json_array_get(accepted, n - 1) : NULL;
}

static px_origin read_origin(px_arena *arena, const json_t *meta) {
    const json_t *block = json_object_get(meta, "precx");
    const char *hash = text_of(arena, meta, "hash");
    return (px_origin){
        .known = true,
        .name = text_of(arena, meta, "name"),
        .kind = text_of(arena, block, "kind"),
        .plan = text_of(arena, block, "plan_sha256"),
        .profile = text_of(arena, block, "profile"),
        .filter = text_of(arena, block, "filter"),
        .shard = text_of(arena, block, "shard"),
        .seed = text_of(arena, block, "seed"),
        .version = text_of(arena, block, "version"),
        .git = text_of(arena, block, "git"),
        .started = text_of(arena, block, "started"),
        .experiment_sha256 = text_of(arena, block, "experiment_sha256"),
        .compiler = text_of(arena, json_object_get(block, "build"), "compiler"),
        .blas = text_of(arena, json_object_get(block, "blas"), "library"),
        .cpu = text_of(arena, json_object_get(block, "cpu"), "model"),
        .os = text_of(arena, block, "os"),
        .accepted = text_of(arena, last_acceptance(block), "date"),
        .because = text_of(arena, last_acceptance(block), "because"),
        .sha256 = strncmp(hash, "sha256:", 7) == 0 ? hash + 7 : "",
        .dirty = json_is_true(json_object_get(block, "git_dirty")),
    };
}

/* The role that the meta file's `class` gives to a column. */
static px_role role_of(const json_t *meta, const char *column) {
    size_t i;
    json_t *field;
    json_array_foreach(json_object_get(json_object_get(meta, "schema"), "fields"), i, field) {
        const char *name = json_string_value(json_object_get(field, "name"));
        const char *class = json_string_value(json_object_get(field, "class"));
        if (!name || !class || strcmp(name, column) != 0) continue;
        return strcmp(class, "key") == 0 ? PX_ROLE_KEY : strcmp(class, "axis") == 0 ? PX_ROLE_AXIS : PX_ROLE_VALUE;
    }
    return PX_ROLE_VALUE;
}

static int find_hex(px_arena *arena, const px_csv *csv, const char *column) {
    return px_csv_column(csv, px_arena_printf(arena, "%s%s", column, hex_suffix));
}

static void set_roles(px_arena *arena, px_result *r, const json_t *meta) {
    const px_csv *csv = &r->csv;
    r->roles = PX_NEW_ARRAY(arena, px_role, csv->n_columns);
    r->hex = PX_NEW_ARRAY(arena, int, csv->n_columns);
    for (int j = 0; j < csv->n_columns; j++) {
        r->roles[j] = strcmp(csv->header[j], "cell") == 0 ? PX_ROLE_KEY
                      : meta                              ? role_of(meta, csv->header[j])
                                                          : PX_ROLE_VALUE;
        r->hex[j] = find_hex(arena, csv, csv->header[j]);
    }
    for (int j = 0; j < csv->n_columns; j++)
        if (r->hex[j] >= 0) r->roles[r->hex[j]] = PX_ROLE_HEX;
}

/* A key, and where it stands. */
typedef struct place {
    const char *key;
    int ordinal;
    int64_t row;
} place;

static int by_key_and_row(const void *a, const void *b) {
    const place *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

static int by_key_and_ordinal(const void *a, const void *b) {
    const place *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

/* The rows in the order of their keys, and of the file where keys are alike; the ordinals follow from it. */
static place *index_rows(px_arena *arena, const px_result *r, bool by_cell) {
    int cell = px_csv_column(&r->csv, "cell");
    place *places = PX_NEW_ARRAY(arena, place, r->csv.n_rows);
    for (size_t i = 0; i < r->csv.n_rows; i++)
        places[i] = (place){by_cell ? r->csv.rows[i][cell] : r->keys[i], 0, (int64_t)i};
    if (r->csv.n_rows) qsort(places, r->csv.n_rows, sizeof *places, by_key_and_row);
    for (size_t i = 1; i < r->csv.n_rows; i++)
        if (strcmp(places[i].key, places[i - 1].key) == 0) places[i].ordinal = places[i - 1].ordinal + 1;
    return places;
}

static void set_keys(px_arena *arena, px_result *r) {
    r->keys = PX_NEW_ARRAY(arena, const char *, r->csv.n_rows);
    int cell = px_csv_column(&r->csv, "cell");
    for (size_t i = 0; i < r->csv.n_rows; i++) {
        const char *key = r->csv.rows[i][cell];
        for (int j = 0; j < r->csv.n_columns; j++)
            if (r->roles[j] == PX_ROLE_KEY && j != cell)
                key = px_arena_printf(arena, "%s %s=%s", key, r->csv.header[j], r->csv.rows[i][j]);
        r->keys[i] = key;
    }
}

static px_status read_meta(const char *path, json_t **meta, px_error *err) {
    json_error_t where;
    *meta = NULL;
    if (access(path, F_OK) != 0) return PX_OK;
    *meta = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
    return *meta ? PX_OK : px_fail(err, PX_BAD_FILE, "%s:%d:%d: error: %s", path, where.line, where.column, where.text);
}

static px_result result_new(px_arena *arena, const char *path) {
    px_result r = {.path = px_arena_strdup(arena, path), .meta_path = px_result_meta_path(arena, path)};
    r.origin = read_origin(arena, NULL);
    r.origin.known = false;
    return r;
}

/* The table is read. meta NULL: none; it is given up. */
static px_status finish(px_arena *arena, json_t *meta, px_result *r, px_error *err) {
    px_status status = PX_OK;
    if (meta) r->origin = read_origin(arena, meta);
    if (px_csv_column(&r->csv, "cell") < 0)
        status = px_fail(err, PX_BAD_FILE, "%s:1: error: no column 'cell': not a table of precx", r->path);
    if (status == PX_OK) {
        set_roles(arena, r, meta);
        set_keys(arena, r);
    }
    json_decref(meta);
    return status;
}

px_status px_result_read(px_arena *arena, const char *path, px_result *result, px_error *err) {
    json_t *meta;
    char hash[SHA256_DIGEST_STRING_LENGTH];
    *result = result_new(arena, path);
    PX_TRY(px_csv_read(arena, path, &result->csv, err));
    PX_TRY(read_meta(result->meta_path, &meta, err));
    PX_TRY(finish(arena, meta, result, err));
    result->intact = result->origin.known && SHA256File(path, hash) && strcmp(hash, result->origin.sha256) == 0;
    return PX_OK;
}

px_status px_result_parse(px_arena *arena, const char *path, px_bytes table, px_bytes meta, px_result *result,
                          px_error *err) {
    json_error_t where;
    json_t *json = NULL;
    *result = result_new(arena, path);
    PX_TRY(px_csv_parse(arena, path, table.at, table.n, &result->csv, err));
    if (meta.at) {
        json = json_loadb(meta.at, meta.n, JSON_REJECT_DUPLICATES, &where);
        if (!json)
            return px_fail(err, PX_BAD_FILE, "%s:%d:%d: error: %s", result->meta_path, where.line, where.column,
                           where.text);
    }
    return finish(arena, json, result, err);
}

int64_t *px_result_match(px_arena *arena, const px_result *a, const px_result *b) {
    bool by_cell = !a->origin.known || !b->origin.known;
    int64_t *row = PX_NEW_ARRAY(arena, int64_t, a->csv.n_rows);
    const place *wanted = index_rows(arena, a, by_cell), *places = index_rows(arena, b, by_cell);
    size_t k = 0; /* both are in the order of their keys */
    for (size_t i = 0; i < a->csv.n_rows; i++) {
        while (k < b->csv.n_rows && by_key_and_ordinal(&places[k], &wanted[i]) < 0) k++;
        bool found = k < b->csv.n_rows && by_key_and_ordinal(&places[k], &wanted[i]) == 0;
        row[wanted[i].row] = found ? places[k].row : -1;
    }
    return row;
}
