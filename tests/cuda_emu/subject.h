/* cuda_emu as C sees it: small kernels and calls, for tests/test_cuda_emu.c. */
#ifndef PX_TESTS_CUDA_EMU_SUBJECT_H
#define PX_TESTS_CUDA_EMU_SUBJECT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 16-bit formats: 0 half, 1 bfloat16. */
double subject_value(int format, unsigned word);
unsigned subject_round(int format, int direction, double x); /* nearest, zero, down, up */
enum { SUBJECT_ADD, SUBJECT_SUB, SUBJECT_MUL, SUBJECT_FMA, SUBJECT_OPS };
unsigned subject_op(int format, int op, unsigned a, unsigned b, unsigned c);
float subject_float(int direction, double x);
float subject_tf32(float x);

/* One warp shuffles its lane numbers + 100: kind 0 idx, 1 up, 2 down, 3 xor. */
void subject_shuffle(int kind, int argument, int width, int got[32]);

/* Lanes below `split` vote in one mask, the others in another, and twice as often. got: ballot, any, all, by lane. */
void subject_votes(int split, unsigned predicates, unsigned got[32][3]);

/* A block of n threads, of which every `step`-th says yes: count, or, and. */
void subject_barriers(unsigned n, unsigned step, int got[3]);

/* Every thread of grid and block adds 1 at its own linear index of the whole. got: n counts. */
void subject_indices(const unsigned grid[3], const unsigned block[3], unsigned *got, size_t n);

/* What 1000 threads leave of atomic operations on the numbers (7 i) mod 1000: sum, max, min, or, and, histogram of
 * their remainders by 16. */
void subject_atomics(unsigned got[5 + 16]);

/* Which threads of a block of n came first, between two barriers: their order. */
void subject_schedule(unsigned n, unsigned *order);

/* A block of n threads, each with numbers and a direction of rounding of its own: how many have others after barriers. */
int subject_kept(unsigned n);

/* A kernel with so much dynamic shared memory, opted into or not: the error's name, or "ran". */
const char *subject_dynamic(size_t bytes, int opt_in);

/* One matrix product of 16 x 16 x 16 (tf32: x 8) by mma_sync; d = a b + c, row-major, doubles that belong to the
 * formats. in: 0 half, 1 bfloat16, 2 tf32; out16: results in half. Layouts: a_columns, b_columns, c_columns; ld: of
 * them all. */
void subject_mma(int in, int out16, const double *a, const double *b, const double *c, double *d, int a_columns,
                 int b_columns, int c_columns, unsigned ld);

/* Calls with mistakes: the name of what cuda_emu answers. */
const char *subject_mistake(const char *which);
/* The names of all mistakes, NULL at the end, with the right answers. */
typedef struct subject_answer {
    const char *which, *answer;
} subject_answer;
extern const subject_answer subject_mistakes[];

/* op(A) op(B) of small integers by cublasGemmEx, in cuBLAS' types (0 float, 1 double, 2 half, 14 bfloat16), against
 * plain loops: how many results differ; -1 - status when it is refused. */
int subject_gemm(int type, int result, int compute, int transa, int transb, int m, int n, int k, int extra,
                 double alpha, double beta);

/* a b of k terms, float against float or half against half (result 0, 2) in a compute type, under a math mode. NaN:
 * refused. */
double subject_dot(int result, int compute, int mode, int k, const double *a, const double *b);

/* The status of cublasSetMathMode. */
int subject_math_mode(int mode);

#ifdef __cplusplus
}
#endif
#endif
