/* Joining shards. The records are written again as they were read: a part's bytes come from the same writer. */
#include "run/merge.h"

#include <inttypes.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "io/csv.h"
#include "run/joining.h"
#include "run/sweep.h"

static const char *const side_suffixes[] = {"library.csv", "timing.csv"};

static px_status refuse(px_joining *j, const px_part *p, const char *format, const char *a, const char *b) {
    const char *message = px_arena_printf(j->arena, format, a, b);
    return px_fail(j->err, PX_BAD_FILE, "%s: %s", p->path, message);
}

static const char *beside(px_arena *arena, const char *csv_path, const char *suffix) {
    const char *meta = px_result_meta_path(arena, csv_path);
    return px_arena_printf(arena, "%.*s%s", (int)(strlen(meta) - strlen("meta.json")), meta, suffix);
}

/* "0 4 8": whole numbers, growing. False for anything else. */
static bool read_index(px_arena *arena, const char *text, px_part *p) {
    size_t most = strlen(text) / 2 + 1;
    p->index = PX_NEW_ARRAY(arena, int64_t, most);
    for (char *copy = px_arena_strdup(arena, text), *word; (word = strtok_r(copy, " ", &copy));) {
        int64_t i;
        if (!px_int_parse(word, &i) || i < 0 || (p->n_cells > 0 && i <= p->index[p->n_cells - 1])) return false;
        p->index[p->n_cells++] = i;
    }
    return true;
}

/* Where each cell's rows are: as many runs of one id as the part has cells. */
static bool find_rows(px_arena *arena, px_part *p) {
    const px_csv *csv = &p->result.csv;
    int id = px_csv_column(csv, "cell");
    int64_t n = 0;
    p->rows = PX_NEW_ARRAY(arena, px_rows, p->n_cells);
    for (size_t i = 0, end; i < csv->n_rows; i = end) {
        for (end = i + 1; end < csv->n_rows && strcmp(csv->rows[end][id], csv->rows[i][id]) == 0; end++) continue;
        if (n == p->n_cells) return false;
        p->rows[n++] = (px_rows){i, end};
    }
    return n == p->n_cells;
}

/* The library's columns are the ones that the meta file was written for. */
static bool library_is_intact(const px_part *p, const char *path) {
    char hash[SHA256_DIGEST_STRING_LENGTH] = "";
    const json_t *library = json_object_get(p->block, "library");
    const char *stated = json_string_value(json_object_get(library, "hash"));
    if (!json_is_object(library)) return p->side[0].n_columns == 0;
    return stated && SHA256File(path, hash) && strncmp(stated, "sha256:", 7) == 0 && strcmp(stated + 7, hash) == 0;
}

static px_status read_part(px_joining *j, px_part *p) {
    PX_TRY(px_result_read(j->arena, p->path, &p->result, j->err));
    if (!p->result.origin.known)
        return refuse(j, p, "no %s beside it: what a run with --shard wrote is joined%s", p->result.meta_path, "");
    if (!p->result.intact)
        return refuse(j, p, "not the table that its run wrote (SHA-256 differs from %s): run it again%s",
                      p->result.meta_path, "");
    json_error_t where;
    p->meta = json_load_file(p->result.meta_path, JSON_REJECT_DUPLICATES, &where);
    p->block = json_object_get(p->meta, "precx");
    const json_t *place = json_object_get(p->block, "part");
    const char *shard = p->result.origin.shard, *index = json_string_value(json_object_get(place, "index"));
    if (!*shard) return refuse(j, p, "a whole table, no part of one: it was made without --shard%s%s", "", "");
    if (sscanf(shard, "%d/%d", &p->shard, &p->of) != 2 || p->shard < 1 || p->shard > p->of || !index ||
        !read_index(j->arena, index, p) || !find_rows(j->arena, p))
        return refuse(j, p, "%s does not say where its cells belong: run the part again%s", p->result.meta_path, "");
    for (int i = 0; i < 2; i++) {
        const char *path = beside(j->arena, p->path, side_suffixes[i]);
        if (access(path, F_OK) == 0) PX_TRY(px_csv_read(j->arena, path, &p->side[i], j->err));
        if (p->side[i].n_columns && strcmp(p->side[i].header[0], "cell") != 0)
            return refuse(j, p, "%s is not its side file%s", path, "");
    }
    const char *library = beside(j->arena, p->path, side_suffixes[0]);
    if (!library_is_intact(p, library))
        return refuse(j, p, "%s is not what its run wrote: run it again%s", library, "");
    return PX_OK;
}

static const char *dump(px_arena *arena, const json_t *value) {
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS) : NULL;
    const char *copy = px_arena_strdup(arena, text ? text : "nothing");
    free(text);
    return copy;
}

