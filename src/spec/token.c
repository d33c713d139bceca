#include "spec/token.h"

#include <string.h>

static const char *const punctuation[PX_TOKEN_COUNT] = {
#define SPELLING(id, spelling) [id] = spelling,
    PX_PUNCTUATION_LIST(SPELLING)
#undef SPELLING
};

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static size_t digits(const char *s) { return strspn(s, "0123456789"); }

/* [eE] or [pP], a sign, digits; 0 when it is not an exponent. */
static size_t exponent(const char *s, const char *letters) {
    if (*s == '\0' || !strchr(letters, *s)) return 0;
    size_t sign = s[1] == '+' || s[1] == '-', n = digits(s + 1 + sign);
    return n ? 1 + sign + n : 0;
}

/* Bytes of the number at s; 0 when there is none. A point that begins `..` belongs to the range. */
static size_t number_length(const char *s) {
    static const char hex[] = "0123456789abcdefABCDEF";
    bool is_hex =
        s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && s[2] != '\0' && strchr("0123456789abcdefABCDEF.", s[2]);
    size_t n = is_hex ? 2 : 0, whole = is_hex ? strspn(s + n, hex) : digits(s), fraction = 0;
    n += whole;
    if (s[n] == '.' && s[n + 1] != '.') {
        fraction = is_hex ? strspn(s + n + 1, hex) : digits(s + n + 1);
        if (whole + fraction == 0) return 0;
        n += 1 + fraction;
    }
    if (whole + fraction == 0) return 0;
    return n + exponent(s + n, is_hex ? "pP" : "eE");
}

/* Bytes of the word at s. A '-' inside a word stands before a letter, so that `baseline-1` is not one word. */
static size_t word_length(const char *s) {
    size_t n = 0;
    while (is_letter(s[n]) || is_digit(s[n]) || (n > 0 && s[n] == '-' && is_letter(s[n + 1]))) n++;
    return n > 0 && s[n] == ':' ? n + strcspn(s + n, " \t,()\"") : n;
}

static void set_token(px_lexer *l, px_token_kind kind, const char *from, size_t length, size_t skip) {
    char *text = PX_NEW_ARRAY(l->arena, char, length + 1);
    memcpy(text, from, length);
    l->token.kind = kind;
    l->token.text = text;
    l->at += skip;
}

static void set_bad(px_lexer *l, size_t length) { set_token(l, PX_TOKEN_BAD, "", 0, length); }

/* Moves to the next byte that is not blank, over the parts; false at the end, with the END token set behind the text.
 */
static bool find_start(px_lexer *l) {
    for (;; l->part++, l->at = 0) {
        const px_span *part = &l->parts[l->part];
        l->at += strspn(part->text + l->at, " \t");
        l->token.line = part->line;
        l->token.column = part->column + (int)l->at;
        if (part->text[l->at]) return true;
        if (l->part + 1 == l->n_parts) break;
    }
    l->token.kind = PX_TOKEN_END;
    l->token.text = "";
    return false;
}

static void read_quoted(px_lexer *l, const char *s) {
    size_t n = strcspn(s + 1, "\"");
    if (s[n + 1] == '"') {
        set_token(l, PX_TOKEN_QUOTED, s + 1, n, n + 2);
    } else {
        px_diagnose(l->d, l->token.line, l->token.column, "the quoted text has no end");
        set_bad(l, n + 1);
    }
}

/* What begins with a digit: a number, and no letters or digits stuck to it. */
static void read_number(px_lexer *l, const char *s, size_t n) {
    size_t stuck = 0;
    while (is_letter(s[n + stuck]) || is_digit(s[n + stuck])) stuck++;
    if (stuck == 0) {
        set_token(l, PX_TOKEN_NUMBER, s, n, n);
    } else {
        px_diagnose(l->d, l->token.line, l->token.column, "'%.*s' is not a number", (int)(n + stuck), s);
        set_bad(l, n + stuck);
    }
}

