#include "data/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Plain prose with repetitions that a small model can learn. */
static const char house_text[] =
    "the wind tunnel\n"
    "a number walks into a wind tunnel. the wind is weak and the number is large. nothing happens. "
    "then the wind is strong and the number is small. the small number is blown away, and nobody sees it go.\n"
    "what is a small number? a small number is a number that is smaller than half of the last bit of a large number. "
    "when a small number is added to a large number, the large number stays as it is. "
    "the large number says: i have not seen a small number today. the small number says nothing.\n"
    "so they made a rule. the small numbers shall wait at the door until there are many of them. "
    "many small numbers make a large number, and a large number is not blown away. "
    "the rule is old. the rule has the name of a man who carried what was lost from one step to the next.\n"
    "there is another way. let the wind decide by chance. of a thousand small numbers some are lost, "
    "and some are made larger than they were, and in the long run nothing is lost and nothing is made. "
    "it is a fair wind, but no two days are alike.\n"
    "and there is a third way. make everything larger before the wind comes, and smaller again when it has gone. "
    "but do not make it too large. what is too large is called infinity, and infinity does not come back. "
    "when you see infinity, take a step back, make everything half as large, and try again. "
    "when you have not seen it for a long time, make everything twice as large, and look for it.\n"
    "this is the end of the text. the wind is weak now. the numbers are large and small, and they are all still "
    "here.\n";

/* Numbers the characters that occur. */
static void number_characters(px_arena *arena, const unsigned char *text, int64_t n, px_text_data *data) {
    int number[256];
    bool occurs[256] = {false};
    *data = (px_text_data){.length = n};
    for (int64_t i = 0; i < n; i++) occurs[text[i]] = true;
    for (int c = 0; c < 256; c++)
        if (occurs[c]) {
            number[c] = data->vocab;
            data->character[data->vocab++] = (unsigned char)c;
        }
    uint8_t *token = PX_NEW_ARRAY(arena, uint8_t, n);
    for (int64_t i = 0; i < n; i++) token[i] = (uint8_t)number[text[i]];
    data->token = token;
}

static px_status read_file(px_arena *arena, FILE *file, const char *path, unsigned char **text, int64_t *n,
                           px_error *err) {
    long size;
    if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0)
        return px_fail(err, PX_BAD_FILE, "%s: cannot find its size: %s", path, strerror(errno));
    if (size < 2 || size > 1L << 30)
        return px_fail(err, PX_BAD_FILE, "%s: %ld bytes; a text has 2 to 2^30", path, size);
    *n = size;
    *text = PX_NEW_ARRAY(arena, unsigned char, size);
    if (fread(*text, 1, (size_t)size, file) != (size_t)size)
        return px_fail(err, PX_BAD_FILE, "%s: cannot be read", path);
    return PX_OK;
}

px_status px_text_data_read(px_arena *arena, const char *path, px_text_data *data, px_error *err) {
    if (!path) {
        number_characters(arena, (const unsigned char *)house_text, (int64_t)sizeof house_text - 1, data);
        return PX_OK;
    }
    FILE *file = fopen(path, "rb");
    if (!file) return px_fail(err, PX_BAD_FILE, "%s: %s", path, strerror(errno));
    unsigned char *text = NULL;
    int64_t n = 0;
    px_status status = read_file(arena, file, path, &text, &n, err);
    fclose(file);
    PX_TRY(status);
    number_characters(arena, text, n, data);
    return data->vocab >= 2 ? PX_OK : px_fail(err, PX_BAD_FILE, "%s: only one character occurs", path);
}
