/* Published peak figures of accelerators: the two lines of a roofline (Williams, Waterman & Patterson, CACM 52(4),
 * 2009). All dense: data sheets print twice as much for matrices of which every second entry is zero. */
#ifndef PX_KIND_DEVICE_H
#define PX_KIND_DEVICE_H

#include "arith/fp.h"

/* THE list: X(id, name, TFLOP/s of matrix products in fp64, fp32, tf32, fp16, bf16, fp8, GB/s, GB, where from); 0: it
 * has none. fp32 has no matrix unit: that figure holds for any operation in it, two of them a multiply-add. */
#define PX_DEVICE_LIST(X)                                                                                              \
    X(V100, "v100", 7.8, 15.7, 0, 125, 0, 0, 900, 32, "V100 SXM2: NVIDIA V100 data sheet, 2020")                       \
    X(A100_40GB, "a100_40gb", 19.5, 19.5, 156, 312, 312, 0, 1555, 40, "A100 40GB: NVIDIA A100 data sheet, 2021")       \
    X(A100, "a100", 19.5, 19.5, 156, 312, 312, 0, 2039, 80, "A100 80GB SXM: NVIDIA A100 data sheet, 2021")             \
    X(H100_PCIE, "h100_pcie", 51, 51, 378, 756, 756, 1513, 2000, 80,                                                   \
      "H100 PCIe: NVIDIA H100 data sheet, 2022, halved")                                                               \
    X(H100, "h100", 66.9, 66.9, 494.7, 989.4, 989.4, 1978.9, 3350, 80,                                                 \
      "H100 SXM5: NVIDIA H100 architecture white paper, 2022; bandwidth: data sheet")                                  \
    X(H200, "h200", 66.9, 66.9, 494.7, 989.4, 989.4, 1978.9, 4800, 141, "H200 SXM: NVIDIA H200 data sheet, 2023")

#define PX_DEVICE_ENUM(id, ...) PX_DEVICE_##id,
typedef enum px_device_id { PX_DEVICE_LIST(PX_DEVICE_ENUM) PX_DEVICE_COUNT } px_device_id;
#undef PX_DEVICE_ENUM

typedef struct px_device {
    const char *name;
    double products[6];       /* operations a second, by format as in the list */
    double bandwidth, memory; /* bytes a second, bytes */
    const char *source;
} px_device;

const px_device *px_device_of(px_device_id id);

/* Operations a second of matrix products with operands of this format (0: the device has no unit for it), of anything
 * else. */
double px_device_products(const px_device *d, px_fp operands);
double px_device_single(const px_device *d);

#endif
