/* cuda_emu: the way from C++ to the models of matrix units. */
#ifndef PX_CUDA_EMU_UNIT_H
#define PX_CUDA_EMU_UNIT_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum px_cuda_format { PX_CUDA_FP16, PX_CUDA_BF16, PX_CUDA_TF32, PX_CUDA_FP32, PX_CUDA_FP64 } px_cuda_format;

/* c + a_0 b_0 + ... + a_(k-1) b_(k-1) by the unit of the chosen model for operands of format `in` and results of format
 * `out`. Ends the program when the model has none. */
double px_cuda_emu_mma(px_cuda_format in, px_cuda_format out, int k, const double *a, const double *b, double c);

/* The chosen model's compute capability, 10 major + minor: PRECX_CUDA_MODEL, h100 otherwise. */
int px_cuda_emu_capability(void);

#ifdef __cplusplus
}
#endif
#endif
