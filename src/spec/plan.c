/* From groups of values to cells, and to the hash that identifies them. */
#include <stdlib.h>
#include <string.h>

#include <sha2.h>

#include "spec/list.h"
#include "spec/load.h"

typedef struct expansion {
    px_load *s;
    px_plan *plan;
    px_value *values; /* of the combination at hand, n_params */
    bool *named;
    px_case *cells;
    int n_cells;
    px_dropped *dropped;
    int n_dropped;
    const char **ids; /* of all combinations that only and exclude leave */
    int n_ids;
    SHA2_CTX sha;
} expansion;

static void hash_text(expansion *x, const char *text, const char *end) {
    SHA256Update(&x->sha, (const uint8_t *)text, strlen(text));
    SHA256Update(&x->sha, (const uint8_t *)end, 1);
}

static void drop(expansion *x, const char *reason) {
    for (int i = 0; i < x->n_dropped; i++)
        if (strcmp(x->dropped[i].reason, reason) == 0) {
            x->dropped[i].count++;
            return;
        }
    PX_ADD(x->s->arena, x->dropped, x->n_dropped) = (px_dropped){reason, 1};
}

/* `same` becomes the value of the axis it speaks of, which may say `same` itself; a format keeps the word as its text.
 * hops: a chain longer than the list of axes would be a circle in the kind's table. */
static void resolve_same(const px_kind_spec *kind, px_value *values, int axis, int hops) {
    const px_param *param = &kind->params[axis];
    if (!param->same_as || strcmp(values[axis].text, "same") != 0) return;
    int other = px_param_find(kind->params, kind->n_params, param->same_as);
    PX_ASSERT(other >= 0 && hops < kind->n_params);
    resolve_same(kind, values, other, hops + 1);
    values[axis] = values[other];
    if (param->type == PX_PARAM_FORMAT) values[axis].text = "same";
}

/* The values of the axes that the file names, in the kind's order. */
static const char *cell_id(const expansion *x) {
    px_text id = {0};
    for (int i = 0; i < x->s->kind->n_params; i++)
        if (x->named[i]) px_text_printf(&id, "%s%s", id.length ? "/" : "", x->values[i].text);
    const char *text = px_arena_strdup(x->s->arena, id.length ? px_text_str(&id) : "all");
    px_text_free(&id);
    return text;
}

/* One combination: dropped, or a cell. */
static void add_combination(expansion *x) {
    px_load *s = x->s;
    int n = s->kind->n_params;
    for (int i = 0; i < n; i++) resolve_same(s->kind, x->values, i, 0);
    px_case c = {.params = s->kind->params, .values = x->values, .n_params = n, .seed = s->experiment->seed, .id = ""};
    if (!px_expr_holds(s->only.e, &c)) {
        drop(x, s->only.reason);
        return;
    }
    if (s->exclude.e && px_expr_holds(s->exclude.e, &c)) {
        drop(x, s->exclude.reason);
        return;
    }
    c.id = cell_id(x);
    PX_ADD(s->arena, x->ids, x->n_ids) = c.id;
    hash_text(x, c.id, "\t");
    for (int i = 0; i < n; i++) hash_text(x, x->values[i].text, i + 1 < n ? "\t" : "\n");
    const char *why = s->kind->unsupported ? s->kind->unsupported(s->arena, &c) : NULL;
    if (why) {
        drop(x, why);
        return;
    }
    c.index = x->plan->n_unfiltered++;
    if (!px_expr_holds(s->filter, &c)) return;
    px_value *values = PX_NEW_ARRAY(s->arena, px_value, n);
    memcpy(values, x->values, (size_t)n * sizeof *values);
    c.values = values;
    PX_ADD(s->arena, x->cells, x->n_cells) = c;
}

