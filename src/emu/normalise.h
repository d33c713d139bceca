/* Data that are normalised: the definition, row by row. */
#ifndef PX_EMU_NORMALISE_H
#define PX_EMU_NORMALISE_H

#include "emu/emu.h"

void px_define_normalise(const px_task *task);

#endif
