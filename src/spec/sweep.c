/* [sweep], then the profile, then --set: which axes there are, and which values they take. */
#include <string.h>

#include "spec/list.h"
#include "spec/load.h"

typedef struct groups {
    const px_group **at;
    int n;
} groups;

static bool shares_axis(const px_group *a, const px_group *b) {
    for (int i = 0; i < a->n_axes; i++)
        for (int k = 0; k < b->n_axes; k++)
            if (a->axes[i] == b->axes[k]) return true;
    return false;
}

static bool covers(const px_group *a, const px_group *b) {
    for (int k = 0; k < b->n_axes; k++) {
        bool found = false;
        for (int i = 0; i < a->n_axes; i++) found |= a->axes[i] == b->axes[k];
        if (!found) return false;
    }
    return true;
}

static px_group *read_group(px_load *s, const px_ini_entry *entry) {
    const px_kind_spec *k = s->kind;
    const char *folder = px_load_from_file(s, entry) ? s->folder : "";
    return px_group_read(&(px_value_reader){s->arena, entry->d, k ? k->params : NULL, k ? k->n_params : 0, folder},
                         entry);
}

/* The entries of a section as groups; an axis is named once in a section. */
static groups read_groups(px_load *s, const px_ini_section *section) {
    groups found = {0};
    for (int i = 0; i < section->n_entries; i++) {
        const px_group *group = read_group(s, section->entries[i]), *first = NULL;
        for (int k = 0; group && k < found.n; k++)
            if (shares_axis(group, found.at[k])) first = found.at[k];
        if (first)
            px_diagnose(s->file, group->line, group->column, "'%s' sets an axis twice (first on line %d, '%s')",
                        group->name, first->line, first->name);
        else if (group)
            PX_ADD(s->arena, found.at, found.n) = group;
    }
    return found;
}

/* The group takes the place of those it shares axes with, which it has to cover. */
static void override(px_load *s, groups *base, const px_group *group) {
    groups kept = {0};
    for (int i = 0; i < base->n; i++) {
        const px_group *old = base->at[i];
        if (!shares_axis(group, old)) {
            PX_ADD(s->arena, kept.at, kept.n) = old;
        } else if (!covers(group, old)) {
            px_diagnose(group->d, group->line, group->column,
                        "'%s' alone cannot be changed: '%s' move together (line %d)", group->name, old->name,
                        old->line);
        }
    }
    PX_ADD(s->arena, kept.at, kept.n) = group;
    *base = kept;
}

/* Every profile is checked; the chosen one is in the result. */
static groups apply_profiles(px_load *s, groups base) {
    const px_ini *ini = &s->experiment->ini;
    groups result = base;
    const char **names = NULL, *chosen = s->o->profile;
    int n_names = 0;
    for (int i = 0; i < ini->n_sections; i++) {
        const px_ini_section *section = &ini->sections[i];
        if (strcmp(section->name.text, "profile") != 0 || !section->label.text) continue;
        groups own = read_groups(s, section), changed = base;
        for (int k = 0; k < own.n; k++) override(s, &changed, own.at[k]);
        PX_ADD(s->arena, names, n_names) = section->label.text;
        if (chosen && strcmp(chosen, section->label.text) == 0) {
            result = changed;
            s->experiment->profile = section->label.text;
        }
    }
    if (!chosen || s->experiment->profile) return result;
    px_diagnostics *d = px_load_option(s, "--profile", chosen);
    px_diagnose_unknown(d, 1, 1, "profile", chosen, names, n_names);
    return result;
}

static bool named(const groups *base, int axis) {
    for (int i = 0; i < base->n; i++)
        for (int k = 0; k < base->at[i]->n_axes; k++)
            if (base->at[i]->axes[k] == axis) return true;
    return false;
}

static int first_axis(const px_group *group) {
    int first = group->axes[0];
    for (int i = 1; i < group->n_axes; i++)
        if (group->axes[i] < first) first = group->axes[i];
    return first;
}

void px_load_sweep(px_load *s) {
    groups base = {0};
    const px_ini_section *sweep = px_ini_find(&s->experiment->ini, "sweep", NULL);
    if (sweep) base = read_groups(s, sweep);
    base = apply_profiles(s, base);
    for (int i = 0; i < s->n_set; i++) {
        const px_group *group = read_group(s, s->set[i]);
        if (group) override(s, &base, group);
    }
    if (!s->kind) return;
    for (int axis = 0; axis < s->kind->n_params; axis++) { /* the kind's order */
        if (!named(&base, axis)) {
            PX_ADD(s->arena, s->groups, s->n_groups) = px_group_default(s->arena, s->kind->params, axis);
            continue;
        }
        for (int i = 0; i < base.n; i++)
            if (first_axis(base.at[i]) == axis) PX_ADD(s->arena, s->groups, s->n_groups) = base.at[i];
    }
}
