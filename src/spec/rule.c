#include "spec/rule.h"

#include <string.h>

#include "base/text.h"
#include "spec/list.h"
#include "spec/range.h"

static const char *const base_words[] = {
#define WORD(id, word, text) word,
    PX_BASE_LIST(WORD)
#undef WORD
};

/* A word that is near to one of the words gets a suggestion, anything else is told what is expected. */
static bool unknown_word(px_lexer *l, const char *what, const char *const *words, int n, const char *expected) {
    const px_token *t = &l->token;
    if (t->kind != PX_TOKEN_WORD || !px_suggest(t->text, words, (size_t)n)) return px_lexer_expected(l, expected);
    px_diagnose_unknown(l->d, t->line, t->column, what, t->text, words, n);
    return false;
}

static bool accept_base(px_lexer *l, px_base *base) {
    for (int i = PX_BASE_NUMBER + 1; i < PX_BASE_COUNT; i++)
        if (px_lexer_accept_word(l, base_words[i])) {
            *base = (px_base)i;
            return true;
        }
    return false;
}

static bool read_offset(px_lexer *l, px_amount *a) {
    bool minus = px_lexer_is(l, PX_TOKEN_MINUS);
    if (!px_lexer_accept(l, PX_TOKEN_PLUS) && !px_lexer_accept(l, PX_TOKEN_MINUS)) return true;
    if (!px_number_read(l, &a->offset)) return false;
    if (minus) a->offset = -a->offset;
    return true;
}

static bool read_amount(px_lexer *l, px_amount *a) {
    *a = (px_amount){PX_BASE_NUMBER, 1, 0};
    bool number = px_number_ahead(l);
    if (number && !px_number_read(l, &a->factor)) return false;
    if (number && !px_lexer_accept_word(l, "x")) return true;
    if (!accept_base(l, &a->base))
        return unknown_word(l, "amount", base_words + 1, PX_BASE_COUNT - 1,
                            number ? "'baseline', 'bound' or 'u'"
                                   : "a number, 'baseline', 'bound', 'u' or '4 x baseline'");
    return read_offset(l, a);
}

static bool read_word(px_lexer *l, const char *word) {
    if (px_lexer_accept_word(l, word)) return true;
    return px_lexer_expected(l, word);
}

static bool read_within(px_lexer *l, px_rule *r) {
    r->form = PX_RULE_WITHIN_SIGMA;
    r->x.base = PX_BASE_NUMBER;
    px_token t = l->token;
    if (!px_number_read(l, &r->x.factor) || !read_word(l, "sigma") || !read_word(l, "of")) return false;
    if (r->x.factor > 0) return read_amount(l, &r->y);
    px_diagnose(l->d, t.line, t.column, "the number of sigmas is above 0");
    return false;
}

static bool read_between(px_lexer *l, px_rule *r) {
    px_token t = l->token;
    r->form = PX_RULE_BETWEEN;
    if (!read_amount(l, &r->x) || !read_word(l, "and") || !read_amount(l, &r->y)) return false;
    if (r->x.base != PX_BASE_NUMBER || r->y.base != PX_BASE_NUMBER || r->x.factor <= r->y.factor) return true;
    px_diagnose(l->d, t.line, t.column, "nothing is between these: the first is above the second");
    return false;
}

static bool read_form(px_lexer *l, px_rule *r) {
    static const char *const first_words[] = {"exact", "at", "between", "within", "warn"};
    static const char *const sides[] = {"most", "least"};
    if (px_lexer_accept_word(l, "exact")) return r->form = PX_RULE_EXACT, true;
    if (px_lexer_accept_word(l, "within")) return read_within(l, r);
    if (px_lexer_accept_word(l, "between")) return read_between(l, r);
    if (px_lexer_accept_word(l, "warn")) {
        r->form = PX_RULE_WARN_BELOW;
        return read_word(l, "below") && read_amount(l, &r->x);
    }
    if (px_lexer_accept_word(l, "at")) {
        r->form = px_lexer_is_word(l, "least") ? PX_RULE_AT_LEAST : PX_RULE_AT_MOST;
        if (!px_lexer_accept_word(l, "most") && !px_lexer_accept_word(l, "least"))
            return unknown_word(l, "word after at", sides, 2, "'most' or 'least'");
        return read_amount(l, &r->x);
    }
    return unknown_word(l, "rule", first_words, (int)(sizeof first_words / sizeof *first_words),
                        "a rule: exact, at most X, at least X, between X and X, within K sigma of X, warn below X");
}

static void print_amount(px_text *out, px_amount a) {
    char number[PX_DOUBLE_CHARS];
    if (a.base == PX_BASE_NUMBER || a.factor != 1)
        px_text_printf(out, "%s%s", px_double_print(a.factor, number), a.base == PX_BASE_NUMBER ? "" : " x ");
    px_text_add(out, base_words[a.base]);
    if (a.offset != 0)
        px_text_printf(out, " %c %s", a.offset < 0 ? '-' : '+',
                       px_double_print(a.offset < 0 ? -a.offset : a.offset, number));
}

static const char *rule_text(px_arena *arena, const px_rule *r) {
    static const char *const before[] = {"exact", "at most ", "at least ", "between ", "within ", "warn below "};
    px_text text = {0};
    px_text_add(&text, before[r->form]);
    if (r->form != PX_RULE_EXACT) print_amount(&text, r->x);
    if (r->form == PX_RULE_BETWEEN || r->form == PX_RULE_WITHIN_SIGMA) {
        px_text_add(&text, r->form == PX_RULE_BETWEEN ? " and " : " sigma of ");
        print_amount(&text, r->y);
    }
    const char *kept = px_arena_strdup(arena, px_text_str(&text));
    px_text_free(&text);
    return kept;
}

