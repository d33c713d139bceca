#include "selftest/record.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "backend/plugin.h"
#include "backend/registry.h"
#include "px_version.h"

/* Variables that change what a device or its libraries compute. */
static const char *const variables[] = {"CUDA_VISIBLE_DEVICES", "CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE",
                                        "PRECX_CUDA_ORDER",     "PRECX_CUDA_MODEL",        "PRECX_ISA"};

static void add_line(px_text *out, json_t *object) {
    char *line = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(17));
    PX_ASSERT(line);
    px_text_printf(out, "%s\n", line);
    free(line);
    json_decref(object);
}

void px_record_header(px_text *out, const px_selftest_options *o) {
    const char *name = strcmp(o->backend, "cpu") == 0 ? "emulated" : o->backend;
    char device[512] = "the emulated executor";
    int plugin = px_plugin_named(name);
    if (plugin >= 0) px_plugin_info((px_plugin_exec)plugin, device, sizeof device);
    json_t *environment = json_object();
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value) json_object_set_new(environment, variables[i], json_string(value));
    }
    add_line(out, json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:I, s:o}", "record", "selftest", "version",
                            PX_RECORD_VERSION, "backend", o->backend, "executed_on", px_backend_place(name), "device",
                            device, "commit", PX_GIT_COMMIT, "modified", PX_GIT_DIRTY, "compiler", PX_COMPILER, "mode",
                            o->full ? "full" : "quick", "seed", (json_int_t)o->seed, "environment", environment));
}

void px_record_check(px_text *out, const px_check *c) {
    const px_tally *t = &c->tally;
    char digest[20];
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)t->digest);
    json_t *kinds = json_object();
    for (int i = 0; i < PX_DIFFERENCE_COUNT; i++)
        if (t->by_kind[i])
            json_object_set_new(kinds, px_difference_name((px_difference)i), json_integer(t->by_kind[i]));
    add_line(out, json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:f, s:f, s:I, s:I, s:s, s:f, s:s}", "check", c->name,
                            "class", px_comparison_name(c->compared), "outcome", px_outcome_name(c->outcome), "cases",
                            (json_int_t)t->cases, "values", (json_int_t)t->values, "different",
                            (json_int_t)t->different, "kinds", kinds, "most_ulps", t->most_ulps, "slack", t->slack,
                            "repeats_differ", (json_int_t)t->repeats_differ, "beyond_bound",
                            (json_int_t)t->beyond_bound, "digest", digest, "seconds", c->seconds, "told",
                            px_text_str(&c->told)));
}

void px_record_sum(px_text *out, const int counts[PX_OUTCOME_COUNT]) {
    json_t *sum = json_object();
    for (int i = 0; i < PX_OUTCOME_COUNT; i++)
        json_object_set_new(sum, px_outcome_name((px_outcome)i), json_integer(counts[i]));
    add_line(out, sum);
}

/* ---- reading one back ---- */

/* Formats of json_unpack_ex: strict, so that nothing lacks and nothing is more. */
static const char header_format[] = "{s:s, s:i, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:I, s:o !}";
static const char check_format[] = "{s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:F, s:F, s:I, s:I, s:s, s:F, s:s !}";

static px_status read_header(json_t *line, json_error_t *e) {
    const char *record, *backend, *place, *device, *commit, *compiler, *mode;
    int version, modified;
    json_int_t seed;
    json_t *environment;
    if (json_unpack_ex(line, e, 0, header_format, "record", &record, "version", &version, "backend", &backend,
                       "executed_on", &place, "device", &device, "commit", &commit, "modified", &modified, "compiler",
                       &compiler, "mode", &mode, "seed", &seed, "environment", &environment) != 0)
        return PX_BAD_FILE;
    bool fine = strcmp(record, "selftest") == 0 && version == PX_RECORD_VERSION &&
                (strcmp(place, "cpu") == 0 || strcmp(place, "gpu") == 0) && json_is_object(environment);
    if (!fine)
        snprintf(e->text, sizeof e->text, "a record of selftest, version %d, begins otherwise", PX_RECORD_VERSION);
    return fine ? PX_OK : PX_BAD_FILE;
}

static px_status read_check(json_t *line, int counts[PX_OUTCOME_COUNT], json_error_t *e) {
    const char *name, *class, *outcome, *digest, *told;
    json_int_t cases, values, different, repeats, beyond;
    json_t *kinds;
    double ulps, slack, seconds;
    if (json_unpack_ex(line, e, 0, check_format, "check", &name, "class", &class, "outcome", &outcome, "cases", &cases,
                       "values", &values, "different", &different, "kinds", &kinds, "most_ulps", &ulps, "slack", &slack,
                       "repeats_differ", &repeats, "beyond_bound", &beyond, "digest", &digest, "seconds", &seconds,
                       "told", &told) != 0)
        return PX_BAD_FILE;
    int found = -1;
    for (int i = 0; i < PX_OUTCOME_COUNT; i++)
        if (strcmp(outcome, px_outcome_name((px_outcome)i)) == 0) found = i;
    bool clean = different == 0 && repeats == 0 && beyond == 0;
    if (found < 0 || (found == PX_PASSED && (!clean || cases == 0)) || (found == PX_NOT_RUN && cases != 0)) {
        snprintf(e->text, sizeof e->text, "the outcome '%.40s' of %.60s does not fit its numbers", outcome, name);
        return PX_BAD_FILE;
    }
    counts[found]++;
    return PX_OK;
}

static px_status read_sum(json_t *line, const int counts[PX_OUTCOME_COUNT], json_error_t *e) {
    for (int i = 0; i < PX_OUTCOME_COUNT; i++) {
        json_t *n = json_object_get(line, px_outcome_name((px_outcome)i));
        if (!json_is_integer(n) || json_integer_value(n) != counts[i]) {
            snprintf(e->text, sizeof e->text, "the number of %s checks is not that of the lines",
                     px_outcome_name((px_outcome)i));
            return PX_BAD_FILE;
        }
    }
    return PX_OK;
}

px_status px_record_validate(const char *name, const char *text, px_error *err) {
    int counts[PX_OUTCOME_COUNT] = {0}, number = 1;
    bool ended = false;
    for (const char *p = text; *p; number++) {
        size_t n = strcspn(p, "\n");
        json_error_t e = {.text = ""};
        json_t *line = json_loadb(p, n, JSON_REJECT_DUPLICATES, &e);
        px_status status = PX_BAD_FILE;
        if (ended)
            snprintf(e.text, sizeof e.text, "lines behind the sum");
        else if (line && number == 1)
            status = read_header(line, &e);
        else if (line && json_object_get(line, "check"))
            status = read_check(line, counts, &e);
        else if (line) {
            status = read_sum(line, counts, &e);
            ended = true;
        }
        json_decref(line);
        if (status != PX_OK) return px_fail(err, PX_BAD_FILE, "%s:%d:1: error: %s", name, number, e.text);
        p += n + (p[n] == '\n');
    }
    return ended ? PX_OK : px_fail(err, PX_BAD_FILE, "%s:%d:1: error: the record ends before its sum", name, number);
}
