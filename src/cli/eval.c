/* `precx eval`: the arithmetic as a filter. Without --flags the results are those of arith/round.h, the functions that
 * the experiments use; with --flags they and the exceptions come from the definition, arith/exact.h. */
#include "cli/eval.h"

#include <string.h>

#include "arith/codec.h"
#include "arith/round.h"
#include "base/philox.h"

enum { MAX_OPERANDS = 3, SEED = 42 };

/* One operation; exact is its definition, fast the function that the experiments use. */
typedef struct operation {
    const char *name;
    int operands; /* 0: not an operation on lines of words, but csv */
    double (*fast)(px_fp f, px_rounding r, const double *x, uint64_t bits);
    px_exact (*exact)(px_rounding r, const double *x, unsigned *flags);
    const char *options; /* the options that it takes besides those of every command */
    px_status (*csv)(const px_eval *e, px_filter *f, px_error *err);
} operation;

static double fast_add(px_fp f, px_rounding r, const double *x, uint64_t bits) {
    return px_add(f, r, x[0], x[1], bits);
}
static double fast_sub(px_fp f, px_rounding r, const double *x, uint64_t bits) {
    return px_sub(f, r, x[0], x[1], bits);
}
static double fast_mul(px_fp f, px_rounding r, const double *x, uint64_t bits) {
    return px_mul(f, r, x[0], x[1], bits);
}
static double fast_div(px_fp f, px_rounding r, const double *x, uint64_t bits) {
    return px_div(f, r, x[0], x[1], bits);
}
static double fast_sqrt(px_fp f, px_rounding r, const double *x, uint64_t bits) { return px_sqrt(f, r, x[0], bits); }
static double fast_fma(px_fp f, px_rounding r, const double *x, uint64_t bits) {
    return px_fma(f, r, x[0], x[1], x[2], bits);
}
static double fast_convert(px_fp f, px_rounding r, const double *x, uint64_t bits) {
    return px_round(f, r, x[0], bits);
}

static px_exact exact_add(px_rounding r, const double *x, unsigned *flags) {
    return px_exact_add(r, x[0], x[1], flags);
}
static px_exact exact_sub(px_rounding r, const double *x, unsigned *flags) {
    return px_exact_add(r, x[0], -x[1], flags);
}
static px_exact exact_mul(px_rounding r, const double *x, unsigned *flags) {
    (void)r;
    return px_exact_mul(x[0], x[1], flags);
}
static px_exact exact_div(px_rounding r, const double *x, unsigned *flags) {
    (void)r;
    return px_exact_div(x[0], x[1], flags);
}
static px_exact exact_sqrt(px_rounding r, const double *x, unsigned *flags) {
    (void)r;
    return px_exact_sqrt(x[0], flags);
}
static px_exact exact_fma(px_rounding r, const double *x, unsigned *flags) {
    return px_exact_fma(r, x[0], x[1], x[2], flags);
}
static px_exact exact_convert(px_rounding r, const double *x, unsigned *flags) {
    (void)r;
    (void)flags;
    return px_exact_of(x[0]);
}

#define ROUND  "rounding sr-bits subnormal overflow seed"
#define SCALAR "format accum flags echo " ROUND
static const operation operations[] = {
    {"add", 2, fast_add, exact_add, SCALAR, NULL},
    {"sub", 2, fast_sub, exact_sub, SCALAR, NULL},
    {"mul", 2, fast_mul, exact_mul, SCALAR, NULL},
    {"div", 2, fast_div, exact_div, SCALAR, NULL},
    {"sqrt", 1, fast_sqrt, exact_sqrt, SCALAR, NULL},
    {"fma", 3, fast_fma, exact_fma, SCALAR, NULL},
    {"convert", 1, fast_convert, exact_convert, "from to flags echo " ROUND, NULL},
    {"dot", 0, NULL, NULL, "format product accum out order block splits fused " ROUND, px_eval_dot},
    {"mma", 0, NULL, NULL, "model in in-b out", px_eval_mma},
};
enum { N_OPERATIONS = sizeof operations / sizeof *operations };

