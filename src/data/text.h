/* Characters for training: a text as numbers. */
#ifndef PX_DATA_TEXT_H
#define PX_DATA_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* The characters that occur, in ascending order, numbered from 0; the text as those numbers. */
typedef struct px_text_data {
    const uint8_t *token;
    int64_t length;
    int vocab;
    unsigned char character[256]; /* of a number */
} px_text_data;

/* path NULL: a small text that was written for this purpose. A file has 2 to 2^30 bytes, else PX_BAD_FILE. */
px_status px_text_data_read(px_arena *arena, const char *path, px_text_data *data, px_error *err);

#endif
