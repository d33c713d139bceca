/* The headers of the C house, for C++: the system's first, since none of them may stand inside extern "C". */
#ifndef PX_CUDA_HOUSE_H
#define PX_CUDA_HOUSE_H

#include <cfloat>
#include <climits>
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {
#include "arith/model.h"
#include "op/plugin.h"
}

#endif
