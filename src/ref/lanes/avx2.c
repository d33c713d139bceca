/* x86-64 with AVX2 and FMA. */
#define PX_TILE_BYTES   32
#define PX_TILE_ROWS    2
#define PX_TILE_VECTORS 2
#define PX_PAIR_NAME    "avx2"
#define PX_PAIR_TABLE   px_pair_avx2
#include "ref/lanes/bodies.h"
