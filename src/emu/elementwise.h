/* Sums and products of arrays, element by element, by the kernels of isa/: rows of emu's path table. */
#ifndef PX_EMU_ELEMENTWISE_H
#define PX_EMU_ELEMENTWISE_H

#include "emu/emu.h"

bool px_elementwise_matches(const px_task *task); /* add or mul */
void px_elementwise_run(const px_task *task);

#endif
