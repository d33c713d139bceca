/* The rows of THE op list for linear systems. */
#ifndef PX_OP_FACTOR_H
#define PX_OP_FACTOR_H

/* Precise definitions in kernel/factor.h. */
#define PX_OP_FACTOR_LIST(X)                                                                                           \
    X(PX_OP_LU, "lu", 1, 2, 1, (4 * n + 1) * (n - 1) * n / 6,                                                          \
      "input a (n x n); outputs: l (unit, below the diagonal) and u in one matrix, pivots (n x 1): the row, from 0, "  \
      "that step k exchanged with row k; attribute 0: 1 = columns are multiplied by the pivot's reciprocal")           \
    X(PX_OP_CHOLESKY, "cholesky", 1, 1, 1, (2 * n + 1) * (n + 1) * n / 6,                                              \
      "input a (n x n, its lower triangle); out = l with a = l l^T, zeros above; attribute 0 as for lu")               \
    X(PX_OP_TRSM, "trsm", 3, 1, 3, (m - a[PX_TRSM_UNIT]) * o,                                                          \
      "inputs t (n x n, one triangle), b, [pivots of lu]: out = t^-1 P b; attributes: PX_TRSM_UPPER, _UNIT, "          \
      "_RECIPROCAL, each 0 or 1")

/* Attributes of PX_OP_LU and PX_OP_CHOLESKY, of PX_OP_TRSM. */
enum { PX_LU_RECIPROCAL };
enum { PX_TRSM_UPPER, PX_TRSM_UNIT, PX_TRSM_RECIPROCAL };

#endif
