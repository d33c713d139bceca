#include "spec/value.h"

#include <stdlib.h>
#include <string.h>

#include "spec/list.h"
#include "spec/range.h"

int px_param_find(const px_param *params, int n_params, const char *name) {
    for (int i = 0; i < n_params; i++)
        if (strcmp(params[i].name, name) == 0) return i;
    return -1;
}

/* '-' and '_' are alike. */
static bool same_word(const char *a, const char *b) {
    for (; *a && *b; a++, b++)
        if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_'))) return false;
    return *a == *b;
}

/* The words that may stand for a value, `same` among them, are told when none fits. */
static void unknown_word(const px_value_reader *r, const px_param *param, const px_token *t) {
    const char **names = NULL;
    int n = 0;
    for (const char *const *w = param->words; w && *w; w++) PX_ADD(r->arena, names, n) = *w;
    if (param->same_as) PX_ADD(r->arena, names, n) = "same";
    px_diagnose_unknown(r->d, t->line, t->column, param->type == PX_PARAM_FORMAT ? "format" : param->name, t->text,
                        names, n);
}

/* scheme:PATH or scheme:LABEL=PATH, as a pattern such as blas:* takes it: the text without the path, and the path. A
 * path of blas: without '/' is a name for the loader to find (libblis.so.4), as in a linker's command line. */
static bool split_path(const px_value_reader *r, const px_token *t, px_value *value) {
    const char *path = strchr(t->text, ':') + 1, *equals = strchr(path, '='), *slash = strrchr(path, '/');
    int scheme = (int)(path - t->text);
    if (equals && memchr(path, '/', (size_t)(equals - path)))
        equals = NULL; /* a '=' inside a path is none of a label */
    const char *name = equals ? path : slash ? slash + 1 : path;
    int name_length = equals ? (int)(equals - path) : (int)strlen(name);
    if (equals) path = equals + 1;
    if (*path == '\0' || name_length == 0) {
        px_diagnose(r->d, t->line, t->column, "'%s' names no file", t->text);
        return false;
    }
    value->text = px_arena_printf(r->arena, "%.*s%.*s", scheme, t->text, name_length, name);
    bool loader = strncmp(t->text, "blas:", 5) == 0 && !strchr(path, '/');
    bool as_it_is = path[0] == '/' || r->folder[0] == '\0' || loader;
    value->path = as_it_is ? px_arena_strdup(r->arena, path) : px_arena_printf(r->arena, "%s/%s", r->folder, path);
    return true;
}

static bool value_of_pattern(const px_value_reader *r, const px_param *param, const px_token *t, px_value *value) {
    for (int i = 0; param->words[i]; i++) {
        const char *pattern = param->words[i], *colon = strchr(pattern, ':');
        if (!same_word(pattern, t->text) && !px_glob(pattern, t->text)) continue;
        value->word = i;
        value->text = strchr(pattern, '*') ? t->text : pattern;
        return colon && strcmp(colon, ":*") == 0 ? split_path(r, t, value) : true;
    }
    unknown_word(r, param, t);
    return false;
}

/* True when one of the words beside the formats may have been meant. */
static bool near_word(const px_param *param, const char *text) {
    size_t n = 0;
    while (param->words && param->words[n]) n++;
    const char *same = "same";
    return px_suggest(text, param->words, n) || (param->same_as && px_suggest(text, &same, 1));
}

static bool value_of_format(const px_value_reader *r, const px_param *param, const px_token *t, px_value *value) {
    for (int i = 0; param->words && param->words[i]; i++) {
        if (!same_word(param->words[i], t->text)) continue;
        value->word = i;
        value->text = param->words[i];
        return true;
    }
    px_error err;
    char name[24];
    if (px_fp_parse(t->text, &value->fp, &err) == PX_OK) {
        value->text = px_arena_strdup(r->arena, px_fp_name(value->fp, name));
        return true;
    }
    if (near_word(param, t->text))
        unknown_word(r, param, t);
    else
        px_diagnose(r->d, t->line, t->column, "%s", err.text);
    return false;
}

bool px_value_of_word(const px_value_reader *r, const px_param *param, const px_token *t, px_value *value) {
    *value = (px_value){.word = -1};
    if (param->same_as && strcmp(t->text, "same") == 0) return value->text = "same", true;
    switch (param->type) {
    case PX_PARAM_FORMAT: return value_of_format(r, param, t, value);
    case PX_PARAM_PATTERN: return value_of_pattern(r, param, t, value);
    case PX_PARAM_WORD:
        for (int i = 0; param->words[i]; i++)
            if (same_word(param->words[i], t->text)) return value->word = i, value->text = param->words[i], true;
        unknown_word(r, param, t);
        return false;
    case PX_PARAM_INT:
    case PX_PARAM_REAL: break;
    }
    px_diagnose(r->d, t->line, t->column, "%s takes numbers%s, not '%s'", param->name,
                param->same_as ? " or the word same" : "", t->text);
    return false;
}

