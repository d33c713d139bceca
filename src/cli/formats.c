/* `precx formats`: what every number format can hold. The same name means different things in different tools, so the
 * figures stand beside it. */
#include <math.h>

#include "arith/fp.h"
#include "base/text.h"
#include "cli/cli.h"

static const px_table_column columns[] = {
    {"format", false},   {"bits", true},         {"exponent_bits", true}, {"p", true}, {"emin", true}, {"emax", true},
    {"max", true},       {"min_normal", true},   {"min_subnormal", true}, {"u", true}, {"inf", false}, {"nan", false},
    {"overflow", false}, {"other_names", false},
};
enum { N_COLUMNS = sizeof columns / sizeof *columns };

/* Programs get every digit, people short ones and powers of two. */
static bool for_programs(px_style style) { return style == PX_STYLE_CSV || style == PX_STYLE_JSON; }

static const char *largest(px_arena *arena, px_style style, double x) {
    char buf[PX_DOUBLE_CHARS];
    if (for_programs(style)) return px_arena_strdup(arena, px_double_print(x, buf));
    return px_arena_printf(arena, "%.6g", x);
}

static const char *power(px_arena *arena, px_style style, double x) {
    char buf[PX_DOUBLE_CHARS];
    if (for_programs(style)) return px_arena_strdup(arena, px_double_print(x, buf));
    return px_arena_printf(arena, "2^%d", ilogb(x));
}

static const char *whole(px_arena *arena, int x) { return px_arena_printf(arena, "%d", x); }

static void add_format(px_arena *a, px_style style, px_table *t, const char *name, px_fp f, const char *aliases) {
    const char *fields[N_COLUMNS] = {name,
                                     whole(a, f.width),
                                     whole(a, px_fp_exponent_bits(f)),
                                     whole(a, f.p),
                                     whole(a, f.emin),
                                     whole(a, f.emax),
                                     largest(a, style, f.max_finite),
                                     power(a, style, px_fp_min_normal(f)),
                                     power(a, style, px_fp_min_subnormal(f)),
                                     power(a, style, px_fp_u(f)),
                                     f.has_inf ? "yes" : "no",
                                     f.has_nan ? "yes" : "no",
                                     px_overflow_name((px_overflow)f.overflow),
                                     aliases};
    px_table_add(t, fields);
}

px_status px_command_formats(const px_cli *cli, px_error *err) {
    px_table t = px_table_new(cli->arena, columns, N_COLUMNS);
    if (cli->n_operands == 0) {
        for (size_t i = 0; i < px_fp_count(); i++)
            add_format(cli->arena, px_cli_style(cli), &t, px_fp_row_name(i), px_fp_row(i), px_fp_row_aliases(i));
    } else {
        px_fp f;
        char name[24];
        const char *aliases = NULL;
        PX_TRY(px_fp_parse(cli->operands[0], &f, err));
        for (size_t i = 0; i < px_fp_count(); i++)
            if (px_fp_equal(f, px_fp_row(i))) aliases = px_fp_row_aliases(i);
        add_format(cli->arena, px_cli_style(cli), &t, px_fp_name(f, name), f, aliases);
    }
    px_table_print(stdout, &t, px_cli_style(cli), 0, px_cli_color(cli, stdout));
    return PX_OK;
}
