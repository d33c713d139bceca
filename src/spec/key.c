/* What each key means: a reader a key. The keys themselves are THE list of keys.h. */
#include <string.h>

#include "spec/keys.h"
#include "spec/list.h"
#include "spec/load.h"
#include "spec/plot.h"
#include "spec/range.h"
#include "spec/rule.h"

typedef px_names names;

/* One entry being read. */
typedef struct reading {
    px_load *s;
    const px_ini_entry *entry;
    px_diagnostics *d; /* of the entry */
} reading;

static void add_name(px_load *s, names *list, const char *name) { PX_ADD(s->arena, list->at, list->n) = name; }

static names axis_names(px_load *s) {
    names list = {0};
    for (int i = 0; i < s->kind->n_params; i++) add_name(s, &list, s->kind->params[i].name);
    return list;
}

static names key_names(px_load *s) {
    names list = axis_names(s);
    for (int i = 0; i < s->kind->n_columns; i++)
        if (s->kind->columns[i].class == PX_CLASS_KEY) add_name(s, &list, s->kind->columns[i].name);
    return list;
}

static void add_metrics(px_load *s, names *list) {
    for (int i = 0; i < s->kind->n_columns; i++)
        if (s->kind->columns[i].class != PX_CLASS_KEY) add_name(s, list, s->kind->columns[i].name);
}

static bool contains(names list, const char *word) {
    for (int i = 0; i < list.n; i++)
        if (strcmp(list.at[i], word) == 0) return true;
    return false;
}

static px_lexer lexer_of(const reading *r) {
    return px_lexer_new(r->s->arena, r->entry->parts, r->entry->n_parts, r->d);
}

static bool at_end(px_lexer *l) { return px_lexer_is(l, PX_TOKEN_END) ? true : px_lexer_expected(l, "a single value"); }

static const char *read_path(const reading *r) {
    const char *path = px_entry_text(r->s->arena, r->entry);
    bool as_it_is = path[0] == '/' || !px_load_from_file(r->s, r->entry) || r->s->folder[0] == '\0';
    return as_it_is ? path : px_arena_printf(r->s->arena, "%s/%s", r->s->folder, path);
}

/* One of the words; -1 after a mistake. */
static int read_word(const reading *r, names list) {
    px_lexer l = lexer_of(r);
    px_token t = l.token;
    if (!px_lexer_accept(&l, PX_TOKEN_WORD)) return px_lexer_expected(&l, "a word"), -1;
    for (int i = 0; i < list.n; i++)
        if (strcmp(list.at[i], t.text) == 0) return at_end(&l) ? i : -1;
    px_diagnose_unknown(r->d, t.line, t.column, r->entry->key.text, t.text, list.at, list.n);
    return -1;
}

#define WORDS(...)                                                                                                     \
    ((names){(const char *[]){__VA_ARGS__}, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *))})

/* A list of names, each at most once. list.at NULL: the kind is not known, any name will do. ties: a/b is a name, too.
 */
static names read_names(const reading *r, const char *what, names list, bool ties) {
    px_lexer l = lexer_of(r);
    names found = {0};
    do {
        px_token t = l.token;
        if (!px_lexer_accept(&l, PX_TOKEN_WORD)) {
            px_lexer_expected(&l, "a name");
            px_lexer_skip_item(&l);
            continue;
        }
        if (list.at && !contains(list, t.text))
            px_diagnose_unknown(r->d, t.line, t.column, what, t.text, list.at, list.n);
        else if (contains(found, t.text))
            px_diagnose(r->d, t.line, t.column, "'%s' stands twice in the list", t.text);
        add_name(r->s, &found, t.text);
        if (px_lexer_is(&l, PX_TOKEN_COMMA) || px_lexer_is(&l, PX_TOKEN_END)) continue;
        if (ties && px_lexer_is(&l, PX_TOKEN_SLASH)) continue;
        px_lexer_expected(&l, "a comma between the names");
        px_lexer_skip_item(&l);
    } while (px_lexer_accept(&l, PX_TOKEN_COMMA) || (ties && px_lexer_accept(&l, PX_TOKEN_SLASH)));
    return found;
}

static px_expr *read_expression(const reading *r) {
    const px_kind_spec *k = r->s->kind;
    return px_expr_parse(r->s->arena, r->entry->parts, r->entry->n_parts, k ? k->params : NULL, k ? k->n_params : 0,
                         r->d);
}

static px_condition read_condition(const reading *r) {
    px_condition c = {.e = read_expression(r)};
    c.reason = px_load_from_file(r->s, r->entry)
                   ? px_arena_printf(r->s->arena, "%s (line %d)", r->entry->key.text, r->entry->key.line)
                   : px_arena_printf(r->s->arena, "%s (--set)", r->entry->key.text);
    return c;
}

