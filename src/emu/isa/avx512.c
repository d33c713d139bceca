/* x86-64 with AVX-512 F, BW, DQ and VL; compiled with these and -mprefer-vector-width=512. */
#define PX_VECTOR_BYTES   64
#define PX_VECTORS        8
#define PX_NATIVE_ROWS    8
#define PX_NATIVE_VECTORS 2
#define PX_STEP_ROWS      4
#define PX_STEP_VECTORS   4
#define PX_STEP_RELOADS   0
#define PX_MMA_ROWS       2
#define PX_ISA_NAME       "avx512"
#define PX_ISA_TABLE      px_isa_avx512
#include "emu/isa/bodies.h"
