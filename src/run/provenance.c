/* NAME.meta.json: how the table came to be and what its columns mean. A Frictionless data resource with a `precx` block
 * (https://specs.frictionlessdata.io/tabular-data-resource/). No host, user or absolute path. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <jansson.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "px_version.h"
#include "run/machine.h"
#include "run/sweep.h"

/* NULL and text that is not UTF-8 become null, which no consumer chokes on. */
static json_t *text_or_null(const char *s) {
    json_t *value = s ? json_string(s) : NULL;
    return value ? value : json_null();
}

static void set_text(json_t *object, const char *key, const char *s) {
    json_object_set_new(object, key, text_or_null(s));
}

static const char *const column_types[] = {
    [PX_COLUMN_NUMBER] = "number", [PX_COLUMN_INTEGER] = "integer", [PX_COLUMN_TEXT] = "string"};
static const char *const column_classes[] = {
    [PX_CLASS_EXACT] = "exact", [PX_CLASS_KEY] = "key", [PX_CLASS_LIBRARY] = "library"};
static const char *const axis_types[] = {[PX_PARAM_FORMAT] = "string",
                                         [PX_PARAM_WORD] = "string",
                                         [PX_PARAM_PATTERN] = "string",
                                         [PX_PARAM_INT] = "integer",
                                         [PX_PARAM_REAL] = "number"};

static json_t *describe_field(const px_layout *layout, int i) {
    px_field f = layout->fields[i];
    json_t *field = json_object();
    set_text(field, "name", px_layout_field_name(layout, i));
    if (f.source == PX_FIELD_CELL) {
        set_text(field, "type", "string");
        set_text(field, "class", "id");
        set_text(field, "description", "the cell: the values of the axes that the experiment names, joined by '/'");
    } else if (f.source == PX_FIELD_PLACE) {
        set_text(field, "type", "string");
        set_text(field, "class", "id");
        set_text(field, "description", "where the backend computed here: cpu or gpu");
    } else if (f.source == PX_FIELD_AXIS) {
        set_text(field, "type", axis_types[layout->params[f.index].type]);
        set_text(field, "class", "axis");
        set_text(field, "description", layout->params[f.index].help);
    } else {
        const px_column *c = &layout->columns[f.index];
        set_text(field, "type", column_types[c->type]);
        set_text(field, "class", column_classes[c->class]);
        set_text(field, "description", c->help);
        if (c->unit && *c->unit) set_text(field, "unit", c->unit);
    }
    return field;
}

/* One file's description: the keys of a Frictionless resource. */
static json_t *describe_file(const px_layout *layout, const px_published *file) {
    json_t *fields = json_array(), *key = json_array();
    for (int i = 0; i < layout->n_fields; i++) {
        px_field f = layout->fields[i];
        json_array_append_new(fields, describe_field(layout, i));
        if (f.source == PX_FIELD_CELL ||
            (f.source == PX_FIELD_COLUMN && layout->columns[f.index].class == PX_CLASS_KEY))
            json_array_append_new(key, json_string(px_layout_field_name(layout, i)));
    }
    char hash[80];
    snprintf(hash, sizeof hash, "sha256:%s", file->hash);
    json_t *resource = json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:o, s:o, s:[s]}}", "format", "csv", "mediatype",
                                 "text/csv", "encoding", "utf-8", "profile", "tabular-data-resource", "hash", hash,
                                 "schema", "fields", fields, "primaryKey", key, "missingValues", "");
    set_text(resource, "path", file->name);
    return resource;
}

/* Where an absolute path may begin in an argument: at its start or behind one of these. Of such a path the last name is
 * kept. */
static void append_argument(px_text *out, const char *argument) {
    static const char before[] = "=:,\"' ";
    for (const char *p = argument; *p;) {
        bool begins = p == argument || strchr(before, p[-1]);
        if (*p == '/' && begins) {
            size_t n = strcspn(p, before);
            while (n > 1 && p[n - 1] == '/') n--; /* /home/me/ */
            size_t last = n;
            while (last > 0 && p[last - 1] != '/') last--;
            px_text_add_bytes(out, p + last, n - last);
            p += strcspn(p, before);
        } else {
            px_text_add_bytes(out, p++, 1);
        }
    }
}

static json_t *arguments(const char *const *list, int n) {
    json_t *array = json_array();
    for (int i = 0; i < n; i++) {
        px_text one = {0};
        append_argument(&one, list[i]);
        json_array_append_new(array, text_or_null(px_text_str(&one)));
        px_text_free(&one);
    }
    return array;
}

