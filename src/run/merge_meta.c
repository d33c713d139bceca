/* The meta file of a merged table. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "run/joining.h"
#include "run/sweep.h"

const char *px_part_command(px_arena *arena, const px_part *p, int shard) {
    px_text text = {0};
    const json_t *argv = json_object_get(p->block, "argv");
    px_text_add(&text, "precx");
    for (size_t i = 0; i < json_array_size(argv); i++) {
        const char *word = json_string_value(json_array_get(argv, i));
        const char *last = i ? json_string_value(json_array_get(argv, i - 1)) : NULL;
        bool before = last && strcmp(last, "--shard") == 0;
        bool joined_word = word && strncmp(word, "--shard=", 8) == 0;
        px_text_add(&text, " ");
        if (before || joined_word)
            px_text_printf(&text, "%s%d/%d", joined_word ? "--shard=" : "", shard, p->of);
        else
            px_add_shell_word(&text, word ? word : "");
    }
    const char *copy = px_arena_strdup(arena, px_text_str(&text));
    px_text_free(&text);
    return copy;
}

static json_t *without_shard(const json_t *argv) {
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(argv); i++) {
        const char *word = json_string_value(json_array_get(argv, i));
        if (word && strcmp(word, "--shard") == 0)
            i++;
        else if (!word || strncmp(word, "--shard=", 8) != 0)
            json_array_append(list, json_array_get(argv, i));
    }
    return list;
}

/* Where and when each part was made: that may differ. */
static json_t *describe_parts(const px_joining *j) {
    static const char *const keys[] = {"shard", "started", "wall_s", "cpu", "blas", "os", "build"};
    json_t *list = json_array();
    for (int shard = 1; shard <= j->n; shard++)
        for (int i = 0; i < j->n; i++) {
            if (j->parts[i].shard != shard) continue;
            json_t *one = json_object();
            for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
                json_object_set(one, keys[k], json_object_get(j->parts[i].block, keys[k]));
            json_array_append_new(list, one);
        }
    return list;
}

static void add_numbers(json_t *sum, const json_t *more) {
    const char *key;
    json_t *value;
    json_object_foreach(sum, key, value) {
        if (strcmp(key, "dropped") == 0) continue; /* of the plan, not of a px_part */
        json_int_t other = json_integer_value(json_object_get(more, key));
        json_integer_set(value, json_integer_value(value) + other);
    }
}

static void set_file(json_t *resource, const px_outfile *f) {
    char hash[80];
    const char *slash = strrchr(f->path, '/');
    snprintf(hash, sizeof hash, "sha256:%s", f->hash);
    json_object_set_new(resource, "hash", json_string(hash));
    json_object_set_new(resource, "path", json_string(slash ? slash + 1 : f->path));
}

void px_join_meta(const px_joining *j, const px_outfile *main, const px_outfile *library, px_text *out) {
    json_t *meta = json_deep_copy(j->parts[0].meta), *block = json_object_get(meta, "precx");
    json_t *cells = json_object_get(block, "cells");
    int64_t rows = 0;
    double wall = 0;
    const char *started = j->parts[0].result.origin.started;
    for (int i = 0; i < j->n; i++) {
        const px_part *p = &j->parts[i];
        rows += (int64_t)p->result.csv.n_rows;
        wall += json_number_value(json_object_get(p->block, "wall_s"));
        if (i) add_numbers(cells, json_object_get(p->block, "cells"));
        if (strcmp(p->result.origin.started, started) < 0) started = p->result.origin.started;
        if (json_is_null(json_object_get(block, "library")))
            json_object_set(block, "library", json_object_get(p->block, "library"));
    }
    set_file(meta, main);
    if (library) set_file(json_object_get(block, "library"), library);
    json_object_set_new(block, "rows", json_integer(rows));
    if (!json_is_null(json_object_get(block, "wall_s"))) json_object_set_new(block, "wall_s", json_real(wall));
    json_object_set_new(block, "started", json_string(started));
    json_object_set_new(block, "shard", json_null());
    json_object_set_new(block, "argv", without_shard(json_object_get(block, "argv")));
    json_object_set_new(block, "parts", describe_parts(j));
    json_object_del(block, "part");
    char *text = json_dumps(meta, JSON_SORT_KEYS | JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    PX_ASSERT(text);
    px_text_printf(out, "%s\n", text);
    free(text);
    json_decref(meta);
}