/* A case: operands are words of `in`, the operation is rounded to `first`, then to `result` (the same format when there
 * is one rounding only). */
typedef struct plan {
    const operation *op;
    px_fp in, first, result;
    bool two_roundings, flags, echo;
} plan;

static bool listed(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *p = list; *p; p += strspn(p, " ")) {
        size_t length = strcspn(p, " ");
        if (length == n && memcmp(p, name, n) == 0) return true;
        p += length;
    }
    return false;
}

/* eval's own options are for some operations only. */
static px_status check_options(const px_cli *cli, const operation *op, px_error *err) {
    for (int id = 0; id < PX_OPT_COUNT; id++) {
        const px_option *o = &px_options[id];
        if (!px_cli_given(cli, (px_option_id)id) || strcmp(o->commands, "*") == 0) continue;
        if (!listed(op->options, o->name))
            return px_fail(err, PX_USAGE, "'precx eval %s' has no option '--%s'", op->name, o->name);
    }
    return PX_OK;
}

static px_status read_choices(const px_cli *cli, px_eval *e, px_error *err) {
    const char *names[PX_ROUNDING_COUNT], *word = px_cli_text(cli, PX_OPT_ROUNDING, "nearest_even");
    for (int i = 0; i < PX_ROUNDING_COUNT; i++) names[i] = px_rounding_name((px_rounding_mode)i);
    int mode = px_rounding_find(word);
    if (mode < 0) return px_cli_unknown(err, "rounding", word, names, PX_ROUNDING_COUNT);
    int64_t sr_bits = px_cli_count(cli, PX_OPT_SR_BITS, PX_SR_BITS_DEFAULT), seed = SEED;
    if (px_cli_given(cli, PX_OPT_SR_BITS) && mode != PX_STOCHASTIC)
        return px_fail(err, PX_USAGE, "--sr-bits goes with --rounding stochastic only");
    if (sr_bits > PX_SR_BITS_MAX) return px_fail(err, PX_USAGE, "--sr-bits: at most %d", PX_SR_BITS_MAX);
    const char *text = px_cli_text(cli, PX_OPT_SEED, NULL);
    if (text && (!px_int_parse(text, &seed) || seed < 0))
        return px_fail(err, PX_USAGE, "--seed wants a whole number of at least 0, not '%s'", text);
    *e = (px_eval){.cli = cli, .rounding = px_rounding_of((px_rounding_mode)mode)};
    if (mode == PX_STOCHASTIC) e->rounding.sr_bits = (uint8_t)sr_bits;
    e->stream = px_philox((uint64_t)seed, px_stream("eval"), 0).lo;
    return PX_OK;
}

px_status px_eval_format(const px_eval *e, px_option_id id, const px_fp *fallback, px_fp *fp, px_error *err) {
    const char *name = px_cli_text(e->cli, id, NULL);
    px_error why;
    if (!name) {
        if (!fallback)
            return px_fail(err, PX_USAGE, "'precx eval %s' wants --%s %s", e->cli->operands[0], px_options[id].name,
                           px_options[id].argument);
        *fp = *fallback;
        return PX_OK;
    }
    if (px_fp_parse(name, fp, &why) != PX_OK) return px_fail(err, PX_USAGE, "--%s: %s", px_options[id].name, why.text);
    fp->subnormals = strcmp(px_cli_text(e->cli, PX_OPT_SUBNORMAL, "keep"), "keep") == 0;
    return PX_OK;
}

px_status px_eval_overflow(const px_eval *e, px_fp *fp, px_error *err) {
    const char *rule = px_cli_text(e->cli, PX_OPT_OVERFLOW, NULL);
    return rule ? px_fp_set_overflow(fp, rule, err) : PX_OK;
}