static void read_punctuation(px_lexer *l, const char *s) {
    for (int kind = PX_TOKEN_BAD + 1; kind < PX_TOKEN_COUNT; kind++) {
        size_t n = strlen(punctuation[kind]);
        if (strncmp(s, punctuation[kind], n) != 0) continue;
        set_token(l, (px_token_kind)kind, s, n, n);
        return;
    }
    size_t n = px_utf8_length(s);
    if (n == 0) n = 1;
    px_diagnose(l->d, l->token.line, l->token.column, "'%.*s' means nothing here", (int)n, s);
    set_bad(l, n);
}

void px_lexer_next(px_lexer *l) {
    if (!find_start(l)) return;
    const char *s = l->parts[l->part].text + l->at;
    size_t n = number_length(s);
    if (n)
        read_number(l, s, n);
    else if (is_letter(*s))
        n = word_length(s), set_token(l, PX_TOKEN_WORD, s, n, n);
    else if (*s == '"')
        read_quoted(l, s);
    else
        read_punctuation(l, s);
}

void px_lexer_next_pattern(px_lexer *l) {
    if (!find_start(l)) return;
    const char *s = l->parts[l->part].text + l->at;
    size_t n = strcspn(s, " \t,()\"");
    if (*s == '"')
        read_quoted(l, s);
    else if (n == 0)
        read_punctuation(l, s);
    else
        set_token(l, PX_TOKEN_WORD, s, n, n);
}

px_lexer px_lexer_new(px_arena *arena, const px_span *parts, int n_parts, px_diagnostics *d) {
    PX_ASSERT(n_parts >= 1);
    px_lexer l = {.arena = arena, .d = d, .parts = parts, .n_parts = n_parts};
    px_lexer_next(&l);
    return l;
}

bool px_lexer_is(const px_lexer *l, px_token_kind kind) { return l->token.kind == kind; }

bool px_lexer_is_word(const px_lexer *l, const char *word) {
    return l->token.kind == PX_TOKEN_WORD && strcmp(l->token.text, word) == 0;
}

bool px_lexer_accept(px_lexer *l, px_token_kind kind) {
    if (l->token.kind != kind) return false;
    px_lexer_next(l);
    return true;
}

bool px_lexer_accept_word(px_lexer *l, const char *word) {
    if (!px_lexer_is_word(l, word)) return false;
    px_lexer_next(l);
    return true;
}

bool px_lexer_expected(px_lexer *l, const char *what) {
    const px_token *t = &l->token;
    if (t->kind == PX_TOKEN_END)
        px_diagnose(l->d, t->line, t->column, "expected %s here", what);
    else if (t->kind != PX_TOKEN_BAD)
        px_diagnose(l->d, t->line, t->column, "expected %s, found '%s'", what, t->text);
    return false;
}

void px_lexer_skip_item(px_lexer *l) {
    px_diagnostics unheard = px_diagnostics_new(l->arena, "", NULL), *heard = l->d;
    l->d = &unheard;
    for (int depth = 0; l->token.kind != PX_TOKEN_END; px_lexer_next(l)) {
        if (l->token.kind == PX_TOKEN_OPEN) depth++;
        if (l->token.kind == PX_TOKEN_CLOSE) depth--;
        if (l->token.kind == PX_TOKEN_COMMA && depth <= 0) break;
    }
    l->d = heard;
}

const char *px_entry_text(px_arena *arena, const px_ini_entry *entry) {
    px_text joined = {0};
    for (int i = 0; i < entry->n_parts; i++) px_text_printf(&joined, "%s%s", i ? " " : "", entry->parts[i].text);
    const char *text = px_arena_strdup(arena, px_text_str(&joined));
    px_text_free(&joined);
    if (text[0] != '"') return text;
    px_lexer l = px_lexer_new(arena, entry->parts, entry->n_parts, entry->d);
    const char *inside = l.token.text;
    if (!px_lexer_accept(&l, PX_TOKEN_QUOTED)) return text;
    if (!px_lexer_is(&l, PX_TOKEN_END)) px_lexer_expected(&l, "nothing after the quotes");
    return inside;
}
