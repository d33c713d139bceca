/* Inside the executor of pairs: tensors, views of them, and the bounds of their errors. */
#ifndef PX_REF_PAIR_TENSOR_H
#define PX_REF_PAIR_TENSOR_H

#include <stdbool.h>

#include "op/op.h"
#include "ref/lanes/kernels.h"

/* What underflow may have taken from a bound. */
#define PX_PAIR_TINY 0x1p-900

/* Values hi + lo, row-major. Two bounds of the error of entry (i, j): it is at most row_entry[i] + col_entry[j], and
 * the whole row's 2-norm is at most row[i]. */
typedef struct px_pair_tensor {
    int64_t rows, cols;
    double *hi, *lo;
    bool has_lo, has_error;
    double *row, *row_entry, *col_entry;
    double norm;           /* bound of the 2-norm of hi + lo where it is known, else -1 */
    bool input;            /* no call writes it */
    double *line_norms[2]; /* of an input that was the right factor of a product: of its columns as it was shown there,
                              by layout; else NULL */
    int first;             /* the first call that writes it */
    int32_t same_as;       /* the slot whose numbers these are (rounding is no operation here), -1: its own */
} px_pair_tensor;

typedef struct px_pair_work {
    double *numbers;
    int64_t size;
} px_pair_work;

typedef struct px_pair_state {
    const px_prog *prog;
    px_pair_tensor *slots;
    px_pair_work *work;
    int *group_end; /* by call: the call after those that may run side by side with it (pair_group.c) */
} px_pair_state;

/* n numbers, aligned to 64 bytes, of any value; the state's, until the next call of this. Kept, so that the megabytes of
 * a product do not go back to the system and come again page by page. */
double *px_pair_work_of(const px_pair_state *s, int64_t n);

px_status px_pair_state_new(px_pair_state **state, const px_prog *prog);
void px_pair_state_free(px_pair_state *s);
void px_pair_forget_norms(px_pair_tensor *t); /* its numbers change */

/* A view while a call runs. */
typedef struct px_pair_view {
    px_pair_tensor *t;
    int64_t off, rows, cols, rs, cs;
    enum {
        PX_PAIR_ROWS,      /* each row lies within one row of the tensor */
        PX_PAIR_COLUMNS,   /* each column does: a transpose */
        PX_PAIR_SCATTERED, /* neither */
    } layout;
} px_pair_view;

px_pair_view px_pair_view_of(const px_pair_state *s, const px_arg *a);

/* 2-norm of the error of row i, of any column; of all of the view (Frobenius). */
double px_pair_row_error(const px_pair_view *v, int64_t i);
double px_pair_all_error(const px_pair_view *v);
double px_pair_column_error(const px_pair_view *v, int64_t j); /* layout COLUMNS */
double px_pair_entry_error(const px_pair_view *v, int64_t i, int64_t j);
/* error[q]: the sum of those of row i + q; up to 8 rows; layout COLUMNS. */
void px_pair_sum_entry_errors(const px_pair_view *v, int64_t i, int64_t rows, double error[8]);

/* Row i, padded with zeros to a multiple of 8. */
void px_pair_fetch(const px_pair_view *v, int64_t i, px_pair_row to);
void px_pair_store(const px_pair_view *v, int64_t i, const double *h, const double *l, int64_t n);

int64_t px_pair_padded(int64_t n);
px_pair_row px_pair_row_new(int64_t n); /* of zeros; free(row.h) */

/* Row i for a kernel: the tensor's own numbers where they lie side by side and fill vectors, else a copy, padded with
 * zeros. Without a tensor: NULL. */
px_pair_row px_pair_operand(const px_pair_view *v, int64_t i);
void px_pair_operand_done(const px_pair_view *v, px_pair_row row);
/* Where a kernel may write row i; it is written once this is done. */
px_pair_row px_pair_result(const px_pair_view *v, int64_t i);
void px_pair_result_done(const px_pair_view *v, int64_t i, px_pair_row row);

/* Before the first call that writes a tensor: no error. */
void px_pair_reset(const px_pair_state *s, int call);

/* What a call knows about the view that it wrote: the norm of the error of each row; entry (optional): of entry (i, j)
 * at most row_entry[i] + col_entry[j]. Bounds become at least TINY. */
void px_pair_commit(const px_pair_view *v, const double *row, const double *row_entry, const double *col_entry);

#endif
