/* `precx help`: the commands, or one of them. */
#include "cli/cli.h"

static void print_exit_codes(void) {
    puts("\nexit codes:");
#define PX_STATUS_LINE(name, code, text) printf("  %-6d %s\n", code, text);
    PX_STATUS_LIST(PX_STATUS_LINE)
#undef PX_STATUS_LINE
}

px_status px_command_help(const px_cli *cli, px_error *err) {
    const px_command *command = cli->n_operands ? px_command_find(cli->operands[0]) : NULL;
    if (cli->n_operands && !command) return px_fail(err, PX_USAGE, "unknown command '%s'", cli->operands[0]);
    px_print_usage(stdout, command);
    print_exit_codes();
    return PX_OK;
}
