#include "kind/axes.h"

#include "arith/model.h"
#include "arith/recipe.h"
#include "arith/rounding.h"
#include "backend/plugin.h"
#include "data/data.h"

#define SECOND(id, name, text) name,
#define FIRST(id, text)        #id,
const char *const px_words_rounding[] = {PX_ROUNDING_LIST(SECOND) NULL};
const char *const px_words_order[] = {PX_ORDER_LIST(SECOND) NULL};
const char *const px_words_model[] = {"none", PX_MODEL_LIST(SECOND) NULL};
const char *const px_words_algorithm[] = {PX_ALGORITHM_LIST(SECOND) NULL};
const char *const px_words_vector[] = {PX_VECTOR_LIST(FIRST) NULL};
const char *const px_words_pair[] = {PX_PAIR_LIST(FIRST) NULL};
const char *const px_words_matrix[] = {PX_MATRIX_LIST(FIRST) NULL};
#define PLUGIN(id, name, file, place, help) name,
/* As in the registry: a test. */
const char *const px_words_backend[] = {"emulated", "openblas", "blas:*", "auto", PX_PLUGIN_LIST(PLUGIN) NULL};
const char *const px_words_exact[] = {"exact", NULL};
const char *const px_words_fused[] = {[PX_FUSED_NO] = "no", [PX_FUSED_YES] = "yes", NULL};
const char *const px_words_subnormal[] = {[PX_SUBNORMAL_KEEP] = "keep", [PX_SUBNORMAL_FLUSH] = "flush", NULL};
const char *const px_words_overflow[] = {[PX_OVERFLOW_OWN] = "own", "inf", "nan", "saturate", NULL};
