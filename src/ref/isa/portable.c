/* Any processor: vectors of 16 bytes, products without a fused operation. */
#define PX_BYTES   16
#define PX_ROWS    2
#define PX_VECTORS 2
#define PX_NAME    "portable"
#define PX_TABLE   px_ref_portable
#include "ref/isa/kernels.h"
