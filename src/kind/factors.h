/* The two factors of a matrix product and all that depends on nothing else: shared by the cells that treat the same
 * factors in different ways. */
#ifndef PX_KIND_FACTORS_H
#define PX_KIND_FACTORS_H

#include "kind/kind.h"
#include "kind/represent.h"
#include "kind/shared.h"

typedef struct px_factors {
    px_operands o;
    px_truth truth; /* of the product of the stored ones */
    /* The effect of rounding the data, in binary64: the stored product minus the ideal one is dA B + A^ dB, all of it;
     * the first-order formula has A dB instead. Relative error about 2 k 2^-53 against sums that are u k large. */
    double largest_a, largest_b; /* max |dA|/|A|, max |dB|/|B|; inf where a stored entry is not finite */
    px_mat effect;               /* stored product - ideal product */
    double first_order, cw_max;  /* max |dA B + A dB| / (|A||B|), max |effect| / (|A||B|) */
    /* Of the stored A: by Jacobi, with the certificate of jacobi.h, and by LAPACK; PX_UNDEFINED for large ones and where
     * an entry is not finite. */
    double kappa_2, kappa_2_radius, kappa_2_gesdd;
} px_factors;

/* The factors of a cell of kind gemm, whose operands are stored in fmt. Given back by px_shared_return(lab->shared). */
px_status px_factors_borrow(const px_case *c, px_lab *lab, px_fp fmt, px_loan *loan, px_error *err);

/* max |computed - ideal product| / (|A||B|). */
double px_factors_total(const px_factors *f, const px_mat *computed);

/* Estimated bytes. */
double px_factors_bytes(const px_case *c);

#endif
