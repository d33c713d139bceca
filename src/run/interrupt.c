#define _GNU_SOURCE
#include "run/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int handled[] = {SIGINT, SIGTERM, SIGXFSZ};
enum { N_HANDLED = sizeof handled / sizeof *handled };

static struct sigaction before[N_HANDLED];
static volatile sig_atomic_t requested, silent;

static void note_request(int signal_number) {
    static const char answer[] = "\nprecx: finishing the cells that are running; once more to stop at once\n";
    if (requested) { /* at once: the default action, when this handler returns */
        signal(signal_number, SIG_DFL);
        raise(signal_number);
        return;
    }
    requested = 1;
    if (!silent && write(STDERR_FILENO, answer, sizeof answer - 1) < 0) silent = 1;
}

void px_interrupt_begin(bool quiet) {
    requested = 0;
    silent = quiet;
    for (int i = 0; i < N_HANDLED; i++) {
        struct sigaction action = {.sa_flags = SA_RESTART};
        action.sa_handler = handled[i] == SIGXFSZ ? SIG_IGN : note_request;
        sigemptyset(&action.sa_mask);
        sigaction(handled[i], &action, &before[i]);
    }
}

bool px_interrupt_requested(void) { return requested; }

void px_interrupt_end(void) {
    for (int i = 0; i < N_HANDLED; i++) sigaction(handled[i], &before[i], NULL);
}
