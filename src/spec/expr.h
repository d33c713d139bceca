/* Expressions over axes: only, exclude, where, --filter. and or not ( ), == != < <= > >=, in (a, b), ~ glob. */
#ifndef PX_SPEC_EXPR_H
#define PX_SPEC_EXPR_H

#include <stdbool.h>

#include "spec/ini.h"
#include "spec/param.h"

typedef struct px_expr px_expr;

/* Parses; names must be axes of params (unknown names get a suggestion). Words are compared as text, numbers as numbers.
 * NULL after a mistake (reported to d). An empty text is a mistake. */
px_expr *px_expr_parse(px_arena *arena, px_span text, const px_param *params, int n_params, px_diagnostics *d);

bool px_expr_holds(const px_expr *e, const px_case *c); /* NULL holds always */

#endif
