/* THE command table. */
#include "cli/cli.h"

const px_command px_commands[] = {
    {"help", "[COMMAND | KIND | KEY]", 0, 1, "a command, a kind, or a key of experiment files", "", px_command_help},
};
const int px_n_commands = (int)(sizeof px_commands / sizeof *px_commands);
