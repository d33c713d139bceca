/* A library without BLAS. */
extern const int px_no_blas;
const int px_no_blas = 1;
