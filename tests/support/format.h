/* A number format by its name, which the test knows to be right. */
#ifndef PX_TEST_FORMAT_H
#define PX_TEST_FORMAT_H

#include "arith/fp.h"

px_fp format(const char *name);

#endif
