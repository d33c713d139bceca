/* The bodies, in binary64 and in binary32, for panels of columns and for single columns; and the table of their
 * kernels. The including file sets PX_VECTOR_BYTES and the shapes: PX_VECTORS of a row, PX_NATIVE_ROWS x
 * PX_NATIVE_VECTORS of a tile of native steps, PX_STEP_ROWS x PX_STEP_VECTORS of a tile of emulated ones;
 * PX_STEP_RELOADS, whether these read B anew for each row, which leaves its registers to sums; and PX_ISA_NAME,
 * PX_ISA_TABLE. */
#include <math.h>

#include "arith/recipe.h"
#include "emu/isa/isa.h"
#include "emu/isa/simd.h"
#include "kernel/fn.h"

#define VEC    P(vec)
#define MASK   P(mask)
#define TARGET P(target)
#define HOW    P(how)
#define INLINE static inline __attribute__((always_inline))

/* binary64 */
#define REAL       double
#define WORD       int64_t
#define DIGITS     53
#define SCALAR_FMA __builtin_fma
#define P(name)    name##_f64
#define LANES      (PX_VECTOR_BYTES / 8)
#define VECTORS    PX_VECTORS
#ifdef PX_U32_PRODUCT
#define VECTOR_PRODUCT PX_U32_PRODUCT
#endif
#ifdef PX_F64_FMA
#define VECTOR_FMA PX_F64_FMA
#define VECTOR_MAX PX_F64_MAX
#endif
#ifdef PX_F64_ONE
#define VECTOR_ONE PX_F64_ONE
#endif
#include "emu/isa/body_vector.h"
#include "emu/isa/body_philox.h"
#include "emu/isa/body_rows.h"
#include "emu/isa/body_tiles.h"
#include "emu/isa/body_arrays.h"
#include "emu/isa/body_arrays_f64.h"
#include "emu/isa/body_rnd.h"
#undef P
#undef LANES
#undef VECTORS
#undef VECTOR_FMA
#undef VECTOR_PRODUCT
#undef VECTOR_MAX
#undef VECTOR_ONE
#define P(name) name##_f64x1
#define LANES   1
#define VECTORS 1
#include "emu/isa/body_vector.h"
#include "emu/isa/body_philox.h"
#include "emu/isa/body_rows.h"
#undef P
#undef LANES
#undef VECTORS
#undef REAL
#undef WORD
#undef DIGITS
#undef SCALAR_FMA

/* binary32 */
#define REAL       float
#define WORD       int32_t
#define DIGITS     24
#define SCALAR_FMA __builtin_fmaf
#define P(name)    name##_f32
#define LANES      (PX_VECTOR_BYTES / 4)
#define VECTORS    PX_VECTORS
#ifdef PX_F32_FMA
#define VECTOR_FMA PX_F32_FMA
#define VECTOR_MAX PX_F32_MAX
#endif
#ifdef PX_F32_ONE
#define VECTOR_ONE PX_F32_ONE
#endif
#ifdef PX_F32_LARGER
#define VECTOR_LARGER PX_F32_LARGER
#endif
#include "emu/isa/body_vector.h"
#include "emu/isa/body_rows.h"
#include "emu/isa/body_tiles.h"
#include "emu/isa/body_arrays.h"
#include "emu/isa/body_arrays_f32.h"
#include "emu/isa/body_mma.h"
#undef P
#undef LANES
#undef VECTORS
#undef VECTOR_FMA
#undef VECTOR_MAX
#undef VECTOR_LARGER
#undef VECTOR_ONE
#define P(name) name##_f32x1
#define LANES   1
#define VECTORS 1
#include "emu/isa/body_vector.h"
#include "emu/isa/body_rows.h"

#define NATIVE_WIDTH (PX_NATIVE_VECTORS * PX_VECTOR_BYTES)
#define STEP_WIDTH   (PX_STEP_VECTORS * PX_VECTOR_BYTES)

const px_isa PX_ISA_TABLE = {
    .name = PX_ISA_NAME,
    .fuses = PX_VECTOR_BYTES > 16,
    .width_f64 = PX_VECTORS * PX_VECTOR_BYTES / 8,
    .width_f32 = PX_VECTORS * PX_VECTOR_BYTES / 4,
    .rows_f64 = rows_f64,
    .chain_f64 = rows_f64x1,
    .rows_f32 = rows_f32,
    .chain_f32 = rows_f32x1,
    .tiles_f64 = {[PX_STEP_NATIVE] = {PX_NATIVE_ROWS, NATIVE_WIDTH / 8, tile_native_f64},
                  [PX_STEP_FUSED] = {PX_NATIVE_ROWS, NATIVE_WIDTH / 8, tile_fused_f64}},
    .tiles_f32 = {[PX_STEP_NATIVE] = {PX_NATIVE_ROWS, NATIVE_WIDTH / 4, tile_native_f32},
                  [PX_STEP_FUSED] = {PX_NATIVE_ROWS, NATIVE_WIDTH / 4, tile_fused_f32},
                  [PX_STEP_FREE_NATIVE] = {PX_STEP_ROWS, STEP_WIDTH / 4, tile_free_native_f32},
                  [PX_STEP_GUARDED_NATIVE] = {PX_STEP_ROWS, STEP_WIDTH / 4, tile_guarded_native_f32},
                  [PX_STEP_QUICK] = {PX_STEP_ROWS, STEP_WIDTH / 4, tile_quick_f32},
                  [PX_STEP_FREE_QUICK] = {PX_STEP_ROWS, STEP_WIDTH / 4, tile_free_quick_f32},
                  [PX_STEP_GUARDED_QUICK] = {PX_STEP_ROWS, STEP_WIDTH / 4, tile_guarded_quick_f32},
                  [PX_STEP_CLAMPED_NATIVE] = {PX_STEP_ROWS, STEP_WIDTH / 4, tile_clamped_native_f32},
                  [PX_STEP_CLAMPED_QUICK] = {PX_STEP_ROWS, STEP_WIDTH / 4, tile_clamped_quick_f32}},
    .pack_f64 = pack_f64,
    .pack_f32 = pack_f32,
    .scan_f32 = scan_f32,
    .least_across_f32 = least_across_f32,
    .least_along_f32 = least_along_f32,
    .round_f64 = round_array_f64,
    .round_f32 = round_array_f32,
    .round_words_f64 = round_words_f64,
    .round_words_f32 = round_words_f32,
    .round_fp16_f32 = PX_ROUND_FP16,
    .chances = chances_f64,
    .stream_f32 = stream_f32,
    .stream_end = stream_end_f32,
    .add_f64 = add_arrays_f64,
    .add_f32 = add_arrays_f32,
    .multiply_f64 = multiply_arrays_f64,
    .multiply_f32 = multiply_arrays_f32,
    .add_to_odd_f64 = add_to_odd_f64,
    .multiply_to_odd_f64 = multiply_to_odd_f64,
    .rnd_f64 = rnd_f64,
    .mma = {.rows = PX_MMA_ROWS,
            .columns = MMA_COLUMNS,
            .run = {mma_single, mma_single_twice, mma_half, mma_half_twice, mma_general, mma_general_twice},
            .pack_row = mma_pack_row,
            .pack_panel = mma_pack_panel,
            .split = mma_split,
            .heaviest = mma_heaviest,
            .add = mma_add},
};