static json_t *count_cells(const px_sweep *s, const px_tally *tally) {
    json_t *cells = json_object();
    for (int i = 0; i < PX_CELL_STATUS_COUNT; i++)
        json_object_set_new(cells, px_cell_status_name((px_cell_status)i), json_integer(tally->cells[i]));
    int64_t dropped = 0;
    for (int i = 0; i < s->plan->n_dropped; i++) dropped += s->plan->dropped[i].count;
    json_object_set_new(cells, "dropped", json_integer(dropped));
    return cells;
}

static json_t *list_dropped(const px_plan *plan) {
    json_t *list = json_array();
    for (int i = 0; i < plan->n_dropped; i++) {
        json_t *one = json_object();
        set_text(one, "reason", plan->dropped[i].reason);
        json_object_set_new(one, "cells", json_integer(plan->dropped[i].count));
        json_array_append_new(list, one);
    }
    return list;
}

/* Of a shard: where its cells stand in the plan, for `precx merge`. */
static json_t *describe_part(const px_sweep *s) {
    px_text index = {0};
    for (int64_t i = 0; i < s->n_cells; i++) px_text_printf(&index, "%s%" PRId64, i ? " " : "", s->cells[i]->index);
    json_t *part = json_pack("{s:I, s:s}", "of_cells", (json_int_t)s->plan->n_cells, "index", px_text_str(&index));
    px_text_free(&index);
    return part;
}

/* What was asked for. */
static void add_settings(const px_sweep *s, json_t *block) {
    const px_experiment *e = s->experiment;
    const px_overrides *o = s->options->overrides;
    char hash[SHA256_DIGEST_STRING_LENGTH], shard[48];
    SHA256Data((const uint8_t *)e->ini.bytes, e->ini.n_bytes, hash);
    snprintf(shard, sizeof shard, "%d/%d", s->options->shard, s->options->n_shards);
    set_text(block, "kind", e->kind->name);
    set_text(block, "title", e->title);
    set_text(block, "experiment_sha256", hash);
    set_text(block, "plan_sha256", e->hash);
    set_text(block, "profile", e->profile);
    set_text(block, "engine", e->engine == PX_ENGINE_MPFR ? "mpfr" : "auto");
    set_text(block, "shard", s->options->n_shards > 1 ? shard : NULL);
    if (s->options->n_shards > 1) json_object_set_new(block, "part", describe_part(s));
    set_text(block, "filter", o ? o->filter : NULL);
    char seed[24]; /* beyond JSON's integers: as text */
    snprintf(seed, sizeof seed, "%" PRIu64, e->seed);
    json_object_set_new(block, "seed", e->seed <= INT64_MAX ? json_integer((json_int_t)e->seed) : json_string(seed));
    json_object_set_new(block, "set", arguments(o ? o->set : NULL, o ? o->n_set : 0));
    const char *const *argv = s->options->argv;
    int argc = argv ? s->options->argc : 0;
    json_object_set_new(block, "argv", argc > 1 ? arguments(argv + 1, argc - 1) : json_array());
}

/* What did the work, and when. */
static void add_origin(const px_sweep *s, json_t *block) {
    char started[32] = "";
    time_t epoch = (time_t)s->epoch;
    struct tm utc;
    if (gmtime_r(&epoch, &utc)) strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &utc);
    double wall = (double)(int64_t)((px_seconds() - s->started) * 1000 + 0.5) / 1000;
    json_object_set_new(block, "schema_version", json_integer(1));
    set_text(block, "version", PX_VERSION);
    set_text(block, "git", PX_GIT_COMMIT);
    json_object_set_new(block, "git_dirty", json_boolean(PX_GIT_DIRTY));
    json_object_set_new(block, "build", px_machine_build());
    json_object_set_new(block, "blas", px_machine_blas());
    json_object_set_new(block, "cpu", px_machine_cpu());
    json_object_set_new(block, "gpu", json_null());
    json_object_set_new(block, "os", px_machine_os());
    set_text(block, "started", started);
    json_object_set_new(block, "wall_s", s->epoch_given ? json_null() : json_real(wall));
}

void px_provenance(const px_sweep *s, const px_tally *tally, const px_published *main, const px_published *library,
                   px_text *out) {
    json_t *block = json_object(), *resource = describe_file(&s->main, main);
    add_settings(s, block);
    add_origin(s, block);
    int64_t rows = 0;
    for (int i = 0; i < PX_CELL_STATUS_COUNT; i++) rows += tally->rows[i];
    json_object_set_new(block, "rows", json_integer(rows));
    json_object_set_new(block, "cells", count_cells(s, tally));
    json_object_set_new(block, "dropped", list_dropped(s->plan));
    json_object_set_new(block, "library", library ? describe_file(&s->library, library) : json_null());
    set_text(resource, "name", s->experiment->stem);
    json_object_set_new(resource, "precx", block);
    char *text = json_dumps(resource, JSON_SORT_KEYS | JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    PX_ASSERT(text);
    px_text_printf(out, "%s\n", text);
    free(text);
    json_decref(resource);
}
