/* x86-64 with AVX-512F; compiled with -mavx512f -mfma and -mprefer-vector-width=512. */
#define PX_BYTES   64
#define PX_ROWS    2
#define PX_VECTORS 4
#define PX_NAME    "avx512"
#define PX_TABLE   px_ref_avx512
#include "ref/isa/kernels.h"
