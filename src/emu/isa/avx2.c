/* x86-64 with AVX2 and FMA; compiled with -mavx2 -mfma. */
#define PX_VECTOR_BYTES 32
#define PX_VECTORS      4
#define PX_ISA_NAME     "avx2"
#define PX_ISA_TABLE    px_isa_avx2
#include "emu/isa/bodies.h"
