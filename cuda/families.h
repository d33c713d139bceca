/* The kernels' host sides, family by family: each enqueues a call whose path is one of paths.cu. */
#ifndef PX_CUDA_FAMILIES_H
#define PX_CUDA_FAMILIES_H

#include "task.h"

px_status run_elements(const task *t, workspace *w, px_error *err); /* elements.cu: one number, one thread */
px_status run_update(const task *t, workspace *w, px_error *err);   /* optimizers.cu */
px_status run_sums(const task *t, workspace *w, px_error *err);     /* sums.cu: sums and products in any recipe */
px_status run_scatter(const task *t, workspace *w, px_error *err);  /* scatter.cu: sums of rows with one index */

/* gemm_native.cu: products by the device's own instructions, two roundings a step or one. */
bool half_matches(const task *t);
bool bf16_matches(const task *t);
bool single_matches(const task *t);
bool double_matches(const task *t);
px_status run_native(const task *t, workspace *w, px_error *err);

/* gemm_wmma.cu: products by the matrix unit. */
bool wmma_matches(const task *t);
px_status run_wmma(const task *t, workspace *w, px_error *err);

/* rows.cu, losses.cu, whole.cu: a block a row, or a column; losses; numbers from all of a tensor. */
px_status run_rows(const task *t, workspace *w, px_error *err);
px_status run_losses(const task *t, workspace *w, px_error *err);
px_status run_whole(const task *t, workspace *w, px_error *err);

#endif
