/* THE command table. */
#include "cli/cli.h"

const px_command px_commands[] = {
    {"env", "", 0, 0, "what is loaded here: versions, CPU, instruction set, BLAS core in use", "", false, px_command_env},
};
const int px_n_commands = (int)(sizeof px_commands / sizeof *px_commands);