/* What all parts have in common, in the order in which a difference is told. */
static px_status compare_settings(px_joining *j, const px_part *p) {
    static const char *const keys[] = {"kind",    "seed",   "profile",           "set",
                                       "filter",  "engine", "experiment_sha256", "plan_sha256",
                                       "version", "git",    "git_dirty"};
    const px_part *first = &j->parts[0];
    const char *name = p->result.origin.name;
    if (strcmp(name, first->result.origin.name) != 0)
        return refuse(j, p, "a part of '%s', but %s", name,
                      px_arena_printf(j->arena, "%s is one of '%s'", first->path, first->result.origin.name));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *here = dump(j->arena, json_object_get(p->block, keys[i]));
        const char *there = dump(j->arena, json_object_get(first->block, keys[i]));
        if (strcmp(here, there) != 0)
            return refuse(j, p, "made with other settings: %s",
                          px_arena_printf(j->arena, "%s is %s here and %s in %s", keys[i], here, there, first->path),
                          "");
    }
    if (p->of != first->of)
        return refuse(j, p, "part %s, but %s", p->result.origin.shard,
                      px_arena_printf(j->arena, "%s is part %s", first->path, first->result.origin.shard));
    const char *here = dump(j->arena, json_object_get(p->meta, "schema"));
    if (strcmp(here, dump(j->arena, json_object_get(first->meta, "schema"))) != 0)
        return refuse(j, p, "other columns than in %s%s", first->path, "");
    return PX_OK;
}

static px_status find_gaps(px_joining *j) {
    const px_part *first = &j->parts[0];
    const char *missing = "";
    int n = 0, least = 0;
    for (int shard = 1; shard <= first->of; shard++) {
        const px_part *found = NULL;
        for (int i = 0; i < j->n; i++) {
            const px_part *p = &j->parts[i];
            if (p->shard != shard) continue;
            if (found) return refuse(j, p, "part %s again, as in %s", p->result.origin.shard, found->path);
            found = p;
        }
        if (found) continue;
        enum { NAMED = 8 };
        if (n++ < NAMED) missing = px_arena_printf(j->arena, "%s%s%d/%d", missing, n > 1 ? ", " : "", shard, first->of);
        if (n == NAMED + 1) missing = px_arena_printf(j->arena, "%s, ...", missing);
        if (!least) least = shard;
    }
    if (n == 0) return PX_OK;
    return px_fail(j->err, PX_BAD_FILE, "%s: missing part%s %s; %s made by: %s", first->result.origin.name,
                   n == 1 ? "" : "s", missing, n == 1 ? "it is" : "the first is",
                   px_part_command(j->arena, first, least));
}

