/* Which instruction set the vector code runs on: the best one of this processor, or the one that PRECX_ISA names. The one
 * place that asks; whoever has code for several sets keeps a table by px_isa_level. */
#ifndef PX_BASE_ISA_H
#define PX_BASE_ISA_H

/* THE list, worst first. A set is there when all is that its files are compiled for: avx2 with fma and f16c; avx512 with f,
 * bw, dq and vl besides. */
typedef enum px_isa_level { PX_ISA_PORTABLE, PX_ISA_AVX2, PX_ISA_AVX512 } px_isa_level;

const char *px_isa_level_name(px_isa_level level); /* portable, avx2, avx512: as in PRECX_ISA */
px_isa_level px_isa_best(void);                    /* of this processor */
px_isa_level px_isa_wanted(void);                  /* by PRECX_ISA where this processor has it, else the best */

#endif
