/* What precx and its helper program (host/main.c) say to each other. The helper holds one CBLAS library, so that a
 * crash, a hang or a changed floating-point environment stays there. Descriptor 3 is a socket: a greeting, then a reply
 * to each request. Descriptor 4 is memory that both see, with the operands and the result. Same machine, same build:
 * plain structs. */
#ifndef PX_BACKEND_BLAS_WIRE_H
#define PX_BACKEND_BLAS_WIRE_H

#include <stdint.h>

/* The products that a library may have, THE list: X(enumerator, format of A and B, format of C, symbol, another name of
 * it, must a CBLAS have it). C = alpha A B + beta C, row-major. The short formats are words of 16 bits; their scalars
 * are float, but for hgemm: words too (as oneMKL declares it; sbgemm, shgemm: as OpenBLAS). */
#define PX_BLAS_ROUTINE_LIST(X)                                                                                        \
    X(PX_BLAS_SGEMM, "fp32", "fp32", "cblas_sgemm", "", 1)                                                             \
    X(PX_BLAS_DGEMM, "fp64", "fp64", "cblas_dgemm", "", 1)                                                             \
    X(PX_BLAS_SBGEMM, "bf16", "fp32", "cblas_sbgemm", "cblas_gemm_bf16bf16f32", 0)                                     \
    X(PX_BLAS_SHGEMM, "fp16", "fp32", "cblas_shgemm", "cblas_gemm_f16f16f32", 0)                                       \
    X(PX_BLAS_HGEMM, "fp16", "fp16", "cblas_hgemm", "", 0)

#define PX_BLAS_ROUTINE_ENUM(id, in, out, symbol, other, required) id,
typedef enum px_blas_routine { PX_BLAS_ROUTINE_LIST(PX_BLAS_ROUTINE_ENUM) PX_BLAS_ROUTINE_COUNT } px_blas_routine;
#undef PX_BLAS_ROUTINE_ENUM

enum { PX_BLAS_SOCKET = 3, PX_BLAS_MEMORY = 4 };

typedef enum px_blas_loaded { PX_BLAS_LOADED, PX_BLAS_NOT_HERE, PX_BLAS_UNUSABLE } px_blas_loaded;

/* Sent once, after the library is loaded. */
typedef struct px_blas_greeting {
    int32_t loaded;        /* px_blas_loaded */
    uint32_t routines;     /* bit r: routine r is there */
    char text[240];        /* why it is not loaded */
    char environment[240]; /* loaded: which floating-point probe fails in its process, "" for none */
} px_blas_greeting;

/* a, b, c: bytes from the start of the memory; lda, ldb, ldc: elements. */
typedef struct px_blas_request {
    int32_t routine;
    int32_t seconds; /* the helper ends itself when the call takes longer: nobody may be left to stop it */
    int64_t m, n, k, lda, ldb, ldc, a, b, c;
    int64_t bytes; /* of the memory, which may have grown */
    double alpha, beta;
} px_blas_request;

typedef struct px_blas_reply {
    int32_t done; /* 1: the library's function has returned */
} px_blas_reply;

#endif
