#include "px_version.h"

/* What the program compares with its own. */
extern const char *const px_plugin_build;
const char *const px_plugin_build = PX_BUILD_ID;
