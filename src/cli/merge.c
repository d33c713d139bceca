/* `precx merge`: the parts of --shard become one table. */
#include <string.h>

#include "cli/cli.h"
#include "run/merge.h"

/* Side files are found beside their table: a pattern of the shell may have named them, too. */
static bool is_side_file(const char *path) {
    static const char *const suffixes[] = {".library.csv", ".timing.csv", ".meta.json"};
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t m = strlen(suffixes[i]);
        if (n > m && strcmp(path + n - m, suffixes[i]) == 0) return true;
    }
    return false;
}

px_status px_command_merge(const px_cli *cli, px_error *err) {
    const char **parts = PX_NEW_ARRAY(cli->arena, const char *, cli->n_operands);
    int n = 0;
    px_merged merged;
    for (int i = 0; i < cli->n_operands; i++)
        if (!is_side_file(cli->operands[i])) parts[n++] = cli->operands[i];
    if (n == 0) return px_fail(err, PX_USAGE, "only side files: name the parts, NAME.IofN.csv");
    if (!px_cli_given(cli, PX_OPT_OUTPUT)) return px_fail(err, PX_USAGE, "merge wants a folder for the table: -o DIR");
    PX_TRY(px_merge(parts, n, cli->value[PX_OPT_OUTPUT], &merged, err));
    printf("%s\n", merged.csv_path);
    if (!px_cli_given(cli, PX_OPT_QUIET))
        fprintf(stderr, "merged: %lld cells, %lld rows of %d part%s\n", (long long)merged.n_cells,
                (long long)merged.n_rows, n, n == 1 ? "" : "s");
    return PX_OK;
}
