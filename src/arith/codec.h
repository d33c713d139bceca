/* Words: the bit patterns of a format. Exhaustively tested for all formats of up to 16 bits. */
#ifndef PX_ARITH_CODEC_H
#define PX_ARITH_CODEC_H

#include "arith/fp.h"

/* The word of x, a number of f, subnormals included (or an infinity or NaN). NaN gives the canonical quiet one: 7e00,
 * 7fc0, 7fc00000 (fp32 and tf32), 7ff8000000000000, 7e (e5m2), 7f (e4m3). PX_ASSERT that x belongs to f. */
uint64_t px_encode(px_fp f, double x);

/* The number of a word; pad bits and bits above the width are ignored. */
double px_decode(px_fp f, uint64_t word);

/* Is the word a signaling NaN (IEEE 754 6.2.1: quiet bit 0)? Operations raise invalid for it, then go on as for a quiet
 * one. A format without infinities has none. */
bool px_word_signals(px_fp f, uint64_t word);

/* Hexadecimal digits of a word: width/4 rounded up. */
int px_word_digits(px_fp f);

/* Reads 1 .. px_word_digits hexadecimal digits, no prefix; false otherwise (too many, not hexadecimal, a bit above
 * width). */
bool px_word_parse(px_fp f, const char *s, uint64_t *word);

#endif
