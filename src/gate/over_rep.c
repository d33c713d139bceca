/* Demands over `rep`: rows that differ in nothing but rep (and their cell's id) are one group, judged once. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate/check.h"
#include "gate/compare.h"

typedef struct member {
    const char *group;
    size_t row;
} member;

static int by_group(const void *a, const void *b) {
    const member *x = a, *y = b;
    int order = strcmp(x->group, y->group);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* The axes but rep, and the further keys: what the rows of a group have in common. */
static const char *group_of(const px_checking *c, size_t i) {
    const px_result *r = c->result;
    px_text text = {0};
    for (int j = 0; j < c->cell[i]->n_params; j++)
        if (strcmp(c->cell[i]->params[j].name, "rep") != 0)
            px_text_printf(&text, "%s%s", text.length ? "/" : "", c->cell[i]->values[j].text);
    for (int j = 0; j < r->csv.n_columns; j++)
        if (r->roles[j] == PX_ROLE_KEY && strcmp(r->csv.header[j], "cell") != 0)
            px_text_printf(&text, " %s=%s", r->csv.header[j], r->csv.rows[i][j]);
    const char *kept = px_arena_strdup(c->v->arena, px_text_str(&text));
    px_text_free(&text);
    return kept;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The sum from the smallest up, over n: the same for any order of the rows. */
static double mean_of_sorted(const double *x, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += x[i];
    return sum / n;
}

/* The median (the mean of the middle two of an even number), the largest or the mean; NaN when one is NaN. Sorts x.
 * n >= 1. */
static double statistic(px_over over, double *x, int n) {
    for (int i = 0; i < n; i++)
        if (isnan(x[i])) return x[i];
    qsort(x, (size_t)n, sizeof *x, by_size);
    if (over == PX_OVER_MAX) return x[n - 1];
    if (over == PX_OVER_MEAN) return mean_of_sorted(x, n);
    return n % 2 ? x[n / 2] : x[n / 2 - 1] == x[n / 2] ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

static const char *statistic_text(px_arena *arena, px_over over, double *x, int n) {
    char text[PX_DOUBLE_CHARS];
    return n ? px_arena_strdup(arena, px_double_print(statistic(over, x, n), text)) : "";
}

/* What of a demand is judged over rep: all of it for median and max, else the rules that ask for a spread. */
static px_demand rules_over_rep(px_arena *arena, const px_demand *demand) {
    px_demand part = *demand;
    if (demand->over != PX_OVER_NOTHING) return part;
    px_rule *rules = PX_NEW_ARRAY(arena, px_rule, demand->n_rules);
    part.n_rules = 0;
    for (int i = 0; i < demand->n_rules; i++)
        if (demand->rules[i].form == PX_RULE_WITHIN_SIGMA) rules[part.n_rules++] = demand->rules[i];
    part.rules = rules;
    return part;
}

static void judge_group(px_checking *c, const px_demand *whole, const member *members, int n, int column) {
    static const char *const names[] = {"mean", "median", "max", "mean"};
    px_arena *arena = c->v->arena;
    px_demand demand = rules_over_rep(arena, whole);
    if (demand.n_rules == 0) return;
    double *now = PX_NEW_ARRAY(arena, double, n), *then = PX_NEW_ARRAY(arena, double, n);
    int n_now = 0, n_then = 0, n_rows = 0;
    for (int i = 0; i < n; i++) {
        int64_t row = c->baseline_row[members[i].row];
        int j = row < 0 ? -1 : c->baseline_column[column];
        n_now += px_double_parse(px_result_value(c->result, members[i].row, column), &now[n_now]);
        n_rows += row >= 0;
        if (j < 0) continue;
        const char *hex = px_result_hex(c->baseline, (size_t)row, j);
        n_then += px_double_parse(*hex ? hex : px_result_value(c->baseline, (size_t)row, j), &then[n_then]);
    }
    const px_case *cell = c->cell[members[0].row];
    int bound = px_csv_column(&c->result->csv, "bound_det");
    px_evidence e = {.value = statistic_text(arena, demand.over, now, n_now),
                     .has_baseline = n_rows == n,
                     .baseline = statistic_text(arena, demand.over, then, n_then),
                     .hex = "",
                     .bound = bound < 0 ? "" : px_result_value(c->result, members[0].row, bound),
                     .u = px_case_u(cell),
                     .values = now,
                     .n_values = n_now};
    const char *metric = px_arena_printf(arena, "%s(%s)", names[demand.over], c->result->csv.header[column]);
    px_verdict verdict = px_checking_apply(c, &demand, &e, members[0].group, metric);
    for (int i = 0; i < n; i++)
        if (verdict < c->worst[members[i].row]) c->worst[members[i].row] = verdict;
}

static void check_group(px_checking *c, const member *members, int n) {
    for (int j = 0; j < c->result->csv.n_columns; j++) {
        if (c->result->roles[j] != PX_ROLE_VALUE) continue;
        for (int over = PX_OVER_NOTHING; over <= PX_OVER_MEAN; over++) {
            const px_demand *demand = px_checking_demand(c, c->cell[members[0].row], j, (px_over)over);
            if (demand) judge_group(c, demand, members, n, j);
        }
    }
}

void px_checking_groups(px_checking *c) {
    size_t n = c->result->csv.n_rows;
    member *members = PX_NEW_ARRAY(c->v->arena, member, n);
    for (size_t i = 0; i < n; i++) members[i] = (member){group_of(c, i), i};
    if (n) qsort(members, n, sizeof *members, by_group);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && strcmp(members[end].group, members[i].group) == 0; end++) continue;
        check_group(c, &members[i], (int)(end - i));
    }
}
