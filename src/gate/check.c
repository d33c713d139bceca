/* Every row and every column, judged by the rules that are for them. */
#include "gate/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate/compare.h"

static const char status_column[] = "status";

static int by_id(const void *a, const void *b) {
    return strcmp((*(const px_case *const *)a)->id, (*(const px_case *const *)b)->id);
}

static const px_case *find_cell(const px_checking *c, const char *id) {
    px_case wanted = {.id = id};
    const px_case *key = &wanted, **found = NULL;
    if (c->n_cells) found = bsearch(&key, c->by_id, c->n_cells, sizeof *c->by_id, by_id);
    return found ? *found : NULL;
}

static void index_cells(px_checking *c, const px_plan *plan) {
    c->n_cells = (size_t)plan->n_cells;
    c->by_id = PX_NEW_ARRAY(c->v->arena, const px_case *, c->n_cells);
    for (size_t i = 0; i < c->n_cells; i++) c->by_id[i] = &plan->cells[i];
    if (c->n_cells) qsort(c->by_id, c->n_cells, sizeof *c->by_id, by_id);
}

static bool has_rule(const px_tolerance *t, const char *metric) {
    for (int i = 0; i < t->n_demands; i++)
        if (strcmp(t->demands[i].metric, metric) == 0) return true;
    return false;
}

static const px_rule exact_rule = {.form = PX_RULE_EXACT, .text = "exact"};

const px_demand *px_checking_demand(const px_checking *c, const px_case *cell, int column, px_over over) {
    static const px_demand everything_exact = {.metric = "", .rules = &exact_rule, .n_rules = 1, .because = ""};
    const char *metric = c->result->csv.header[column];
    const px_demand *demand = px_tolerance_find(&c->tolerance, cell, metric, over);
    if (demand || over != PX_OVER_NOTHING) return demand;
    bool by_default =
        c->tolerance.n_demands == 0 || (strcmp(metric, status_column) == 0 && !has_rule(&c->tolerance, metric));
    return by_default ? &everything_exact : NULL;
}

/* The tests: the rows, what is exact by default, then the demands. */
enum { TEST_ROWS, TEST_DEFAULT, TEST_DEMANDS };

static int test_of(const px_checking *c, const px_demand *demand) {
    for (int i = 0; i < c->tolerance.n_demands; i++)
        if (demand->file == c->tolerance.demands[i].file && demand->line == c->tolerance.demands[i].line &&
            demand->metric == c->tolerance.demands[i].metric)
            return TEST_DEMANDS + i;
    return TEST_DEFAULT;
}

static void list_tests(px_checking *c) {
    static const char *const functions[] = {"", "median", "max", "mean"};
    px_arena *arena = c->v->arena;
    c->v->n_tests = TEST_DEMANDS + c->tolerance.n_demands;
    c->v->tests = PX_NEW_ARRAY(arena, px_test, c->v->n_tests);
    c->v->tests[TEST_ROWS] = (px_test){.name = "rows: all there, none failed", .file = ""};
    c->v->tests[TEST_DEFAULT] = (px_test){.name = "status", .file = ""};
    if (c->tolerance.n_demands == 0) c->v->tests[TEST_DEFAULT].name = "everything";
    for (int i = 0; i < c->tolerance.n_demands; i++) {
        const px_demand *d = &c->tolerance.demands[i];
        const char *name = d->over ? px_arena_printf(arena, "%s(%s)", functions[d->over], d->metric) : d->metric;
        c->v->tests[TEST_DEMANDS + i] = (px_test){
            .name = px_arena_printf(arena, "%s: %s", d->section, name), .file = d->file, .line = d->line};
    }
}

/* A failure that is expected, and one that was and did not come. */
static px_verdict as_expected(px_verdict verdict, bool applied) {
    if (px_verdict_fails(verdict)) return PX_VERDICT_KNOWN;
    return applied ? PX_VERDICT_UNEXPECTED : verdict;
}