/* Every choice of a tuple a group, the last group fastest. */
static void expand(expansion *x) {
    const px_load *s = x->s;
    int *choice = PX_NEW_ARRAY(s->arena, int, s->n_groups + 1);
    for (int g = 0; g >= 0;) {
        for (int i = 0; i < s->n_groups; i++) {
            const px_group *group = s->groups[i];
            for (int k = 0; k < group->n_axes; k++)
                x->values[group->axes[k]] = group->values[choice[i] * group->n_axes + k];
        }
        add_combination(x);
        for (g = s->n_groups - 1; g >= 0 && ++choice[g] == s->groups[g]->n_tuples; g--) choice[g] = 0;
    }
}

/* The number of combinations, or 0 with a mistake at the longest axis when there are too many. */
static int64_t count_combinations(px_load *s) {
    int64_t limit = s->o->max_cells ? s->o->max_cells : PX_CELLS_MAX;
    double n = 1; /* exact up to 2^53, and only shown beyond */
    const px_group *longest = NULL;
    for (int i = 0; i < s->n_groups; i++) {
        n *= s->groups[i]->n_tuples;
        if (s->groups[i]->d && (!longest || s->groups[i]->n_tuples > longest->n_tuples)) longest = s->groups[i];
    }
    if (n <= (double)limit) return (int64_t)n;
    PX_ASSERT(longest); /* the defaults alone make one combination */
    px_diagnose(longest->d, longest->line, longest->column,
                "the grid has %.15g combinations, more than the limit of %lld; shorten '%s', which has %d values, or "
                "raise --max-cells",
                n, (long long)limit, longest->name, longest->n_tuples);
    return 0;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* `same` on a numeric axis may meet the number itself: then two cells would bear one name. */
static void refuse_equal_ids(expansion *x) {
    qsort(x->ids, (size_t)x->n_ids, sizeof *x->ids, by_text);
    for (int i = 1; i < x->n_ids; i++) {
        if (strcmp(x->ids[i - 1], x->ids[i]) != 0) continue;
        const px_ini_section *sweep = px_ini_find(&x->s->experiment->ini, "sweep", NULL);
        px_diagnose(x->s->file, sweep ? sweep->name.line : 1, 1,
                    "two cells are both called '%s': a list has 'same' and the value that it stands for", x->ids[i]);
        return;
    }
}

void px_load_plan(px_load *s, px_plan *plan) {
    int n = s->kind->n_params;
    plan->groups = s->groups;
    plan->n_groups = s->n_groups;
    plan->n_combinations = count_combinations(s);
    if (plan->n_combinations == 0) return;
    expansion x = {.s = s, .plan = plan};
    x.values = PX_NEW_ARRAY(s->arena, px_value, n);
    x.named = PX_NEW_ARRAY(s->arena, bool, n);
    for (int i = 0; i < s->n_groups; i++)
        for (int k = 0; k < s->groups[i]->n_axes; k++) x.named[s->groups[i]->axes[k]] = s->groups[i]->d != NULL;
    SHA256Init(&x.sha);
    hash_text(&x, s->kind->name, "\n");
    hash_text(&x, px_arena_printf(s->arena, "%llu", (unsigned long long)s->experiment->seed), "\n");
    hash_text(&x, s->experiment->profile ? s->experiment->profile : "", "\n");
    for (int i = 0; i < n; i++) hash_text(&x, s->kind->params[i].name, i + 1 < n ? "\t" : "\n");
    expand(&x);
    SHA256End(&x.sha, s->experiment->hash);
    if (x.n_ids == 0)
        px_diagnose(s->file, 1, 1, "only and exclude leave no cell");
    else
        refuse_equal_ids(&x);
    if (s->filter && x.n_cells == 0 && plan->n_unfiltered > 0)
        px_diagnose(s->filter_d, 1, 1, "no cell matches the filter");
    plan->cells = x.cells;
    plan->n_cells = x.n_cells;
    plan->dropped = x.dropped;
    plan->n_dropped = x.n_dropped;
    plan->axis_named = x.named;
}
