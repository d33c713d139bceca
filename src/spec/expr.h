/* Expressions over axes: only, exclude, where, --filter. and or not ( ), == != < <= > >=, in (a, b), ~ glob. */
#ifndef PX_SPEC_EXPR_H
#define PX_SPEC_EXPR_H

#include <stdbool.h>

#include "spec/ini.h"
#include "spec/param.h"

typedef struct px_expr px_expr;

/* Parses the parts of an entry, or one part of the command line. Names must be axes of params and words must be values
 * of their axis: both get a suggestion. params NULL: the kind is not known and only the form is checked. NULL after a
 * mistake, reported to d. An empty text is a mistake. */
px_expr *px_expr_parse(px_arena *arena, const px_span *parts, int n_parts, const px_param *params, int n_params,
                       px_diagnostics *d);

/* Words are compared as text, numbers as numbers. e NULL holds always. */
bool px_expr_holds(const px_expr *e, const px_case *c);

#endif