static void read_only(const reading *r) { r->s->only = read_condition(r); }
static void read_exclude(const reading *r) { r->s->exclude = read_condition(r); }
static void read_where(const reading *r) { read_expression(r); }
static void read_title(const reading *r) { r->s->experiment->title = px_entry_text(r->s->arena, r->entry); }
static void read_plain_text(const reading *r) { px_entry_text(r->s->arena, r->entry); }
static void read_dir(const reading *r) { r->s->experiment->output_dir = read_path(r); }
static void read_baseline(const reading *r) { r->s->experiment->baseline_dir = read_path(r); }
static void read_tables(const reading *r) {
    names found = read_names(r, "kind of table", WORDS("md", "latex", "csv", "json"), false);
    r->s->experiment->tables = found.at;
    r->s->experiment->n_tables = found.n;
}
static void read_scale(const reading *r) { read_word(r, WORDS("linear", "semilogx", "semilogy", "loglog")); }
static void read_expect(const reading *r) { read_word(r, WORDS("fail")); }
static void read_later(const reading *r) { (void)r; } /* the kind is read first; the sweep and its profiles last */

static void read_kind(const reading *r) {
    if (!px_load_from_file(r->s, r->entry))
        px_diagnose(r->d, 1, 1, "the kind of an experiment cannot be set from outside");
}

static void read_seed(const reading *r) {
    px_lexer l = lexer_of(r);
    if (px_seed_read(&l, &r->s->experiment->seed)) at_end(&l);
}

static void read_engine(const reading *r) {
    int i = read_word(r, WORDS("auto", "mpfr"));
    if (i >= 0) r->s->experiment->engine = i ? PX_ENGINE_MPFR : PX_ENGINE_AUTO;
}

static void read_bits(const reading *r) {
    px_lexer l = lexer_of(r);
    px_token t = l.token;
    px_points points;
    if (!px_points_read(&l, true, &points) || !at_end(&l)) return;
    if (points.n != 1 || points.at->integer < PX_REFERENCE_BITS_MIN || points.at->integer > PX_REFERENCE_BITS_MAX)
        px_diagnose(r->d, t.line, t.column, "bits takes one number, %d .. %d", PX_REFERENCE_BITS_MIN,
                    PX_REFERENCE_BITS_MAX);
    else
        r->s->experiment->reference_bits = points.at->integer;
}

static void read_metrics(const reading *r) {
    names list = {0};
    if (r->s->kind) add_metrics(r->s, &list);
    names found = read_names(r, "metric", list, false);
    r->s->experiment->metrics = found.at;
    r->s->experiment->n_metrics = found.n;
}

static void read_style(const reading *r) {
    read_word(r, (names){(const char **)px_plot_style_words, PX_PLOT_STYLE_COUNT});
}
static void read_statistic(const reading *r) {
    read_word(r, (names){(const char **)px_statistic_words, PX_STATISTIC_COUNT});
}
static void read_marks(const reading *r) {
    px_mark *marks;
    px_marks_read(r->s->arena, r->entry, &marks, r->d);
}

static void read_x(const reading *r) {
    names list = {0};
    if (r->s->kind) {
        list = key_names(r->s);
        add_metrics(r->s, &list);
    }
    if (read_names(r, "axis or column", list, false).n > 1)
        px_diagnose(r->d, r->entry->parts->line, r->entry->parts->column, "a plot has one x");
}

static void read_plot_where(const reading *r) {
    int n = 0;
    const px_param *params = r->s->kind ? px_plot_params(r->s->arena, r->s->kind, &n) : NULL;
    px_expr_parse(r->s->arena, r->entry->parts, r->entry->n_parts, params, n, r->d);
}

/* Columns of numbers. */
static void read_columns(const reading *r) {
    names list = {0};
    for (int i = 0; r->s->kind && i < r->s->kind->n_columns; i++)
        if (r->s->kind->columns[i].type != PX_COLUMN_TEXT) add_name(r->s, &list, r->s->kind->columns[i].name);
    read_names(r, "column of numbers", list, false);
}

/* Lines and panels go by axes, or by the further keys of a kind that writes several rows a cell. */
static void read_axes(const reading *r) {
    names list = {0};
    if (r->s->kind) list = key_names(r->s);
    read_names(r, "axis", list, true);
}

static void read_floor(const reading *r) {
    px_amount floor;
    px_floor_read(r->s->arena, r->entry, &floor, r->d);
}

