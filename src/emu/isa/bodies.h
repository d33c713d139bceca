/* The bodies, four times: panels of columns and single columns, in binary64 and in binary32; and the table of them. The
 * including file sets PX_VECTOR_BYTES, PX_VECTORS (vectors of a panel's row), PX_ISA_NAME and PX_ISA_TABLE. */
#include <math.h>

#include "arith/recipe.h"
#include "emu/isa/isa.h"
#include "emu/isa/simd.h"

/* binary64 */
#define REAL       double
#define WORD       int64_t
#define DIGITS     53
#define SCALAR_FMA __builtin_fma
#define P(name)    name##_f64
#define LANES      (PX_VECTOR_BYTES / 8)
#define VECTORS    PX_VECTORS
#ifdef PX_F64_FMA
#define VECTOR_FMA PX_F64_FMA
#define VECTOR_MAX PX_F64_MAX
#endif
#include "emu/isa/body_rows.h"
#undef P
#undef LANES
#undef VECTORS
#undef VECTOR_FMA
#undef VECTOR_MAX
#define P(name) name##_f64x1
#define LANES   1
#define VECTORS 1
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
#include "emu/isa/body_rows.h"
#undef P
#undef LANES
#undef VECTORS
#undef VECTOR_FMA
#undef VECTOR_MAX
#define P(name) name##_f32x1
#define LANES   1
#define VECTORS 1
#include "emu/isa/body_rows.h"

const px_isa PX_ISA_TABLE = {.name = PX_ISA_NAME,
                             .width_f64 = PX_VECTORS * PX_VECTOR_BYTES / 8,
                             .width_f32 = PX_VECTORS * PX_VECTOR_BYTES / 4,
                             .rows_f64 = rows_f64,
                             .chain_f64 = rows_f64x1,
                             .rows_f32 = rows_f32,
                             .chain_f32 = rows_f32x1};
