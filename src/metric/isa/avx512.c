/* x86-64; compiled with -mavx512f, -mavx512bw, -mavx512dq, -mavx512vl and -mprefer-vector-width=512. */
#define PX_NAME  "avx512"
#define PX_TABLE px_rough_avx512
#include "metric/isa/loops.h"