static int by_index(const void *a, const void *b) {
    const px_joined *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

static px_status join_cells(px_joining *j) {
    for (int i = 0; i < j->n; i++) j->n_cells += j->parts[i].n_cells;
    j->cells = PX_NEW_ARRAY(j->arena, px_joined, j->n_cells);
    int64_t n = 0, wanted = json_integer_value(json_object_get(json_object_get(j->parts[0].block, "part"), "of_cells"));
    for (int i = 0; i < j->n; i++)
        for (int64_t k = 0; k < j->parts[i].n_cells; k++) j->cells[n++] = (px_joined){j->parts[i].index[k], i, k};
    if (n) qsort(j->cells, (size_t)n, sizeof *j->cells, by_index);
    for (int64_t i = 1; i < n; i++)
        if (j->cells[i].index == j->cells[i - 1].index)
            return refuse(j, &j->parts[j->cells[i].part], "has a cell that stands in %s, too%s",
                          j->parts[j->cells[i - 1].part].path, "");
    if (n != wanted) return refuse(j, &j->parts[0], "the parts do not add up to the table: run them again%s%s", "", "");
    return PX_OK;
}

/* The cell's records in the side file: those of its id. Both are in the order of the part's cells. */
static void add_side_records(const px_part *p, int side, int64_t cell, size_t *next, px_text *out) {
    const px_csv *csv = &p->side[side], *main = &p->result.csv;
    const char *id = main->rows[p->rows[cell].first][px_csv_column(main, "cell")];
    while (*next < csv->n_rows && strcmp(csv->rows[*next][0], id) == 0)
        px_csv_record(out, csv->rows[(*next)++], csv->n_columns);
}

static void join_main(const px_joining *j, px_text *out) {
    const px_csv *first = &j->parts[0].result.csv;
    px_csv_record(out, first->header, first->n_columns);
    for (int64_t i = 0; i < j->n_cells; i++) {
        const px_part *p = &j->parts[j->cells[i].part];
        px_rows s = p->rows[j->cells[i].cell];
        for (size_t k = s.first; k < s.end; k++) px_csv_record(out, p->result.csv.rows[k], first->n_columns);
    }
}

/* Nothing when no part has that file. */
static px_status join_side(px_joining *j, int side, px_text *out) {
    size_t *next = PX_NEW_ARRAY(j->arena, size_t, j->n);
    const px_csv *header = NULL;
    for (int i = 0; i < j->n; i++)
        if (j->parts[i].side[side].n_columns) header = &j->parts[i].side[side];
    if (!header) return PX_OK;
    px_csv_record(out, header->header, header->n_columns);
    for (int64_t i = 0; i < j->n_cells; i++)
        add_side_records(&j->parts[j->cells[i].part], side, j->cells[i].cell, &next[j->cells[i].part], out);
    for (int i = 0; i < j->n; i++)
        if (next[i] != j->parts[i].side[side].n_rows)
            return refuse(j, &j->parts[i], "%s is not its side file%s",
                          beside(j->arena, j->parts[i].path, side_suffixes[side]), "");
    return PX_OK;
}

static px_status write_text(px_outfile *f, const char *path, const char *suffix, const px_text *text, px_error *err) {
    PX_TRY(px_own_file_check(path, suffix, err));
    PX_TRY(px_outfile_open(f, path, err));
    PX_TRY(px_outfile_write(f, px_text_str(text), text->length, err));
    return px_outfile_complete(f, err);
}

enum { MAIN, LIBRARY, TIMING, META, N_FILES };

static px_status write_all(px_joining *j, const char *stem, px_outfile files[N_FILES], px_text texts[N_FILES]) {
    static const char *const suffixes[] = {"csv", "library.csv", "timing.csv", "meta.json"};
    join_main(j, &texts[MAIN]);
    PX_TRY(join_side(j, 0, &texts[LIBRARY]));
    PX_TRY(join_side(j, 1, &texts[TIMING]));
    for (int i = 0; i < N_FILES; i++) {
        if (i == META) px_join_meta(j, &files[MAIN], texts[LIBRARY].length ? &files[LIBRARY] : NULL, &texts[META]);
        if (texts[i].length == 0) continue;
        const char *path = px_arena_printf(j->arena, "%s.%s", stem, suffixes[i]);
        if (strlen(path) >= PX_PATH_CHARS)
            return px_fail(j->err, PX_INCOMPLETE, "cannot write %s: name too long", path);
        PX_TRY(write_text(&files[i], path, suffixes[i], &texts[i], j->err));
    }
    for (int i = 0; i < N_FILES; i++)
        if (texts[i].length) PX_TRY(px_outfile_rename(&files[i], j->err));
    if (texts[LIBRARY].length == 0) unlink(px_arena_printf(j->arena, "%s.library.csv", stem)); /* an earlier table's */
    return PX_OK;
}

static px_status publish(px_joining *j, const char *directory, px_merged *merged) {
    const char *name = j->parts[0].result.origin.name;
    if (!*name || *name == '.' || strchr(name, '/'))
        return refuse(j, &j->parts[0], "%s: no name of an experiment: '%s'", j->parts[0].result.meta_path, name);
    px_outfile files[N_FILES];
    px_text texts[N_FILES] = {{0}};
    for (int i = 0; i < N_FILES; i++) files[i] = (px_outfile){.fd = -1};
    const char *stem = px_arena_printf(j->arena, "%s/%s", directory, name);
    px_status status = px_directory_make(directory, j->err);
    if (status == PX_OK) status = write_all(j, stem, files, texts);
    for (int i = 0; i < N_FILES; i++) {
        px_outfile_discard(&files[i]);
        px_text_free(&texts[i]);
    }
    PX_TRY(status);
    snprintf(merged->csv_path, sizeof merged->csv_path, "%s.csv", stem);
    return px_directory_sync(directory, j->err);
}

static px_status merge(px_joining *j, const char *const *paths, const char *directory, px_merged *merged) {
    for (int i = 0; i < j->n; i++) {
        j->parts[i].path = paths[i];
        PX_TRY(read_part(j, &j->parts[i]));
        PX_TRY(compare_settings(j, &j->parts[i]));
    }
    PX_TRY(find_gaps(j));
    PX_TRY(join_cells(j));
    merged->n_cells = j->n_cells;
    for (int i = 0; i < j->n; i++) merged->n_rows += (int64_t)j->parts[i].result.csv.n_rows;
    return publish(j, directory, merged);
}

px_status px_merge(const char *const *paths, int n, const char *directory, px_merged *merged, px_error *err) {
    px_joining j = {.arena = px_arena_new(), .n = n, .err = err};
    j.parts = PX_NEW_ARRAY(j.arena, px_part, n);
    *merged = (px_merged){{0}, 0, 0};
    px_status status = merge(&j, paths, directory, merged);
    for (int i = 0; i < n; i++) json_decref(j.parts[i].meta);
    px_arena_free(j.arena);
    return status;
}
