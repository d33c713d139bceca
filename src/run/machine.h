/* What machine and which libraries this is, for provenance and for the limit of memory. Nothing that names a person or
 * a host. */
#ifndef PX_RUN_MACHINE_H
#define PX_RUN_MACHINE_H

#include <jansson.h>

/* Bytes that this process may use: physical memory, or its control group's limit if that is less. */
double px_machine_memory(void);

/* New references; facts that cannot be found are null. */
json_t *px_machine_build(void); /* compiler, type, versions of the libraries that numbers pass through */
json_t *px_machine_blas(void);  /* the library that is loaded, not the one found at build time */
json_t *px_machine_cpu(void);
json_t *px_machine_os(void);

#endif