static px_status make_plan(const px_eval *e, const operation *op, plan *p, px_error *err) {
    *p = (plan){.op = op, .flags = px_cli_given(e->cli, PX_OPT_FLAGS), .echo = px_cli_given(e->cli, PX_OPT_ECHO)};
    if (op->exact == exact_convert) {
        PX_TRY(px_eval_format(e, PX_OPT_FROM, NULL, &p->in, err));
        PX_TRY(px_eval_format(e, PX_OPT_TO, NULL, &p->result, err));
        p->first = p->result;
    } else {
        PX_TRY(px_eval_format(e, PX_OPT_NUMBER_FORMAT, NULL, &p->in, err));
        p->result = p->in;
        PX_TRY(px_eval_format(e, PX_OPT_ACCUM, &p->in, &p->first, err));
        p->two_roundings = px_cli_given(e->cli, PX_OPT_ACCUM);
    }
    PX_TRY(px_eval_overflow(e, &p->first, err));
    return px_eval_overflow(e, &p->result, err);
}

/* Operands of a line: words to echo, numbers to compute with. Signaling NaNs raise invalid. */
static px_status read_operands(const px_filter *f, const plan *p, char *line, uint64_t *words, double *x,
                               unsigned *flags, px_error *err) {
    char name[24];
    for (int i = 0; i < p->op->operands; i++) {
        const char *word = px_filter_cut(&line);
        if (!word) {
            if (i == 0) return px_filter_fail(f, err, "a blank line");
            return px_filter_fail(f, err, "%s takes %d words; this line has %d", p->op->name, p->op->operands, i);
        }
        if (!px_word_parse(p->in, word, &words[i]))
            return px_filter_fail(f, err, "'%s' is not a word of %s (%d hexadecimal digits)", word,
                                  px_fp_name(p->in, name), px_word_digits(p->in));
        x[i] = px_flush(p->in, px_decode(p->in, words[i]));
        if (px_word_signals(p->in, words[i])) *flags |= PX_INVALID;
    }
    return PX_OK;
}

static double compute(const px_eval *e, const plan *p, const double *x, uint64_t element, unsigned *flags) {
    px_rounding r = e->rounding;
    uint64_t bits = px_bits_for(r, e->stream, element, 0), more = 0;
    if (p->two_roundings) more = px_bits_for(r, e->stream, element, 1);
    if (p->flags) {
        double y = px_exact_round(p->first, r, p->op->exact(r, x, flags), bits, flags);
        return p->two_roundings ? px_exact_round(p->result, r, px_exact_of(y), more, flags) : y;
    }
    double y = p->op->fast(p->first, r, x, bits);
    return p->two_roundings ? px_round(p->result, r, y, more) : y;
}

static px_status filter_lines(const px_eval *e, const plan *p, px_filter *f, px_error *err) {
    for (;;) {
        char *line;
        PX_TRY(px_filter_next(f, &line, err));
        if (!line) return PX_OK;
        uint64_t words[MAX_OPERANDS] = {0};
        double x[MAX_OPERANDS] = {0};
        unsigned flags = 0;
        PX_TRY(read_operands(f, p, line, words, x, &flags, err));
        double y = compute(e, p, x, (uint64_t)f->line - 1, &flags);
        for (int i = 0; p->echo && i < p->op->operands; i++) {
            px_filter_word(f, words[i], px_word_digits(p->in));
            px_filter_char(f, ' ');
        }
        px_filter_word(f, px_encode(p->result, y), px_word_digits(p->result));
        if (p->flags) {
            px_filter_char(f, ' ');
            px_filter_word(f, flags, 2);
        }
        px_filter_char(f, '\n');
    }
}

px_status px_command_eval(const px_cli *cli, px_error *err) {
    const char *names[N_OPERATIONS];
    const operation *op = NULL;
    for (int i = 0; i < N_OPERATIONS; i++) {
        names[i] = operations[i].name;
        if (strcmp(names[i], cli->operands[0]) == 0) op = &operations[i];
    }
    if (!op) return px_cli_unknown(err, "operation", cli->operands[0], names, N_OPERATIONS);
    px_eval e;
    plan p;
    PX_TRY(check_options(cli, op, err));
    PX_TRY(read_choices(cli, &e, err));
    if (op->operands) PX_TRY(make_plan(&e, op, &p, err));
    px_filter f = {0};
    px_status status = op->operands ? filter_lines(&e, &p, &f, err) : op->csv(&e, &f, err);
    px_filter_end(&f);
    return status;
}
