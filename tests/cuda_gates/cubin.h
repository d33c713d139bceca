/* Device code as it lies in a program or plug-in: an own small reader of the ELF files for devices ("cubins") and of
 * the PTX text that nvcc has put there, uncompressed (--no-compress). The format is no document's; what is used of it
 * was read off files of nvcc 13: machine 190, flags with the architecture in bits 8 to 15; a section .text.KERNEL of
 * instructions of 16 bytes, whose low 12 bits are operation and form of operands; .nv.shared.KERNEL; .nv.info with
 * attributes of functions. So a caller checks it with kernels that it knows before it believes anything. */
#ifndef PX_TESTS_CUBIN_H
#define PX_TESTS_CUBIN_H

#include <stddef.h>
#include <stdint.h>

typedef struct px_kernel {
    const char *name; /* mangled */
    int arch;         /* 80, 90, 100 */
    int registers;    /* of a thread */
    int shared;       /* static bytes of a block */
    int frame;        /* bytes of local memory of a thread */
    const unsigned char *code;
    size_t bytes;
} px_kernel;

typedef struct px_device_code {
    unsigned char *file;
    size_t bytes;
    px_kernel *kernels;
    int n;
} px_device_code;

/* 0 when the file cannot be read. */
int px_device_code_read(const char *path, px_device_code *code);
void px_device_code_free(px_device_code *code);

/* Instructions of the kernel whose low 12 bits are `operation`. */
int px_kernel_count(const px_kernel *kernel, unsigned operation);

/* Calls `found` for each line of PTX that has the word, with the name of the kernel or function around it. How many. */
int px_ptx_find(const px_device_code *code, const char *word,
                void (*found)(const char *kernel, const char *line, void *context), void *context);
/* Kernels in PTX. */
int px_ptx_entries(const px_device_code *code);

#endif
