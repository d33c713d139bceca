/* `precx eval dot`: dot products from CSV to CSV. */
#include <string.h>

#include "arith/codec.h"
#include "arith/round.h"
#include "cli/eval.h"
#include "io/csv.h"
#include "kernel/sum.h"
#include "ref/truth.h"

typedef struct plan {
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
    *p = (plan){.recipe = {.rounding = e->rounding.mode, .sr_bits = e->rounding.sr_bits}};
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

/* The numbers of one field, words of format fp; *n of them, in the arena. */
static px_status read_words(px_arena *arena, px_filter *f, px_fp fp, const char *column, const char *field, double **x,
                            int64_t *n, px_error *err) {
    char *rest = px_arena_strdup(arena, field), name[24];
    *x = PX_NEW_ARRAY(arena, double, strlen(field) / 2 + 1);
    *n = 0;
    for (const char *word; (word = px_filter_cut(&rest));) {
        uint64_t bits;
        if (!px_word_parse(fp, word, &bits))
            return px_filter_fail(f, err, "column %s: '%s' is not a word of %s (%d hexadecimal digits)", column, word,
                                  px_fp_name(fp, name), px_word_digits(fp));
        (*x)[(*n)++] = px_flush(fp, px_decode(fp, bits));
    }
    return PX_OK;
}

static px_status read_record(px_arena *arena, px_filter *f, const plan *p, const char *a, const char *b, const char *c,
                             px_terms *t, px_error *err) {
    double *xa, *xb, *xc;
    int64_t na, nb, nc = 0;
    PX_TRY(read_words(arena, f, p->in, "a", a, &xa, &na, err));
    PX_TRY(read_words(arena, f, p->in, "b", b, &xb, &nb, err));
    if (c) PX_TRY(read_words(arena, f, p->recipe.acc, "c", c, &xc, &nc, err));
    if (na != nb) return px_filter_fail(f, err, "column a has %lld words, column b %lld", (long long)na, (long long)nb);
    if (nc > 1) return px_filter_fail(f, err, "column c has %lld words, not one", (long long)nc);
    *t = (px_terms){.n = na, .a = xa, .b = xb, .stride_a = 1, .stride_b = 1, .c = nc ? xc[0] : 0.0, .sign = 1.0};
    return PX_OK;
}

static double compute(const px_eval *e, const plan *p, px_terms *t, uint64_t element) {
    const px_recipe *r = &p->recipe;
    if (p->exact) return px_ref_dot(t->n, t->a, t->b, t->c, r->out, e->rounding);
    t->stream = e->stream;
    t->element = element;
    return px_sum(r, t, NULL);
}

static void write_record(px_filter *f, const plan *p, const char *id, size_t number, double d) {
    char word[17] = "", count[24];
    int digits = px_word_digits(p->recipe.out);
    snprintf(word, sizeof word, "%0*llx", digits, (unsigned long long)px_encode(p->recipe.out, d));
    snprintf(count, sizeof count, "%zu", number);
    px_csv_record(&f->out, (const char *[]){id ? id : count, word}, 2);
}

px_status px_eval_dot(const px_eval *e, px_filter *f, px_error *err) {
    plan p;
    px_csv csv;
    const char *bytes;
    size_t n;
    PX_TRY(make_plan(e, &p, err));
    PX_TRY(px_filter_all(f, &bytes, &n, err));
    px_status status = px_csv_parse(e->cli->arena, "-", bytes, n, &csv, err); /* what stands before a mistake counts */
    if (status != PX_OK && csv.n_columns == 0) return status;
    int a = px_csv_column(&csv, "a"), b = px_csv_column(&csv, "b"), c = px_csv_column(&csv, "c"),
        id = px_csv_column(&csv, "id");
    f->line = 1;
    if (a < 0 || b < 0) return px_filter_fail(f, err, "the header has no column '%s'", a < 0 ? "a" : "b");
    px_csv_record(&f->out, (const char *[]){"id", "d"}, 2);
    px_arena *arena = px_arena_new();
    px_status bad = PX_OK;
    for (size_t i = 0; i < csv.n_rows && bad == PX_OK; i++) {
        const char *const *row = csv.rows[i];
        px_terms t;
        f->line = csv.lines[i];
        bad = read_record(arena, f, &p, row[a], row[b], c < 0 ? NULL : row[c], &t, err);
        if (bad == PX_OK) write_record(f, &p, id < 0 ? NULL : row[id], i + 1, compute(e, &p, &t, i));
        px_arena_reset(arena);
    }
    px_arena_free(arena);
    return bad != PX_OK ? bad : status;
}
