/* Any processor. */
#define PX_TILE_BYTES   16
#define PX_TILE_ROWS    2
#define PX_TILE_VECTORS 2
#define PX_PAIR_NAME    "portable"
#define PX_PAIR_TABLE   px_pair_portable
#include "ref/lanes/bodies.h"
