/* cuda_emu: what tests set. Each has an environment variable, read at the first use. */
#ifndef PX_CUDA_EMU_CONTROL_H
#define PX_CUDA_EMU_CONTROL_H

#ifdef __cplusplus
extern "C" {
#endif

/* In which order threads run between two barriers, and blocks after another: PRECX_CUDA_ORDER = forward, reversed,
 * shuffled or shuffled:SEED. 0 when the word is none of these. */
int px_cuda_emu_order(const char *order);

/* The n-th call from here on of a function of the runtime or of cuBLAS fails, n = 1 being the next; a kernel's start
 * counts as one. 0: none. PRECX_CUDA_FAIL_AT. */
void px_cuda_emu_fail_at(long n);
long px_cuda_emu_calls(void); /* calls since then */

/* Allocations of device memory, streams, events and handles that are not freed. */
long px_cuda_emu_live(void);

#ifdef __cplusplus
}
#endif
#endif
