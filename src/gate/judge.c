#include "gate/judge.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "gate/compare.h"

bool px_rule_is_theory(const px_rule *rule) {
    return rule->form != PX_RULE_EXACT && rule->x.base != PX_BASE_BASELINE && rule->y.base != PX_BASE_BASELINE;
}

/* False: undefined, since what it refers to is not there. */
static bool amount_of(px_amount a, const px_evidence *e, double *x) {
    double base = 0;
    switch (a.base) {
    case PX_BASE_NUMBER: *x = a.factor; return true;
    case PX_BASE_BASELINE:
        if (!px_double_parse(*e->hex ? e->hex : e->baseline, &base)) return false;
        break;
    case PX_BASE_BOUND:
        if (!px_double_parse(e->bound, &base)) return false;
        break;
    case PX_BASE_U: base = e->u; break;
    case PX_BASE_COUNT: return false;
    }
    *x = a.factor * base + a.offset;
    return a.base != PX_BASE_U || e->u > 0;
}

static const char *print_limit(px_arena *arena, double x) { return px_arena_printf(arena, "%.8g", x); }

static double over(double a, double b) { return a >= 0 && b > 0 && isfinite(a) ? a / b : HUGE_VAL; }

/* A value against the limits; both infinite is within, NaN only where the limit is NaN, too. */
static px_judgement against(px_arena *arena, const px_rule *r, double value, double lo, double hi) {
    bool holds = (isnan(value) && (isnan(lo) || isnan(hi))) || (value >= lo && value <= hi);
    px_judgement j = {.applies = true, .verdict = holds ? PX_VERDICT_OK : PX_VERDICT_REGRESSED};
    bool too_low = r->form == PX_RULE_AT_LEAST || (r->form == PX_RULE_BETWEEN && value < lo);
    j.limit = r->form == PX_RULE_BETWEEN
                  ? px_arena_printf(arena, "%s .. %s", print_limit(arena, lo), print_limit(arena, hi))
                  : print_limit(arena, too_low ? lo : hi);
    j.badness = too_low ? over(lo, value) : over(value, hi);
    return j;
}

static px_judgement judge_spread(px_arena *arena, const px_rule *r, const px_evidence *e, double center) {
    if (!e->values || e->n_values < 2) return (px_judgement){.applies = false};
    double sum = 0, squares = 0, n = e->n_values;
    for (int i = 0; i < e->n_values; i++) sum += e->values[i];
    double mean = sum / n;
    for (int i = 0; i < e->n_values; i++) squares += (e->values[i] - mean) * (e->values[i] - mean);
    double room = r->x.factor * sqrt(squares / (n - 1) / n); /* of the mean's standard error */
    px_rule between = {.form = PX_RULE_BETWEEN};
    return against(arena, &between, mean, center - room, center + room);
}

static px_judgement judge_exact(const px_evidence *e) {
    const char *was = *e->hex && !px_same_value(e->value, e->hex) ? e->hex : e->baseline;
    bool same = px_same_value(e->value, e->baseline) && (!*e->hex || px_same_value(e->value, e->hex));
    return (px_judgement){.applies = true,
                          .verdict = same ? PX_VERDICT_OK : PX_VERDICT_CHANGED,
                          .limit = "",
                          .badness = same ? 1 : px_relative_change(was, e->value)};
}

static px_judgement judge_number(px_arena *arena, const px_rule *r, px_amount floor, const px_evidence *e, double x,
                                 double y) {
    double value, low = 0;
    if (!px_double_parse(e->value, &value))
        return (px_judgement){
            .applies = true, .verdict = PX_VERDICT_REGRESSED, .limit = "a number", .badness = HUGE_VAL};
    switch (r->form) {
    case PX_RULE_AT_MOST:
        if (amount_of(floor, e, &low) && low > x) x = low;
        return against(arena, r, value, isnan(x) ? x : -HUGE_VAL, x);
    case PX_RULE_AT_LEAST: return against(arena, r, value, x, isnan(x) ? x : HUGE_VAL);
    case PX_RULE_BETWEEN: return against(arena, r, value, x, y);
    case PX_RULE_WARN_BELOW:
        return (px_judgement){.applies = true,
                              .verdict = value < x ? PX_VERDICT_IMPROVED : PX_VERDICT_OK,
                              .limit = print_limit(arena, x),
                              .badness = over(x, value)};
    case PX_RULE_WITHIN_SIGMA: return judge_spread(arena, r, e, y);
    case PX_RULE_EXACT: break; /* judged before */
    }
    return (px_judgement){.applies = false};
}

px_judgement px_judge(px_arena *arena, const px_rule *r, px_amount floor, const px_evidence *e) {
    const px_judgement silent = {.applies = false};
    double x = 0, y = 0;
    bool theory = px_rule_is_theory(r);
    if (!theory && !e->has_baseline) return silent;
    if (r->form == PX_RULE_EXACT) return judge_exact(e);
    if (!*e->value) {
        if (theory || !*e->baseline || r->form == PX_RULE_WARN_BELOW) return silent;
        return (px_judgement){.applies = true, .verdict = PX_VERDICT_MISSING, .limit = "a value", .badness = HUGE_VAL};
    }
    bool two = r->form == PX_RULE_BETWEEN || r->form == PX_RULE_WITHIN_SIGMA;
    if (amount_of(r->x, e, &x) && (!two || amount_of(r->y, e, &y))) return judge_number(arena, r, floor, e, x, y);
    if (theory || *e->baseline || r->form == PX_RULE_WARN_BELOW) return silent;
    return (px_judgement){.applies = true, .verdict = PX_VERDICT_CHANGED, .limit = "no value", .badness = HUGE_VAL};
}
