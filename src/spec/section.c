/* The file section by section, and --set, which speaks of the same sections and keys. */
#include <string.h>

#include "spec/keys.h"
#include "spec/list.h"
#include "spec/load.h"
#include "spec/plot.h"

static const struct section_row {
    const char *name;
    px_label label;
} section_rows[] = {
#define ROW(name, label, help) {name, label},
    PX_SECTION_LIST(ROW)
#undef ROW
};
enum { N_SECTIONS = sizeof section_rows / sizeof *section_rows };

static const struct section_row *find_row(const char *name) {
    for (int i = 0; i < N_SECTIONS; i++)
        if (strcmp(section_rows[i].name, name) == 0) return &section_rows[i];
    return NULL;
}

/* Returns the section that was meant, or NULL. */
static const char *unknown_section(px_diagnostics *d, int line, int column, const char *name) {
    const char *names[N_SECTIONS];
    for (int i = 0; i < N_SECTIONS; i++) names[i] = section_rows[i].name;
    return px_diagnose_unknown(d, line, column, "section", name, names, N_SECTIONS);
}

/* Sets s->kind, and the experiment's when the name is right; a misspelt name that is near to one is read as that. */
static void find_kind(px_load *s) {
    const px_ini_section *section = px_ini_find(&s->experiment->ini, "experiment", NULL);
    const px_ini_entry *entry = px_ini_find_entry(section, "kind");
    if (!entry) {
        px_diagnose(s->file, section ? section->name.line : 1, 1,
                    "the kind of the experiment is missing: [experiment] kind = %s",
                    s->kinds->n_names ? s->kinds->names[0] : "NAME");
        return;
    }
    if (entry->n_parts == 0) return;
    px_lexer l = px_lexer_new(s->arena, entry->parts, entry->n_parts, s->file);
    px_token t = l.token;
    if (!px_lexer_accept(&l, PX_TOKEN_WORD)) {
        px_lexer_expected(&l, "the name of a kind");
        return;
    }
    s->kind = s->kinds->find(t.text);
    if (s->kind && px_lexer_is(&l, PX_TOKEN_END)) {
        s->experiment->kind = s->kind;
    } else if (s->kind) {
        px_lexer_expected(&l, "one kind");
    } else {
        const char *near =
            px_diagnose_unknown(s->file, t.line, t.column, "kind", t.text, s->kinds->names, (int)s->kinds->n_names);
        if (near) s->kind = s->kinds->find(near);
    }
}

/* A misspelt section is read as the one that was meant, so that mistakes below it are found too. */
static void check_section(px_load *s, px_ini_section *section) {
    px_span name = section->name;
    const struct section_row *row = find_row(name.text);
    if (*name.text == '\0') return; /* a header that was wrong in itself */
    if (!row) {
        const char *meant = unknown_section(s->file, name.line, name.column, name.text);
        if (!meant) return;
        row = find_row(meant);
        section->name.text = meant;
    }
    if (section->label.text && row->label == PX_LABEL_NONE)
        px_diagnose(s->file, section->label.line, section->label.column, "there is one [%s], without a name",
                    name.text);
    if (!section->label.text && row->label == PX_LABEL_REQUIRED)
        px_diagnose(s->file, name.line, name.column, "a [%s] has a name: [%s.NAME]", name.text, name.text);
    for (int i = 0; i < section->n_entries; i++) px_load_key(s, section, section->entries[i]);
    if (strcmp(row->name, "plot") == 0) px_plot_check(section, s->file);
    const px_ini_entry *expect = px_ini_find_entry(section, "expect"), *because = px_ini_find_entry(section, "because");
    if (strcmp(row->name, "tolerance") == 0 && expect && !because)
        px_diagnose(s->file, expect->key.line, expect->key.column, "an expected failure has a reason: because = TEXT");
    if (strcmp(row->name, "tolerance") == 0 && because && !expect)
        px_diagnose(s->file, because->key.line, because->key.column, "because is the reason of expect = fail");
}

