/* One entry of a result beside its truth: enclosures of |E|, |exact| and B, at first in double, then exact. */
#ifndef PX_METRIC_ENTRY_H
#define PX_METRIC_ENTRY_H

#include "matrix/wide.h"
#include "metric/digits.h"
#include "metric/enclosure.h"

/* What is compared. beta, eta: for the slack only. */
typedef struct px_comparison {
    const px_mat *computed;
    const px_truth *truth;
    double beta, eta;
} px_comparison;

typedef struct px_entry {
    int64_t i, j;
    double computed;
    px_enclosure error, exact, scale; /* |E|, |exact|, B */
    bool special;                     /* the exact value is an infinity or nan: `exact` and `scale` mean nothing */
    bool zero;                        /* the exact value is 0, or not told apart from it */
} px_entry;

/* Shows every entry, row by row. */
typedef void px_entry_visit(void *to, const px_comparison *c, const px_entry *e);
void px_entries_visit(const px_comparison *c, px_entry_visit *visit, void *to);

/* One of them. */
px_entry px_entry_at(const px_comparison *c, int64_t i, int64_t j);

/* Figures of one entry: a numerator over a denominator. */
typedef enum px_ratio { PX_RATIO_ABS, PX_RATIO_REL, PX_RATIO_ULP, PX_RATIO_B, PX_RATIO_BOUND, PX_RATIO_COUNT } px_ratio;

/* Its enclosure; false where the entry does not take part (|E| / |exact| at an exact 0). */
bool px_entry_ratio(const px_comparison *c, const px_entry *e, px_ratio ratio, px_enclosure *value);

/* The same with all digits, rounded to 8. False when even they do not decide. */
bool px_entry_ratio_digits(const px_comparison *c, const px_entry *e, px_ratio ratio, double *figure);

/* |E| and |exact| with all digits, into initialised numbers of PX_ENTRY_BITS bits. For entries that are not special and
 * whose computed value is finite. */
enum { PX_ENTRY_BITS = 8192 };
void px_entry_exact(const px_comparison *c, const px_entry *e, px_exact_enclosure *error, px_exact_enclosure *exact);

/* The error of a figure that no digits decide. */
px_status px_too_few_digits(px_error *err);

void px_exact_enclosure_init(px_exact_enclosure *x);
void px_exact_enclosure_clear(px_exact_enclosure *x);

#endif
