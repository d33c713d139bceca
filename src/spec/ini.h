/* The experiment file as text with positions: strict INI, every mistake reported with file:line:column. Knows sections,
 * keys and raw values; what they mean is spec/experiment.h's business. */
#ifndef PX_SPEC_INI_H
#define PX_SPEC_INI_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

/* Longer lines and files are refused: nobody writes them by hand. */
enum { PX_INI_LINE_MAX = 4096, PX_INI_LINES_MAX = 10000, PX_INI_FILE_MAX = 1 << 20, PX_INI_NAME_MAX = 48 };

/* A piece of the file: its text and where it stands (columns count bytes from 1). */
typedef struct px_span {
    const char *text;
    int line, column;
} px_span;

/* Mistakes of one text, collected in any order and printed in the order of the text. */
typedef struct px_mistake {
    int line, column;
    const char *message;
} px_mistake;

typedef struct px_diagnostics {
    px_arena *arena;
    const char *file;         /* as the user wrote it; "--set" or "--filter" for text of the command line */
    const char *const *lines; /* of the text, for the caret */
    int n_lines;
    px_mistake *mistakes;  /* the first PX_MISTAKES_KEPT of them */
    int n_mistakes, count; /* kept, reported */
} px_diagnostics;

enum { PX_MISTAKES_KEPT = 200 };

/* Empty. For a text of one line (an option's), `line` is that line; NULL: the lines are set later. */
px_diagnostics px_diagnostics_new(px_arena *arena, const char *file, const char *line);

void px_diagnose(px_diagnostics *d, int line, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* "unknown WHAT 'WORD'; did you mean 'NAME'?" with the nearest of the names, which is returned; else NULL, and the
 * message has the names there are when they fit a line. */
const char *px_diagnose_unknown(px_diagnostics *d, int line, int column, const char *what, const char *word,
                                const char *const *names, int n);

/* Compiler style: file:line:column: error: message, the line and a caret below; with several mistakes a last line
 * counts them. Bytes that are not text are shown as '?', so that nothing of a file reaches the terminal unseen. */
void px_diagnostics_print(const px_diagnostics *d, px_text *out);

/* One `key = value`; a value that goes on over indented lines has a part a line. Comments are gone, blanks trimmed. */
typedef struct px_ini_entry {
    px_span key;
    px_span *parts;
    int n_parts;
    px_diagnostics *d; /* of the text it stands in: where its mistakes go */
} px_ini_entry;

typedef struct px_ini_section {
    px_span name;  /* sweep; "" when the header was wrong */
    px_span label; /* of [profile.LABEL]; text NULL when there is none */
    px_ini_entry **entries;
    int n_entries;
} px_ini_section;

typedef struct px_ini {
    const char *file;
    px_ini_section *sections;
    int n_sections;
    const char *const *lines;
    int n_lines;
    const char *bytes; /* the whole file, for its hash */
    size_t n_bytes;
} px_ini;

/* Reads and splits the file. PX_BAD_FILE when it cannot be read (err); mistakes of form go to d, which is made here,
 * and reading goes on. Sections and keys are as written: whether they mean anything is not known here. */
px_status px_ini_read(px_arena *arena, const char *path, px_ini *ini, px_diagnostics *d, px_error *err);

/* The same on memory: for tests and the fuzzer. */
void px_ini_parse(px_arena *arena, const char *path, const char *bytes, size_t n, px_ini *ini, px_diagnostics *d);

/* Bytes of the character at s in UTF-8; 0 when it is none, or a control character other than a tab. */
size_t px_utf8_length(const char *s);

/* One KEY=VALUE of the command line as an entry; NULL after a mistake. */
px_ini_entry *px_ini_entry_read(px_arena *arena, const char *text, px_diagnostics *d);

/* The first section of that name (and label, when not NULL), the entry of that key; NULL: none. */
const px_ini_section *px_ini_find(const px_ini *ini, const char *name, const char *label);
const px_ini_entry *px_ini_find_entry(const px_ini_section *section, const char *key);

#endif