void px_load_sections(px_load *s) {
    find_kind(s);
    px_ini *ini = &s->experiment->ini;
    for (int i = 0; i < ini->n_sections; i++) check_section(s, &ini->sections[i]);
}

/* A tolerance or a plot is read later, from the file's sections: there the entry takes the place of the file's. */
static void replace_entry(px_load *s, px_ini_section *section, px_ini_entry *entry) {
    for (int i = 0; i < section->n_entries; i++) {
        if (strcmp(section->entries[i]->key.text, entry->key.text) != 0) continue;
        section->entries[i] = entry;
        return;
    }
    PX_ADD(s->arena, section->entries, section->n_entries) = entry;
}

/* SECTION.KEY or SECTION.LABEL.KEY, the key of the entry still in one piece. */
static void set_key(px_load *s, const struct section_row *row, px_ini_entry *entry, px_diagnostics *d) {
    px_ini *ini = &s->experiment->ini;
    px_ini_section fresh = {.name = {row->name, 1, 1}}, *section = &fresh;
    px_span *key = &entry->key;
    size_t skip = strlen(row->name) + 1, label = strcspn(key->text + skip, ".(");
    if (strcmp(row->name, "profile") == 0) {
        px_diagnose(d, 1, key->column, "a profile is chosen by --profile; its axes are set without it");
        return;
    }
    if (row->label != PX_LABEL_NONE && key->text[skip + label] == '.') {
        char *name = px_arena_strdup(s->arena, key->text + skip);
        name[label] = '\0';
        fresh.label = (px_span){name, 1, key->column + (int)skip};
        skip += label + 1;
    }
    if (row->label != PX_LABEL_NONE) {
        section = NULL;
        for (int i = 0; i < ini->n_sections; i++) {
            const px_ini_section *x = &ini->sections[i];
            const char *a = x->label.text ? x->label.text : "", *b = fresh.label.text ? fresh.label.text : "";
            if (strcmp(x->name.text, row->name) == 0 && strcmp(a, b) == 0) section = &ini->sections[i];
        }
        if (!section) {
            px_diagnose(d, 1, key->column, "the file has no section [%.*s]", (int)skip - 1, key->text);
            return;
        }
    }
    *key = (px_span){key->text + skip, 1, key->column + (int)skip};
    px_load_key(s, section, entry);
    if (section != &fresh) replace_entry(s, section, entry);
}

/* What is no axis may be the key of a section: say which. */
static bool belongs_elsewhere(const px_load *s, const px_ini_entry *entry, px_diagnostics *d) {
    const char *key = entry->key.text;
    if (s->kind && px_param_find(s->kind->params, s->kind->n_params, key) >= 0) return false;
#define TELL(section, name, values, fallback, help)                                                                    \
    if (strcmp(key, name) == 0) {                                                                                      \
        px_diagnose(d, 1, entry->key.column, "'%s' is no axis; write %s.%s", key, section, name);                      \
        return true;                                                                                                   \
    }
    PX_KEY_LIST(TELL)
#undef TELL
    return false;
}

void px_load_set(px_load *s) {
    for (int i = 0; i < s->o->n_set; i++) {
        px_diagnostics *d = px_load_option(s, "--set", s->o->set[i]);
        px_ini_entry *entry = px_ini_entry_read(s->arena, s->o->set[i], d);
        if (!entry) continue;
        char *section = px_arena_strdup(s->arena, entry->key.text);
        size_t dot = strcspn(section, ".(/");
        bool dotted = section[dot] == '.';
        section[dot] = '\0';
        const struct section_row *row = dotted ? find_row(section) : NULL;
        if (dotted && !row) {
            unknown_section(d, 1, entry->key.column, section);
        } else if (dotted && strcmp(section, "sweep") != 0) {
            set_key(s, row, entry, d);
        } else if (dotted || !belongs_elsewhere(s, entry, d)) {
            if (dotted) entry->key = (px_span){entry->key.text + dot + 1, 1, entry->key.column + (int)dot + 1};
            PX_ADD(s->arena, s->set, s->n_set) = entry;
        }
    }
}
