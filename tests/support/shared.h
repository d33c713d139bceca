/* Test vectors that lie beside the project, not in it: ../shared, or the folder named by PX_TEST_SHARED. */
#ifndef PX_TESTS_SHARED_H
#define PX_TESTS_SHARED_H

#include <stdbool.h>
#include <stddef.h>

/* The path of shared/NAME into buf; false, after a printed sentence, when nothing is there. */
bool px_shared_find(const char *name, char *buf, size_t size);

#endif