/* A list under construction. */
typedef struct list {
    const px_value_reader *r;
    px_lexer *l;
    const px_param *params[PX_GROUP_MAX]; /* NULL: not known */
    int n_axes;
    px_value *values;
    px_token *places; /* of the items, one a tuple */
    int n_values, n_places;
    bool fine;
} list;

static bool number_value(const list *q, const px_param *param, const px_token *at, px_point p, px_value *value) {
    char text[PX_DOUBLE_CHARS], lo[PX_DOUBLE_CHARS], hi[PX_DOUBLE_CHARS];
    bool whole = param->type == PX_PARAM_INT;
    double x = whole ? (double)p.integer : p.real;
    if (whole)
        snprintf(text, sizeof text, "%lld", (long long)p.integer);
    else
        px_double_print(x, text);
    *value = (px_value){.word = -1, .real = x, .integer = p.integer, .text = px_arena_strdup(q->r->arena, text)};
    if (x >= param->lo && x <= param->hi) return true;
    px_diagnose(q->r->d, at->line, at->column, "%s is out of range: %s takes %s .. %s", text, param->name,
                px_double_print(param->lo, lo), px_double_print(param->hi, hi));
    return false;
}

static void add_value(list *q, px_value value, px_token at) {
    if (q->n_values == PX_LIST_MAX) {
        px_diagnose(q->r->d, at.line, at.column, "the list has more than %d values", PX_LIST_MAX);
        q->fine = false;
    } else {
        PX_ADD(q->r->arena, q->values, q->n_values) = value;
    }
}

/* A number or a range for axis i: several values only on an axis of its own. */
static bool read_points(list *q, int i) {
    const px_param *param = q->params[i];
    px_token at = q->l->token;
    px_points points;
    if (param && param->type != PX_PARAM_INT && param->type != PX_PARAM_REAL) {
        px_diagnose(q->r->d, at.line, at.column, "%s takes %s, not numbers", param->name,
                    param->type == PX_PARAM_FORMAT ? "the name of a format" : "words");
        return false;
    }
    if (!px_points_read(q->l, param && param->type == PX_PARAM_INT, &points)) return false;
    if (points.n != 1 && q->n_axes > 1) {
        px_diagnose(q->r->d, at.line, at.column, "axes that move together take single values, not ranges");
        return false;
    }
    for (int k = 0; k < points.n && q->fine; k++) {
        px_value value = {.text = "", .word = -1};
        if (param && !number_value(q, param, &at, points.at[k], &value)) return false;
        add_value(q, value, at);
        if (q->n_axes == 1) PX_ADD(q->r->arena, q->places, q->n_places) = at;
    }
    return true;
}

/* One value of a tuple, or all the values of a range. */
static bool read_value(list *q, int i) {
    px_lexer *l = q->l;
    px_token at = l->token;
    if (px_number_ahead(l)) return read_points(q, i);
    if (!px_lexer_is(l, PX_TOKEN_WORD) && !px_lexer_is(l, PX_TOKEN_QUOTED)) return px_lexer_expected(l, "a value");
    px_value value = {.text = at.text, .word = -1};
    px_lexer_next(l);
    if (q->params[i] && !px_value_of_word(q->r, q->params[i], &at, &value)) return false;
    add_value(q, value, at);
    if (q->n_axes == 1) PX_ADD(q->r->arena, q->places, q->n_places) = at;
    return true;
}

/* x/y/z, with as many values as axes; every value is checked, also behind a wrong one. */
static bool read_tuple(list *q) {
    px_lexer *l = q->l;
    px_token first = l->token;
    int n = 0;
    bool fine = true;
    do {
        if (n < q->n_axes)
            fine &= read_value(q, n);
        else
            px_lexer_next(l);
        n++;
        if (!fine && !px_lexer_is(l, PX_TOKEN_SLASH)) return false;
    } while (px_lexer_accept(l, PX_TOKEN_SLASH));
    if (n != q->n_axes && q->n_axes == 1)
        px_diagnose(q->r->d, first.line, first.column, "values joined by '/' belong to axes written a/b; quote a path");
    else if (n != q->n_axes)
        px_diagnose(q->r->d, first.line, first.column, "%d axes move together here, but the item has %d value%s",
                    q->n_axes, n, n == 1 ? "" : "s");
    else if (q->n_axes > 1)
        PX_ADD(q->r->arena, q->places, q->n_places) = first;
    return fine && n == q->n_axes;
}

