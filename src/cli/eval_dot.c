/* `precx eval dot`: dot products from CSV to CSV. */
#include <string.h>

#include "arith/codec.h"
#include "cli/eval.h"
#include "kernel/sum.h"
#include "ref/truth.h"

typedef struct plan {
    const px_eval *e;
    px_fp in; /* of a and b; c is a word of the accumulator's format */
    px_recipe recipe;
    bool exact; /* --order exact: the correctly rounded dot product */
} plan;

static px_status read_order(const px_eval *e, plan *p, px_error *err) {
    const px_cli *cli = e->cli;
    const char *names[PX_ORDER_COUNT + 1], *word = px_cli_text(cli, PX_OPT_ORDER, "sequential");
    for (int i = 0; i < PX_ORDER_COUNT; i++) names[i] = px_order_name((px_order)i);
    names[PX_ORDER_COUNT] = "exact";
    int order = px_order_find(word);
    p->exact = strcmp(word, "exact") == 0;
    if (order < 0 && !p->exact) return px_cli_unknown(err, "order", word, names, PX_ORDER_COUNT + 1);
    if (p->exact && (px_cli_given(cli, PX_OPT_PRODUCT) || px_cli_given(cli, PX_OPT_FUSED)))
        return px_fail(err, PX_USAGE, "--order exact rounds once, at the end; --product and --fused say nothing there");
    if (p->exact && e->rounding.mode == PX_STOCHASTIC)
        return px_fail(err, PX_USAGE, "--order exact: no stochastic rounding");
    if ((order == PX_BLOCKED) != px_cli_given(cli, PX_OPT_BLOCK))
        return px_fail(err, PX_USAGE, "--order blocked and --block B go together");
    if ((order == PX_SPLITK) != px_cli_given(cli, PX_OPT_SPLITS))
        return px_fail(err, PX_USAGE, "--order splitk and --splits S go together");
    int64_t block = px_cli_count(cli, PX_OPT_BLOCK, 0), splits = px_cli_count(cli, PX_OPT_SPLITS, 0);
    if (block > INT32_MAX || splits > INT32_MAX)
        return px_fail(err, PX_USAGE, "--block, --splits: at most %d", INT32_MAX);
    p->recipe.order = (uint8_t)(p->exact ? 0 : order);
    p->recipe.block = (int32_t)block;
    p->recipe.splits = (int32_t)splits;
    return PX_OK;
}

static px_status make_plan(const px_eval *e, plan *p, px_error *err) {
    px_recipe *r = &p->recipe;
    *p = (plan){.e = e, .recipe = {.rounding = e->rounding.mode, .sr_bits = e->rounding.sr_bits}};
    PX_TRY(px_eval_format(e, PX_OPT_NUMBER_FORMAT, NULL, &p->in, err));
    PX_TRY(px_eval_format(e, PX_OPT_ACCUM, &p->in, &r->acc, err));
    PX_TRY(px_eval_overflow(e, &r->acc, err));
    if (strcmp(px_cli_text(e->cli, PX_OPT_PRODUCT, ""), "exact") != 0) {
        PX_TRY(px_eval_format(e, PX_OPT_PRODUCT, &r->acc, &r->mul, err));
        PX_TRY(px_eval_overflow(e, &r->mul, err));
    }
    PX_TRY(px_eval_format(e, PX_OPT_OUT, &r->acc, &r->out, err));
    PX_TRY(px_eval_overflow(e, &r->out, err));
    r->fused = px_cli_given(e->cli, PX_OPT_FUSED);
    return read_order(e, p, err);
}

static uint64_t compute(void *context, px_terms *t, uint64_t record) {
    const plan *p = context;
    const px_recipe *r = &p->recipe;
    double d;
    if (p->exact) {
        d = px_ref_dot(t->n, t->a, t->b, t->c, r->out, p->e->rounding);
    } else {
        t->stream = p->e->stream;
        t->element = record;
        d = px_sum(r, t, NULL);
    }
    return px_encode(r->out, d);
}

px_status px_eval_dot(const px_eval *e, px_filter *f, px_error *err) {
    plan p;
    PX_TRY(make_plan(e, &p, err));
    px_eval_sums sums = {.a = p.in, .b = p.in, .c = p.recipe.acc, .d = p.recipe.out, .compute = compute, .context = &p};
    return px_eval_csv(e, f, &sums, err);
}
