/* Values of axes: an entry of [sweep], of a profile or of --set becomes a group of one axis, or of axes that move
 * together. */
#ifndef PX_SPEC_VALUE_H
#define PX_SPEC_VALUE_H

#include "spec/experiment.h"
#include "spec/token.h"

/* What reading a value needs to know beside its axis. */
typedef struct px_value_reader {
    px_arena *arena;
    px_diagnostics *d;
    const px_param *params; /* NULL: the kind is not known, only the form is checked */
    int n_params;
    const char *folder; /* of the experiment file: relative paths start there; "" for the working directory */
} px_value_reader;

/* The index of an axis, or -1. */
int px_param_find(const px_param *params, int n_params, const char *name);

/* "unknown axis 'NAME'" with a suggestion, or with the axes there are, at the token. */
void px_unknown_axis(const px_value_reader *r, const px_token *token);

/* Reads `axis = list` or `a/b/c = x/y/z, ...`. All mistakes of the entry are reported: NULL after one in the key, and
 * when params is NULL; n_tuples is 0 after one in the values. Unknown axes get a suggestion; a value that stands twice
 * is a mistake. */
px_group *px_group_read(const px_value_reader *r, const px_ini_entry *entry);

/* The group of one axis with its default. */
px_group *px_group_default(px_arena *arena, const px_param *params, int axis);

/* The value that a word (or quoted text, or pattern) means on a FORMAT, WORD or PATTERN axis. False after a mistake,
 * reported at the token. '-' and '_' are alike. */
bool px_value_of_word(const px_value_reader *r, const px_param *param, const px_token *token, px_value *value);

#endif
