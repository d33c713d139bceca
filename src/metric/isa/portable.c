/* Any processor. */
#define PX_NAME  "portable"
#define PX_TABLE px_rough_portable
#include "metric/isa/loops.h"
