/* cuBLAS, or cuda_emu's stand-in for the part of it that is used here. For host code. */
#ifndef PX_CUBLAS_H
#define PX_CUBLAS_H

#include "px_cuda.h"

#if defined(__CUDACC__)
#include <cublas_v2.h>
#else
#include "emu/cublas.h"
#endif
#endif