px_verdict px_checking_apply(px_checking *c, const px_demand *demand, const px_evidence *e, const char *row,
                             const char *metric) {
    px_judgement worst = {.applies = false, .verdict = PX_VERDICT_OK, .limit = "", .badness = 1};
    const px_rule *worst_rule = &demand->rules[0];
    for (int i = 0; i < demand->n_rules; i++) {
        const px_rule *rule = &demand->rules[i];
        px_judgement j = px_judge(c->v->arena, rule, demand->floor, e);
        bool first = !worst.applies && j.applies, worse = j.applies && j.verdict < worst.verdict;
        if (!first && !worse) continue;
        worst = j;
        worst_rule = rule;
    }
    int test = test_of(c, demand);
    c->v->tests[test].n_judged += worst.applies;
    px_verdict verdict = demand->expect_fail ? as_expected(worst.verdict, worst.applies) : worst.verdict;
    if (verdict == PX_VERDICT_OK) return verdict;
    const char *was = e->has_baseline ? e->baseline : "";
    if (*e->hex && px_same_value(e->value, was) && !px_same_value(e->value, e->hex)) was = e->hex; /* what differs */
    const char *place = demand->line ? px_arena_printf(c->v->arena, "%s:%d", demand->file, demand->line) : "";
    const char *rule = demand->expect_fail
                           ? px_arena_printf(c->v->arena, "%s, expected to fail: %s", worst_rule->text, demand->because)
                           : worst_rule->text;
    px_verdicts_add(c->v, (px_finding){verdict, px_rule_is_theory(worst_rule), row, metric, e->value, worst.limit, was,
                                       rule, place, worst.badness, test, 0});
    return verdict;
}

static px_verdict check_value(px_checking *c, const px_case *cell, size_t i, int column) {
    const px_demand *demand = px_checking_demand(c, cell, column, PX_OVER_NOTHING);
    if (!demand) return PX_VERDICT_OK;
    int64_t row = c->baseline_row[i];
    int j = row < 0 ? -1 : c->baseline_column[column], bound = px_csv_column(&c->result->csv, "bound_det");
    px_evidence e = {.value = px_result_value(c->result, i, column),
                     .has_baseline = row >= 0,
                     .baseline = j < 0 ? "" : px_result_value(c->baseline, (size_t)row, j),
                     .hex = j < 0 ? "" : px_result_hex(c->baseline, (size_t)row, j),
                     .bound = bound < 0 ? "" : px_result_value(c->result, i, bound),
                     .u = px_case_u(cell)};
    return px_checking_apply(c, demand, &e, c->result->keys[i], c->result->csv.header[column]);
}

static void add_plain(px_checking *c, px_verdict verdict, const char *row, const char *metric, const char *value,
                      const char *rule) {
    px_verdicts_add(c->v, (px_finding){verdict, false, row, metric, value, "", "", rule, "", HUGE_VAL, TEST_ROWS, 0});
}

static void note_worst(px_checking *c, size_t i, px_verdict verdict) {
    if (verdict < c->worst[i]) c->worst[i] = verdict;
}

static void check_row(px_checking *c, size_t i) {
    const px_csv *csv = &c->result->csv;
    int status = px_csv_column(csv, status_column);
    const char *said = status < 0 ? "" : csv->rows[i][status];
    c->v->tests[TEST_ROWS].n_judged++;
    if (c->baseline && c->baseline_row[i] < 0) {
        note_worst(c, i, PX_VERDICT_NEW);
        add_plain(c, PX_VERDICT_NEW, c->result->keys[i], "", "", "");
    }
    if (strcmp(said, px_cell_status_name(PX_CELL_FAILED)) == 0) {
        note_worst(c, i, PX_VERDICT_REGRESSED);
        add_plain(c, PX_VERDICT_REGRESSED, c->result->keys[i], status_column, said, "no cell fails");
        return;
    }
    for (int j = 0; j < csv->n_columns; j++)
        if (c->result->roles[j] == PX_ROLE_VALUE) note_worst(c, i, check_value(c, c->cell[i], i, j));
}

/* The baseline as a whole: is it what was accepted, and are all its rows there still? What a filter or a shard left out
 * is not missing. */
