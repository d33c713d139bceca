/* x86-64 with AVX-512 F. */
#define PX_TILE_BYTES   64
#define PX_TILE_ROWS    4
#define PX_TILE_VECTORS 2
#define PX_PAIR_NAME    "avx512"
#define PX_PAIR_TABLE   px_pair_avx512
#include "ref/lanes/bodies.h"
