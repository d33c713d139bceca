/* Inside the executor of pairs: its operations. */
#ifndef PX_REF_PAIR_EXEC_H
#define PX_REF_PAIR_EXEC_H

#include "ref/pair_tensor.h"

/* Bounds of 2-norms: of n numbers with a stride; of a right factor, whose columns have these norms. */
double px_pair_norm_of(const double *x, int64_t n, int64_t stride);
double px_pair_right_norm(const px_pair_view *b, int64_t rows_of_left, const double *column_norms);

/* Each runs one call, in parallel, and commits the bounds of its outputs. */
void px_pair_gemm(const px_pair_state *s, const px_call *call);
/* The same, to another tensor than the call says: with the same numbers, and bounds of its own. */
void px_pair_gemm_to(const px_pair_state *s, const px_call *call, px_pair_tensor *result);
/* An inner product, of which tiles would be mostly zeros: the products of two rows, and their sum. */
bool px_pair_is_inner(const px_call *call);
void px_pair_inner(const px_pair_state *s, const px_call *call);
/* Small products that may run side by side: found once; from a call that px_pair_reset has seen, as all of them. */
void px_pair_find_groups(px_pair_state *s);
void px_pair_run_group(const px_pair_state *s, int first, int end);
void px_pair_elementwise(const px_pair_state *s, const px_call *call); /* add, mul, scale, dropout, round, gather */
void px_pair_sum(const px_pair_state *s, const px_call *call);
void px_pair_gelu(const px_pair_state *s, const px_call *call); /* both directions */
void px_pair_softmax(const px_pair_state *s, const px_call *call);
void px_pair_softmax_backward(const px_pair_state *s, const px_call *call);
void px_pair_layernorm(const px_pair_state *s, const px_call *call);
void px_pair_layernorm_backward(const px_pair_state *s, const px_call *call);
void px_pair_layernorm_gamma(const px_pair_state *s, const px_call *call);

/* factor / sqrt(d), d = 0: factor; both as decimals (op/layer.h); exact to 1.01 U2. */
void px_pair_constant(double factor, double d, double pair[2]);

#endif