static void read_items(list *q) {
    px_lexer *l = q->l;
    do {
        bool missing = px_lexer_is(l, PX_TOKEN_COMMA) || px_lexer_is(l, PX_TOKEN_END);
        int n_values = q->n_values, n_places = q->n_places;
        bool fine = !missing && read_tuple(q);
        if (missing) px_diagnose(q->r->d, l->token.line, l->token.column, "an item of the list is missing here");
        if (fine && !px_lexer_is(l, PX_TOKEN_COMMA) && !px_lexer_is(l, PX_TOKEN_END))
            fine = px_lexer_expected(l, "a comma between the items");
        if (!fine) { /* whole tuples stay, so that one that stands twice is found */
            px_lexer_skip_item(l);
            q->n_values = n_values;
            q->n_places = n_places;
            q->fine = false;
        }
    } while (px_lexer_accept(l, PX_TOKEN_COMMA));
}

/* An item and where it stands, to find those that stand twice. */
typedef struct item {
    const char *text;
    int index;
} item;

static int by_text(const void *a, const void *b) {
    const item *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static void refuse_duplicates(list *q) {
    int n = q->n_values / q->n_axes;
    item *items = PX_NEW_ARRAY(q->r->arena, item, n);
    for (int i = 0; i < n; i++) {
        const char *text = q->values[i * q->n_axes].text;
        for (int k = 1; k < q->n_axes; k++)
            text = px_arena_printf(q->r->arena, "%s/%s", text, q->values[i * q->n_axes + k].text);
        items[i] = (item){text, i};
    }
    qsort(items, (size_t)n, sizeof *items, by_text);
    for (int i = 1; i < n; i++) {
        if (strcmp(items[i - 1].text, items[i].text) != 0) continue;
        const px_token *at = &q->places[items[i].index];
        px_diagnose(q->r->d, at->line, at->column, "'%s' stands twice in the list", items[i].text);
        q->fine = false;
    }
}

void px_unknown_axis(const px_value_reader *r, const px_token *t) {
    const char **names = PX_NEW_ARRAY(r->arena, const char *, r->n_params);
    for (int i = 0; i < r->n_params; i++) names[i] = r->params[i].name;
    px_diagnose_unknown(r->d, t->line, t->column, "axis", t->text, names, r->n_params);
}

/* The key: a name, or names joined by '/'. */
static bool read_axes(list *q, const px_span *key, px_group *group) {
    const px_value_reader *r = q->r;
    px_lexer l = px_lexer_new(r->arena, key, 1, r->d);
    bool fine = true;
    do {
        if (!px_lexer_is(&l, PX_TOKEN_WORD)) return px_lexer_expected(&l, "the name of an axis");
        if (q->n_axes == PX_GROUP_MAX) return px_lexer_expected(&l, "at most 16 axes");
        int axis = px_param_find(r->params, r->n_params, l.token.text);
        if (axis < 0 && r->params) fine = false, px_unknown_axis(r, &l.token);
        for (int i = 0; i < q->n_axes && axis >= 0; i++)
            if (group->axes[i] == axis) {
                px_diagnose(r->d, l.token.line, l.token.column, "'%s' is named twice", l.token.text);
                fine = false;
            }
        q->params[q->n_axes] = axis < 0 ? NULL : &r->params[axis];
        group->axes[q->n_axes++] = axis;
        px_lexer_next(&l);
    } while (px_lexer_accept(&l, PX_TOKEN_SLASH));
    return px_lexer_is(&l, PX_TOKEN_END) ? fine : px_lexer_expected(&l, "'='");
}

px_group *px_group_read(const px_value_reader *r, const px_ini_entry *entry) {
    if (entry->n_parts == 0) return NULL; /* reported when the file was split */
    px_group *group = PX_NEW(r->arena, px_group);
    list q = {.r = r, .fine = true};
    bool axes = read_axes(&q, &entry->key, group);
    if (q.n_axes == 0) return NULL;
    px_lexer l = px_lexer_new(r->arena, entry->parts, entry->n_parts, r->d);
    q.l = &l;
    read_items(&q);
    if (!axes || !r->params) return NULL;
    refuse_duplicates(&q);
    group->n_axes = q.n_axes;
    group->values = q.values;
    group->n_tuples = q.fine ? q.n_values / q.n_axes : 0;
    group->name = entry->key.text;
    group->line = entry->key.line;
    group->column = entry->key.column;
    group->d = r->d;
    return group;
}

px_group *px_group_default(px_arena *arena, const px_param *params, int axis) {
    px_diagnostics d = px_diagnostics_new(arena, "default", params[axis].fallback);
    px_span key = {params[axis].name, 1, 1}, value = {params[axis].fallback, 1, 1};
    px_ini_entry entry = {.key = key, .parts = &value, .n_parts = 1};
    px_value_reader r = {arena, &d, params + axis, 1, ""};
    px_group *group = px_group_read(&r, &entry);
    PX_ASSERT(group && group->n_tuples == 1); /* a kind's own table */
    group->axes[0] = axis;
    group->line = group->column = 0;
    group->d = NULL;
    return group;
}