static void check_baseline(px_checking *c, bool partial) {
    if (!c->baseline) return;
    if (!c->baseline->intact) { /* only accept writes baselines */
        add_plain(c, PX_VERDICT_CHANGED, "", "", "", "the baseline was edited after acceptance");
        c->v->rows[PX_VERDICT_CHANGED]++;
    }
    int64_t *row = px_result_match(c->v->arena, c->baseline, c->result);
    int id = px_csv_column(&c->baseline->csv, "cell");
    for (size_t i = 0; i < c->baseline->csv.n_rows; i++) {
        if (row[i] >= 0 || (partial && !find_cell(c, c->baseline->csv.rows[i][id]))) continue;
        add_plain(c, PX_VERDICT_MISSING, c->baseline->keys[i], "", "", "");
        c->v->rows[PX_VERDICT_MISSING]++;
    }
}

/* Every rule has its column, every row its cell. */
static px_status check_sense(px_checking *c, px_error *err) {
    const px_csv *csv = &c->result->csv;
    for (int i = 0; i < c->tolerance.n_demands; i++) {
        const px_demand *d = &c->tolerance.demands[i];
        if (px_csv_column(csv, d->metric) < 0)
            return px_fail(err, PX_BAD_FILE, "%s:%d: error: a rule for '%s', which %s does not have", d->file, d->line,
                           d->metric, c->result->path);
    }
    int id = px_csv_column(csv, "cell");
    for (size_t i = 0; i < csv->n_rows; i++) {
        c->cell[i] = find_cell(c, csv->rows[i][id]);
        if (!c->cell[i])
            return px_fail(err, PX_BAD_FILE, "%s:%d: error: '%s' is no cell of the experiment", c->result->path,
                           csv->lines[i], csv->rows[i][id]);
    }
    return PX_OK;
}

static void prepare(px_checking *c, const px_gate *g) {
    px_arena *arena = c->v->arena;
    size_t n = c->result->csv.n_rows;
    index_cells(c, g->plan);
    c->cell = PX_NEW_ARRAY(arena, const px_case *, n);
    c->worst = PX_NEW_ARRAY(arena, px_verdict, n);
    c->baseline_column = PX_NEW_ARRAY(arena, int, c->result->csv.n_columns);
    for (size_t i = 0; i < n; i++) c->worst[i] = PX_VERDICT_OK;
    if (c->baseline) {
        c->baseline_row = px_result_match(arena, c->result, c->baseline);
        for (int j = 0; j < c->result->csv.n_columns; j++)
            c->baseline_column[j] = px_csv_column(&c->baseline->csv, c->result->csv.header[j]);
    } else {
        c->baseline_row = PX_NEW_ARRAY(arena, int64_t, n);
        for (size_t i = 0; i < n; i++) c->baseline_row[i] = -1;
    }
}

px_status px_gate_check(const px_gate *g, px_verdicts *v, px_error *err) {
    px_checking c = {.v = v, .result = g->result, .baseline = g->baseline};
    c.tolerance = px_tolerance_read(v->arena, g->experiment);
    list_tests(&c);
    prepare(&c, g);
    PX_TRY(check_sense(&c, err));
    int status = px_csv_column(&g->result->csv, status_column);
    bool *skipped = PX_NEW_ARRAY(v->arena, bool, g->result->csv.n_rows);
    for (size_t i = 0; i < g->result->csv.n_rows; i++) {
        const char *said = status < 0 ? "" : g->result->csv.rows[i][status];
        skipped[i] = strcmp(said, px_cell_status_name(PX_CELL_UNSUPPORTED)) == 0;
        if (!skipped[i]) check_row(&c, i);
    }
    px_checking_groups(&c);
    for (size_t i = 0; i < g->result->csv.n_rows; i++) {
        if (skipped[i])
            v->n_skipped++;
        else
            v->rows[c.worst[i]]++;
    }
    check_baseline(&c,
                   *g->result->origin.filter || *g->result->origin.shard || g->plan->n_cells < g->plan->n_unfiltered);
    px_verdicts_sort(v);
    return PX_OK;
}
