/* x86-64; compiled with -mavx2. */
#define PX_NAME  "avx2"
#define PX_TABLE px_rough_avx2
#include "metric/isa/loops.h"
