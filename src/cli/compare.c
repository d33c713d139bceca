/* `precx compare`: any two result files, value by value. */
#include "cli/verdict.h"
#include "gate/compare.h"

px_status px_command_compare(const px_cli *cli, px_error *err) {
    px_result before, after;
    px_verdicts v = {.arena = cli->arena};
    PX_TRY(px_result_read(cli->arena, cli->operands[0], &before, err));
    PX_TRY(px_result_read(cli->arena, cli->operands[1], &after, err));
    px_compare(&before, &after, &v);
    bool same_columns = true; /* a column that only one side has is a finding without a row */
    for (size_t i = 0; i < v.n_findings; i++)
        if (px_verdict_fails(v.findings[i].verdict)) same_columns &= *v.findings[i].row != '\0';
    px_print_verdicts(cli, after.path, px_arena_printf(cli->arena, "compared with %s", before.path), &v);
    px_print_totals(px_verdicts_passed(&v), px_verdicts_failed(&v), v.n_skipped);
    return px_verdicts_failed(&v) || !same_columns ? PX_REGRESSION : PX_OK;
}
