/* One helper process that holds one library: started by posix_spawn, asked over a socket, shared memory beside it. */
#ifndef PX_BACKEND_BLAS_PROCESS_H
#define PX_BACKEND_BLAS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "backend/blas_wire.h"
#include "base/error.h"

typedef struct px_blas_process px_blas_process;
struct px_blas_process {
    char *path;
    int threads; /* that the library was told to use */
    pid_t pid;
    int socket, memory_fd;
    char *memory; /* mapped bytes, at a multiple of the page size */
    size_t mapped;
    bool alive; /* false: nothing but px_blas_process_free may follow */
    px_blas_greeting hello;
    px_blas_process *next;
};

/* Starts one and waits until it has loaded the library. Errors as in blas_host.h. */
px_status px_blas_process_start(const char *path, int threads, px_blas_process **p, px_error *err);

/* Makes the memory at least so large; what is in it may be lost. */
px_status px_blas_process_reserve(px_blas_process *p, size_t bytes, px_error *err);

/* Sends a request and waits for the answer, `seconds` longer than PRECX_BLAS_TIMEOUT. PX_INCOMPLETE: it crashed, or did
 * not answer in time; it has ended then. */
px_status px_blas_process_ask(px_blas_process *p, px_blas_request *q, double seconds, px_error *err);

void px_blas_process_free(px_blas_process *p); /* ends it if it lives */

#endif
