/* Representation error: what rounding the ideal data to the format does, before anything is computed. In binary64, with
 * a relative error below 2^-51: the difference of two numbers within a factor of 2 is exact (Sterbenz), all else
 * rounds. */
#ifndef PX_KIND_REPRESENT_H
#define PX_KIND_REPRESENT_H

#include "matrix/wide.h"

/* The two operands of a cell: as they are meant, and rounded to the format. */
typedef struct px_operands {
    px_wide ideal[2];
    px_mat stored[2];
} px_operands;

/* stored - ideal, entry (i, j). */
double px_represent_error(const px_wide *ideal, const px_mat *stored, int64_t i, int64_t j);
px_mat px_represent_errors(px_arena *arena, const px_wide *ideal, const px_mat *stored); /* all of them */

/* max |stored - ideal| / |ideal| over the entries whose ideal value is not 0; inf where a stored one is not finite. */
double px_represent_max(const px_wide *ideal, const px_mat *stored);

#endif
