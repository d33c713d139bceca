#include "cli/verdict.h"

#include <inttypes.h>

enum { SHOWN = 10, N_COLUMNS = 8 };

static const px_table_column all_columns[N_COLUMNS] = {{"cell", false}, {"metric", false}, {"verdict", false},
                                                       {"value", true}, {"limit", true},   {"baseline", true},
                                                       {"rule", false}, {"where", false}};

static void fields_of(const px_finding *f, const char *fields[N_COLUMNS]) {
    const char *const all[N_COLUMNS] = {
        f->row, f->metric, px_verdict_name(f->verdict), f->value, f->limit, f->baseline, f->rule, f->place};
    for (int j = 0; j < N_COLUMNS; j++) fields[j] = all[j];
}

static void print_findings(const px_cli *cli, const px_verdicts *v, size_t n) {
    const char *fields[N_COLUMNS], *kept[N_COLUMNS];
    px_table_column columns[N_COLUMNS];
    bool filled[N_COLUMNS] = {false};
    int n_columns = 0;
    for (size_t i = 0; i < n; i++) {
        fields_of(&v->findings[i], fields);
        for (int j = 0; j < N_COLUMNS; j++) filled[j] |= *fields[j] != '\0';
    }
    for (int j = 0; j < N_COLUMNS; j++)
        if (filled[j]) columns[n_columns++] = all_columns[j];
    px_table t = px_table_new(cli->arena, columns, n_columns);
    t.whole = true;
    for (size_t i = 0; i < n; i++) {
        fields_of(&v->findings[i], fields);
        for (int j = 0, k = 0; j < N_COLUMNS; j++)
            if (filled[j]) kept[k++] = fields[j];
        px_table_add(&t, kept);
    }
    px_table_print(stdout, &t, PX_STYLE_TTY, 0, px_cli_color(cli, stdout));
}

void px_print_verdicts(const px_cli *cli, const char *what, const char *note, const px_verdicts *v) {
    printf("%s: %s  ", what, px_verdicts_failed(v) ? "FAILED" : "passed");
    const char *comma = " ";
    for (int i = 0; i < PX_VERDICT_COUNT; i++)
        if (v->rows[i] || i == PX_VERDICT_OK) {
            printf("%s%" PRId64 " %s", comma, v->rows[i], px_verdict_name((px_verdict)i));
            comma = ", ";
        }
    printf(note && *note ? "   (%s)\n" : "\n", note);
    size_t n = v->n_findings;
    if (n > SHOWN && !px_cli_given(cli, PX_OPT_VERBOSE)) n = SHOWN;
    if (!n) return;
    printf("\n");
    print_findings(cli, v, n);
    if (n < v->n_findings) printf("and %zu more (--verbose shows them)\n", v->n_findings - n);
    printf("\n");
}

void px_print_totals(int64_t passed, int64_t failed, int64_t skipped) {
    printf("%" PRId64 " passed, %" PRId64 " failed, %" PRId64 " skipped\n", passed, failed, skipped);
}
