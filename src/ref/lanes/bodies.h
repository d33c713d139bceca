/* The kernels of one instruction set; the including file has set PX_TILE_BYTES, PX_TILE_ROWS, PX_TILE_VECTORS,
 * PX_PAIR_NAME and PX_PAIR_TABLE. */
#include "ref/lanes/body_tile.h"
#include "ref/lanes/body_pack.h"
#include "ref/lanes/body_rows.h"
#include "ref/lanes/body_norm.h"

const px_pair_kernels PX_PAIR_TABLE = {
    .name = PX_PAIR_NAME,
    .rows = PX_TILE_ROWS,
    .cols = TILE_COLS,
    .pack = pack,
    .strip_norms = strip_norms,
    .norm = norm,
    .tile = tile,
    .narrow_tile = narrow_tile,
    .narrow_strip = narrow_strip,
    .plain_tile = plain_tile,
    .add = row_add,
    .mul = row_mul,
    .sum = row_sum,
    .sums = row_sums,
    .gelu = row_gelu,
    .softmax = row_softmax,
    .softmax_backward = row_softmax_backward,
    .layernorm = row_layernorm,
    .layernorm_backward = row_layernorm_backward,
    .normalise = row_normalise,
};
