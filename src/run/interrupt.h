/* SIGINT and SIGTERM as a request: the first is noted and the run ends in good order, the second ends the process. */
#ifndef PX_RUN_INTERRUPT_H
#define PX_RUN_INTERRUPT_H

#include <stdbool.h>

/* From here on signals are requests, and a file that grows beyond a limit is an error of write(2) (SIGXFSZ ignored).
 * One run at a time; `quiet` keeps the first signal from being answered on stderr. */
void px_interrupt_begin(bool quiet);
bool px_interrupt_requested(void);
void px_interrupt_end(void); /* restores what was there before */

#endif
