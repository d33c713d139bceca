/* `precx show VALUE`: one number in one format, drawn; or in every format, a row each. */
#include <math.h>
#include <string.h>

#include "arith/codec.h"
#include "arith/round.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/real.h"

/* x, the number meant; y, what the format makes of it. */
typedef struct shown {
    px_arena *arena;
    const char *text; /* of x */
    px_exact x;
    px_fp f;
    px_rounding rounding;
    double y;
    uint64_t word;
    unsigned flags;
} shown;

static int floor_log2(px_exact x) { return x.exponent + 127; } /* the top bit of a number read by real.c is 2^127 */

/* Exponent of the quantum of the format at x: the contract's ulp. */
static int ulp_exponent(const shown *s) {
    int e = s->x.kind == PX_FINITE ? floor_log2(s->x) : s->f.emin;
    return (e < s->f.emin ? s->f.emin : e > s->f.emax ? s->f.emax : e) - s->f.p + 1;
}

static const char *flag_names(px_arena *arena, unsigned flags) {
    static const struct {
        unsigned flag;
        const char *name;
    } names[] = {
        {PX_INEXACT, "inexact"}, {PX_UNDERFLOW, "underflow"}, {PX_OVERFLOWED, "overflow"}, {PX_INVALID, "invalid"}};
    const char *s = "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (flags & names[i].flag) s = px_arena_printf(arena, "%s%s%s", s, *s ? " " : "", names[i].name);
    return s;
}

/* The low n bits of a word. */
static const char *bits(px_arena *arena, uint64_t word, int n) {
    char *s = PX_NEW_ARRAY(arena, char, n + 1);
    for (int i = 0; i < n; i++) s[i] = word >> (n - 1 - i) & 1 ? '1' : '0';
    return s;
}

/* The fields in a row, and from each a line down to what it says. */
static void draw_fields(const shown *s) {
    px_fp f = s->f;
    int n_exponent = px_fp_exponent_bits(f), stored = f.p - 1;
    uint64_t unpadded = s->word >> f.pad;
    const char *fraction = bits(s->arena, unpadded, stored), *exponent = bits(s->arena, unpadded >> stored, n_exponent);
    const char *sign = bits(s->arena, unpadded >> (stored + n_exponent), 1), *pad = bits(s->arena, s->word, f.pad);
    int biased = (int)(unpadded >> stored & (((uint64_t)1 << n_exponent) - 1));
    bool normal = biased != 0;
    int e = normal ? biased - (1 - f.emin) : f.emin;

    printf("  %s %s %s%s%s   word %0*llx\n", sign, exponent, fraction, *pad ? " " : "", pad, px_word_digits(f),
           (unsigned long long)s->word);
    printf("  | |%*s|\n  | |%*s", n_exponent, "", n_exponent, "");
    if (!isfinite(s->y)) {
        printf("fraction: %s\n", isinf(s->y) ? "zero, for an infinity"
                                 : f.has_inf ? "not zero, for NaN"
                                             : "all ones, for NaN");
        printf("  | exponent: all ones\n  sign: %s\n", *sign == '1' ? "minus" : "plus");
        return;
    }
    const char *significand = px_real_decimal(s->arena, ldexp(fabs(s->y), -e));
    printf("fraction: significand %c.%s = %s\n", normal ? '1' : '0', fraction, significand);
    if (normal)
        printf("  | exponent: %d, less the bias %d: %d\n", biased, 1 - f.emin, e);
    else
        printf("  | exponent: 0, for %s: %d\n", s->y == 0 ? "zero" : "subnormal numbers", e);
    printf("  sign: %s\n\n  V = (-1)^%s x %c.%s x 2^(%d - %d)\n", *sign == '1' ? "minus" : "plus", sign,
           normal ? '1' : '0', fraction, normal ? biased : 1, 1 - f.emin);
    if (s->y != 0) printf("    = %s%s x 2^%d\n", *sign == '1' ? "-" : "", significand, e);
    printf("    = %s\n", px_real_decimal(s->arena, s->y));
}

static void draw_neighbours(const shown *s) {
    const char *names[] = {"above", "V", "below"}, *decimals[3];
    double values[] = {px_next_up(s->f, s->y), s->y, px_next_down(s->f, s->y)};
    int width = 0;
    for (int i = 0; i < 3; i++) {
        decimals[i] = px_real_decimal(s->arena, values[i]);
        if ((int)strlen(decimals[i]) > width) width = (int)strlen(decimals[i]);
    }
    putchar('\n');
    for (int i = 0; i < 3; i++)
        printf("  %-6s %-*s  %0*llx\n", names[i], width, decimals[i], px_word_digits(s->f),
               (unsigned long long)px_encode(s->f, values[i]));
}