/* METRIC, median(METRIC), max(METRIC) or mean(METRIC). False after a mistake. */
static bool read_metric_key(const reading *r) {
    px_lexer l = px_lexer_new(r->s->arena, &r->entry->key, 1, r->d);
    px_token t = l.token;
    names list = {0};
    if (!px_lexer_accept(&l, PX_TOKEN_WORD)) return px_lexer_expected(&l, "the name of a metric");
    bool over_rep = px_lexer_accept(&l, PX_TOKEN_OPEN);
    if (over_rep) {
        names functions = WORDS("median", "max", "mean");
        if (!contains(functions, t.text))
            px_diagnose_unknown(r->d, t.line, t.column, "function of a metric", t.text, functions.at, functions.n);
        t = l.token;
        if (!px_lexer_accept(&l, PX_TOKEN_WORD)) return px_lexer_expected(&l, "the name of a metric");
        if (!px_lexer_accept(&l, PX_TOKEN_CLOSE)) px_lexer_expected(&l, "')'");
    }
    if (!px_lexer_is(&l, PX_TOKEN_END)) return px_lexer_expected(&l, "'='");
    if (!r->s->kind) return true;
    add_metrics(r->s, &list);
    if (contains(list, t.text)) return true;
    if (!over_rep)
        for (int i = 0; i < 4; i++) add_name(r->s, &list, WORDS("where", "floor", "expect", "because").at[i]);
    px_diagnose_unknown(r->d, t.line, t.column, "metric", t.text, list.at, list.n);
    return false; /* what follows may be meant for another key */
}

/* Texts are alike or not: no other rule has a meaning for them. */
static void check_text_rule(const reading *r, const px_rule *rules, int n) {
    px_over over;
    const char *metric = px_demand_metric(r->s->arena, r->entry->key.text, &over);
    bool exact = n == 1 && rules[0].form == PX_RULE_EXACT && over == PX_OVER_NOTHING;
    for (int i = 0; i < r->s->kind->n_columns && !exact; i++) {
        const px_column *column = &r->s->kind->columns[i];
        if (column->type == PX_COLUMN_TEXT && strcmp(column->name, metric) == 0)
            px_diagnose(r->d, r->entry->key.line, r->entry->key.column, "%s is a text: its only rule is exact", metric);
    }
}

static void read_rule(const reading *r) {
    px_rule *rules;
    if (!read_metric_key(r)) return;
    int n = px_rules_read(r->s->arena, r->entry, &rules, r->d);
    if (n && r->s->kind) check_text_rule(r, rules, n);
}

/* A reader for every row of PX_KEY_LIST; a test holds the two together. */
static const struct key_reader {
    const char *section, *key;
    void (*read)(const reading *r);
} readers[] = {
    {"experiment", "kind", read_kind},
    {"experiment", "title", read_title},
    {"experiment", "seed", read_seed},
    {"experiment", "only", read_only},
    {"experiment", "exclude", read_exclude},
    {"sweep", "*", read_later},
    {"reference", "engine", read_engine},
    {"reference", "bits", read_bits},
    {"measure", "metrics", read_metrics},
    {"tolerance", "where", read_where},
    {"tolerance", "floor", read_floor},
    {"tolerance", "expect", read_expect},
    {"tolerance", "because", read_plain_text},
    {"tolerance", "*", read_rule},
    {"profile", "*", read_later},
    {"plot", "x", read_x},
    {"plot", "y", read_columns},
    {"plot", "guide", read_columns},
    {"plot", "by", read_axes},
    {"plot", "facet", read_axes},
    {"plot", "where", read_plot_where},
    {"plot", "scale", read_scale},
    {"plot", "style", read_style},
    {"plot", "statistic", read_statistic},
    {"plot", "lines", read_marks},
    {"plot", "levels", read_marks},
    {"plot", "title", read_plain_text},
    {"plot", "xlabel", read_plain_text},
    {"plot", "ylabel", read_plain_text},
    {"output", "dir", read_dir},
    {"output", "baseline", read_baseline},
    {"output", "tables", read_tables},
};

static const struct key_reader *find_reader(const char *section, const char *key) {
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (strcmp(readers[i].section, section) == 0 && strcmp(readers[i].key, key) == 0) return &readers[i];
    return NULL;
}

void px_load_key(px_load *s, const px_ini_section *section, const px_ini_entry *entry) {
    const struct key_reader *found = find_reader(section->name.text, entry->key.text);
    if (!found) found = find_reader(section->name.text, "*");
    if (found && entry->n_parts > 0) {
        found->read(&(reading){s, entry, entry->d});
    } else if (!found) {
        names list = {0};
#define ADD(section_name, key, values, fallback, help)                                                                 \
    if (strcmp(section_name, section->name.text) == 0) add_name(s, &list, key);
        PX_KEY_LIST(ADD)
#undef ADD
        px_diagnose_unknown(entry->d, entry->key.line, entry->key.column, "key", entry->key.text, list.at, list.n);
    }
}
