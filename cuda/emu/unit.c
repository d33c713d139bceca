#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "kernel/mma.h"

/* The models that are devices with cuda_emu's limits. */
static const struct {
    px_model model;
    int capability;
} devices[] = {{PX_MODEL_H100, 90}, {PX_MODEL_A100, 80}, {PX_MODEL_B200, 100}};
enum { N_DEVICES = sizeof devices / sizeof *devices };

static int device(void) {
    static int chosen = -1;
    if (chosen >= 0) return chosen;
    const char *name = getenv("PRECX_CUDA_MODEL");
    int model = name ? px_model_find(name) : (int)devices[0].model;
    for (int i = 0; i < N_DEVICES; i++)
        if ((int)devices[i].model == model) return chosen = i;
    fprintf(stderr, "cuda_emu: PRECX_CUDA_MODEL=%s: it has a100, h100 and b200\n", name);
    exit(2);
}

int px_cuda_emu_capability(void) { return devices[device()].capability; }

static px_fp format(px_cuda_format f) {
    static const char *const names[] = {"fp16", "bf16", "tf32", "fp32", "fp64"};
    px_fp fp;
    px_error err;
    if (px_fp_parse(names[f], &fp, &err) != PX_OK) abort();
    return fp;
}

double px_cuda_emu_mma(px_cuda_format in, px_cuda_format out, int k, const double *a, const double *b, double c) {
    static px_mma units[PX_CUDA_FP64 + 1][PX_CUDA_FP64 + 1];
    px_mma *unit = &units[in][out];
    if (unit->width == 0) {
        px_error err;
        if (px_mma_find(devices[device()].model, format(in), format(in), format(out), unit, &err) != PX_OK) {
            fprintf(stderr, "cuda_emu: %s\n", err.text);
            exit(2);
        }
    }
    return px_mma_sum(unit, &(px_terms){.n = k, .a = a, .b = b, .stride_a = 1, .stride_b = 1, .c = c, .sign = 1});
}