static px_real_error error_of(const shown *s) {
    return px_real_compare(s->arena, s->text, s->y, ldexp(1.0, ulp_exponent(s)), px_fp_u(s->f));
}

static bool comparable(const shown *s) { return isfinite(s->y) && (s->x.kind == PX_FINITE || s->x.kind == PX_ZERO); }

static void draw_error(const shown *s) {
    if (comparable(s)) {
        px_real_error e = error_of(s);
        putchar('\n');
        if (e.sign == 0)
            puts("  V - x  0: exact");
        else
            printf("  V - x  %s\n  error  %s ulp, ulp = 2^%d\n         %s relative = %s u, u = 2^%d\n", e.absolute,
                   e.in_ulps, ulp_exponent(s), e.relative, e.in_u, -s->f.p);
    }
    if (s->flags & PX_OVERFLOWED)
        printf("\n  x is beyond the largest number, %s\n", px_real_decimal(s->arena, s->f.max_finite));
    if (s->flags) printf("\n  raises %s\n", flag_names(s->arena, s->flags));
}

static void draw(const shown *s) {
    char name[24];
    printf("x = %s in %s, %s\n\n", s->text, px_fp_name(s->f, name),
           px_rounding_name((px_rounding_mode)s->rounding.mode));
    draw_fields(s);
    if (isfinite(s->y)) draw_neighbours(s);
    draw_error(s);
}

static const px_table_column columns[] = {{"format", false}, {"word", false},   {"value", true}, {"err_abs", true},
                                          {"err_rel", true}, {"err_ulp", true}, {"err_u", true}, {"raises", false}};
enum { N_COLUMNS = sizeof columns / sizeof *columns };

static void add_row(px_table *t, const shown *s) {
    char name[24];
    px_real_error e = {0};
    if (comparable(s)) e = error_of(s);
    const char *word = px_arena_printf(s->arena, "%0*llx", px_word_digits(s->f), (unsigned long long)s->word);
    const char *absolute = e.absolute && e.sign ? e.absolute + 1 : e.absolute; /* without its sign */
    const char *fields[N_COLUMNS] = {px_fp_name(s->f, name),
                                     word,
                                     px_real_decimal(s->arena, s->y),
                                     absolute,
                                     e.relative,
                                     e.in_ulps,
                                     e.in_u,
                                     s->flags ? flag_names(s->arena, s->flags) : NULL};
    px_table_add(t, fields);
}

/* Rounds x to the format under the command line's rules. */
static px_status show_in(const px_cli *cli, shown *s, px_fp f, px_error *err) {
    const char *rule = px_cli_text(cli, PX_OPT_OVERFLOW, NULL);
    f.subnormals = strcmp(px_cli_text(cli, PX_OPT_SUBNORMAL, "keep"), "keep") == 0;
    if (rule) PX_TRY(px_fp_set_overflow(&f, rule, err));
    s->f = f;
    s->flags = 0;
    s->y = px_exact_round(f, s->rounding, s->x, 0, &s->flags);
    s->word = px_encode(f, s->y);
    return PX_OK;
}

static px_status read_rounding(const px_cli *cli, px_rounding *r, px_error *err) {
    const char *names[PX_ROUNDING_COUNT], *word = px_cli_text(cli, PX_OPT_ROUNDING, "nearest_even");
    for (int i = 0; i < PX_ROUNDING_COUNT; i++) names[i] = px_rounding_name((px_rounding_mode)i);
    int mode = px_rounding_find(word);
    if (mode < 0) return px_cli_unknown(err, "rounding", word, names, PX_ROUNDING_COUNT);
    if (mode == PX_STOCHASTIC)
        return px_fail(err, PX_USAGE, "show draws no random numbers; `precx eval convert` rounds stochastically");
    *r = px_rounding_of((px_rounding_mode)mode);
    return PX_OK;
}

px_status px_command_show(const px_cli *cli, px_error *err) {
    shown s = {.arena = cli->arena, .text = cli->operands[0]};
    PX_TRY(read_rounding(cli, &s.rounding, err));
    PX_TRY(px_real_read(s.text, &s.x, err));
    const char *name = px_cli_text(cli, PX_OPT_NUMBER_FORMAT, NULL);
    if (name) {
        px_fp f;
        PX_TRY(px_fp_parse(name, &f, err));
        PX_TRY(show_in(cli, &s, f, err));
        draw(&s);
        return PX_OK;
    }
    px_table t = px_table_new(cli->arena, columns, N_COLUMNS);
    for (size_t i = 0; i < px_fp_count(); i++) {
        PX_TRY(show_in(cli, &s, px_fp_row(i), err));
        add_row(&t, &s);
    }
    px_table_print(stdout, &t, px_cli_style(cli), 0, px_cli_color(cli, stdout));
    return PX_OK;
}
