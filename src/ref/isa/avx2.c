/* x86-64 with AVX2 and FMA; compiled with -mavx2 -mfma. 16 registers: 6 sums, 6 residues, 2 columns, a row, a spare. */
#define PX_BYTES   32
#define PX_ROWS    3
#define PX_VECTORS 2
#define PX_NAME    "avx2"
#define PX_TABLE   px_ref_avx2
#include "ref/isa/kernels.h"
