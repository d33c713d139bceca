/* Mean errors of a matrix product: the columns of a drift. */
#ifndef PX_KIND_MEANS_H
#define PX_KIND_MEANS_H

#include "kind/trial.h"

#define PX_COLUMNS_MEANS(X)                                                                                            \
    X("err_cw_mean", "1", PX_COLUMN_NUMBER, "mean over entries of |E| / (|A||B|)")                                     \
    X("bias_cw_mean", "1", PX_COLUMN_NUMBER,                                                                           \
      "mean over entries of E / (|A||B|) with the sign of the exact entry: below 0 where results shrink, as by "       \
      "truncation, near 0 where errors cancel")

/* Sets both; empty where an entry is not finite. The same for every engine that found the truth. */
void px_columns_means(px_row *row, const px_trial *t);

#endif
