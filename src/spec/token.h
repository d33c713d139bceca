/* The one tokenizer: values, ranges, expressions and tolerance rules are read through it. */
#ifndef PX_SPEC_TOKEN_H
#define PX_SPEC_TOKEN_H

#include <stdbool.h>

#include "spec/ini.h"

/* THE list: X(enumerator, spelling). Longer spellings come first where one begins another. */
#define PX_PUNCTUATION_LIST(X)                                                                                         \
    X(PX_TOKEN_RANGE, "..")                                                                                            \
    X(PX_TOKEN_EQ, "==")                                                                                               \
    X(PX_TOKEN_NE, "!=")                                                                                               \
    X(PX_TOKEN_LE, "<=")                                                                                               \
    X(PX_TOKEN_GE, ">=")                                                                                               \
    X(PX_TOKEN_LT, "<")                                                                                                \
    X(PX_TOKEN_GT, ">")                                                                                                \
    X(PX_TOKEN_ASSIGN, "=")                                                                                            \
    X(PX_TOKEN_TILDE, "~")                                                                                             \
    X(PX_TOKEN_COMMA, ",")                                                                                             \
    X(PX_TOKEN_COLON, ":")                                                                                             \
    X(PX_TOKEN_SLASH, "/")                                                                                             \
    X(PX_TOKEN_STAR, "*")                                                                                              \
    X(PX_TOKEN_PLUS, "+")                                                                                              \
    X(PX_TOKEN_MINUS, "-")                                                                                             \
    X(PX_TOKEN_CARET, "^")                                                                                             \
    X(PX_TOKEN_OPEN, "(")                                                                                              \
    X(PX_TOKEN_CLOSE, ")")

#define PX_PUNCTUATION_ENUM(id, spelling) id,
typedef enum px_token_kind {
    PX_TOKEN_END,
    PX_TOKEN_WORD,   /* fp16, nearest_even, h100-mmasync; one with a colon runs to the next blank, comma, quote or
                        parenthesis: blas:ref=/usr/lib/libblas.so.3 */
    PX_TOKEN_NUMBER, /* a decimal or hexadecimal float without its sign */
    PX_TOKEN_QUOTED, /* "any text", without the quotes */
    PX_TOKEN_BAD,    /* reported already */
    PX_PUNCTUATION_LIST(PX_PUNCTUATION_ENUM) PX_TOKEN_COUNT
} px_token_kind;
#undef PX_PUNCTUATION_ENUM

typedef struct px_token {
    px_token_kind kind;
    const char *text; /* as written; "" at the end */
    int line, column;
} px_token;

typedef struct px_lexer {
    px_arena *arena;
    px_diagnostics *d;
    const px_span *parts; /* of one value; a new part is a blank */
    int n_parts, part;
    size_t at;      /* in the current part */
    px_token token; /* the current one */
} px_lexer;

/* At the first token. n_parts >= 1. */
px_lexer px_lexer_new(px_arena *arena, const px_span *parts, int n_parts, px_diagnostics *d);

void px_lexer_next(px_lexer *l);

/* Moves on; what comes next is read as a pattern: everything to the next blank, comma or parenthesis, as a WORD. */
void px_lexer_next_pattern(px_lexer *l);

bool px_lexer_is(const px_lexer *l, px_token_kind kind);
bool px_lexer_is_word(const px_lexer *l, const char *word);
bool px_lexer_accept(px_lexer *l, px_token_kind kind); /* moves on when the current token is of that kind */
bool px_lexer_accept_word(px_lexer *l, const char *word);

/* "expected WHAT, found 'TOKEN'" at the current token; nothing for a bad one. Returns false. */
bool px_lexer_expected(px_lexer *l, const char *what);

/* Moves to the next comma outside parentheses, or to the end, without a further word. */
void px_lexer_skip_item(px_lexer *l);

/* The value as text to the end of its line; quotes around it are taken off. Not of an entry without a value. */
const char *px_entry_text(px_arena *arena, const px_ini_entry *entry);

#endif
