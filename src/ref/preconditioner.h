/* An approximate inverse with a certificate, in plain loops: binary64, or MPFR. */
#ifndef PX_REF_PRECONDITIONER_H
#define PX_REF_PRECONDITIONER_H

#include <stdbool.h>
#include <stdint.h>

#include <mpfr.h>

#include "base/arena.h"

/* r (n x n) becomes an approximate inverse of a (n x n, finite), by Gauss-Jordan elimination with partial pivoting.
 * Returns a bound of ||I - R A||_inf, infinite where there is none. Row-major; in the arena: n^2 doubles more. */
double px_ref_precondition(px_arena *arena, int64_t n, const double *a, double *r);

/* count numbers of so many bits; the caller frees them. */
mpfr_t *px_ref_numbers(int64_t count, mpfr_prec_t bits);
void px_ref_numbers_free(int64_t count, mpfr_t *x);

/* The same inverse with `bits` bits: r is n x n numbers of that precision. */
double px_ref_precondition_mpfr(int64_t n, const double *a, mpfr_t *r, mpfr_prec_t bits);

#endif
