#include "kind/device.h"

#include "base/error.h"

static const px_device devices[] = {
#define ROW(id, name, fp64, fp32, tf32, fp16, bf16, fp8, bandwidth, memory, source)                                    \
    {name,                                                                                                             \
     {fp64 * 1e12, fp32 * 1e12, tf32 * 1e12, fp16 * 1e12, bf16 * 1e12, fp8 * 1e12},                                    \
     bandwidth * 1e9,                                                                                                  \
     memory * 1e9,                                                                                                     \
     source},
    PX_DEVICE_LIST(ROW)
#undef ROW
};

/* The columns of the list; both fp8 formats are the last one. */
static const char *const formats[] = {"fp64", "fp32", "tf32", "fp16", "bf16", "fp8_e4m3", "fp8_e5m2"};
enum { FP32 = 1, FP8 = 5 };

const px_device *px_device_of(px_device_id id) {
    PX_ASSERT(id < PX_DEVICE_COUNT);
    return &devices[id];
}

double px_device_products(const px_device *d, px_fp operands) {
    for (int i = 0; i < (int)(sizeof formats / sizeof *formats); i++) {
        px_fp f;
        PX_ASSERT(px_fp_parse(formats[i], &f, NULL) == PX_OK);
        if (px_fp_equal(f, operands)) return d->products[i < FP8 ? i : FP8];
    }
    return 0;
}

double px_device_single(const px_device *d) { return d->products[FP32]; }