int px_rules_read(px_arena *arena, const px_ini_entry *entry, px_rule **rules, px_diagnostics *d) {
    px_lexer l = px_lexer_new(arena, entry->parts, entry->n_parts, d);
    int n = 0;
    bool good = true;
    *rules = NULL;
    do {
        px_rule r = {0};
        bool read = read_form(&l, &r);
        if (read && !px_lexer_is(&l, PX_TOKEN_COMMA) && !px_lexer_is(&l, PX_TOKEN_END))
            read = px_lexer_expected(&l, "a comma between the rules");
        if (!read) px_lexer_skip_item(&l);
        good = good && read;
        r.text = read ? rule_text(arena, &r) : "";
        PX_ADD(arena, *rules, n) = r;
    } while (px_lexer_accept(&l, PX_TOKEN_COMMA));
    return good ? n : 0;
}

bool px_floor_read(px_arena *arena, const px_ini_entry *entry, px_amount *floor, px_diagnostics *d) {
    px_lexer l = px_lexer_new(arena, entry->parts, entry->n_parts, d);
    px_token t = l.token;
    if (!read_amount(&l, floor)) return false;
    if (!px_lexer_is(&l, PX_TOKEN_END)) return px_lexer_expected(&l, "a single value");
    bool fits = (floor->base == PX_BASE_NUMBER || floor->base == PX_BASE_U) && floor->factor >= 0 && floor->offset == 0;
    if (!fits) px_diagnose(d, t.line, t.column, "a floor is a number or F x u, not negative");
    return fits;
}

const char *px_demand_metric(px_arena *arena, const char *key, px_over *over) {
    static const char *const functions[] = {[PX_OVER_MEDIAN] = "median", [PX_OVER_MAX] = "max", [PX_OVER_MEAN] = "mean"};
    size_t n = strcspn(key, " \t(");
    const char *open = strchr(key, '(');
    *over = PX_OVER_NOTHING;
    if (!open) return px_arena_printf(arena, "%.*s", (int)n, key);
    for (int i = PX_OVER_MEDIAN; i <= PX_OVER_MEAN; i++)
        if (strlen(functions[i]) == n && memcmp(functions[i], key, n) == 0) *over = (px_over)i;
    const char *name = open + 1 + strspn(open + 1, " \t");
    return px_arena_printf(arena, "%.*s", (int)strcspn(name, " \t)"), name);
}

/* What the keys that are no rules say of the whole section. */
static px_demand read_section(px_arena *arena, const px_experiment *e, const px_ini_section *s, px_diagnostics *d) {
    const px_ini_entry *where = px_ini_find_entry(s, "where"), *floor = px_ini_find_entry(s, "floor");
    const px_ini_entry *expect = px_ini_find_entry(s, "expect"), *because = px_ini_find_entry(s, "because");
    px_demand section = {.section = s->name.text, .floor = {PX_BASE_NUMBER, 0, 0}, .expect_fail = expect != NULL};
    if (s->label.text) section.section = px_arena_printf(arena, "%s.%s", s->name.text, s->label.text);
    if (where)
        section.where = px_expr_parse(arena, where->parts, where->n_parts, e->kind->params, e->kind->n_params, d);
    if (floor) px_floor_read(arena, floor, &section.floor, d);
    section.because = because && because->n_parts ? px_entry_text(arena, because) : "";
    return section;
}

static bool is_rule(const char *key) {
    static const char *const others[] = {"where", "floor", "expect", "because"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i], key) == 0) return false;
    return true;
}

px_tolerance px_tolerance_read(px_arena *arena, const px_experiment *e) {
    px_diagnostics d = px_diagnostics_new(arena, e->path, NULL); /* stays empty: loading has reported every mistake */
    px_demand *demands = NULL;
    int n = 0;
    for (int i = 0; i < e->ini.n_sections; i++) {
        const px_ini_section *s = &e->ini.sections[i];
        if (strcmp(s->name.text, "tolerance") != 0) continue;
        px_demand section = read_section(arena, e, s, &d);
        for (int j = 0; j < s->n_entries; j++) {
            if (!is_rule(s->entries[j]->key.text)) continue;
            px_demand demand = section;
            px_rule *rules;
            demand.metric = px_demand_metric(arena, s->entries[j]->key.text, &demand.over);
            demand.n_rules = px_rules_read(arena, s->entries[j], &rules, &d);
            demand.rules = rules;
            demand.file = s->entries[j]->d->file;
            demand.line = s->entries[j]->key.line;
            PX_ADD(arena, demands, n) = demand;
        }
    }
    PX_ASSERT(d.count == 0);
    return (px_tolerance){demands, n};
}

const px_demand *px_tolerance_find(const px_tolerance *t, const px_case *c, const char *metric, px_over over) {
    for (int i = t->n_demands; i-- > 0;) {
        const px_demand *demand = &t->demands[i];
        if (demand->over == over && strcmp(demand->metric, metric) == 0 && px_expr_holds(demand->where, c))
            return demand;
    }
    return NULL;
}

double px_case_u(const px_case *c) {
    static const char *const axes[] = {"out", "accum", "format"};
    for (size_t i = 0; i < sizeof axes / sizeof *axes; i++)
        for (int j = 0; j < c->n_params; j++)
            if (c->params[j].type == PX_PARAM_FORMAT && strcmp(c->params[j].name, axes[i]) == 0 &&
                !px_fp_is_exact(c->values[j].fp))
                return px_fp_u(c->values[j].fp);
    return 0;
}
