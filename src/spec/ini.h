/* The experiment file as text with positions: strict INI, every mistake reported with file:line:column. Knows sections,
 * keys and raw values; what they mean is spec/experiment.h's business. */
#ifndef PX_SPEC_INI_H
#define PX_SPEC_INI_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

/* A piece of the file: its text and where it stands (columns count bytes from 1). */
typedef struct px_span {
    const char *text;
    int line, column;
} px_span;

/* One `key = value`; a value that goes on over indented lines has a part a line. Comments are gone, blanks trimmed. */
typedef struct px_ini_entry {
    px_span key;
    px_span *parts;
    int n_parts;
} px_ini_entry;

typedef struct px_ini_section {
    px_span name;  /* sweep */
    px_span label; /* of [profile.LABEL]; text NULL when there is none */
    px_ini_entry *entries;
    int n_entries;
} px_ini_section;

/* Mistakes, collected: compiler style, with the line and a caret, in the order of the file. */
typedef struct px_diagnostics {
    const char *file;        /* as the user wrote it; "--set" or "--filter" for command-line text */
    const char *const *lines;/* the file's lines, for the caret; NULL for none */
    int n_lines, count;
    px_text text;            /* ready to print */
} px_diagnostics;

/* file:line:column: error: message (printf), the line and a caret below. */
void px_diagnose(px_diagnostics *d, int line, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

typedef struct px_ini {
    const char *file;
    px_ini_section *sections;
    int n_sections;
    const char *const *lines;
    int n_lines;
    const char *bytes; /* the whole file, for its hash */
    size_t n_bytes;
} px_ini;

/* Reads and splits the file. PX_BAD_FILE when it cannot be read (err); mistakes of form go to d and reading goes on. */
px_status px_ini_read(px_arena *arena, const char *path, px_ini *ini, px_diagnostics *d, px_error *err);
px_status px_ini_parse(px_arena *arena, const char *path, const char *bytes, size_t n, px_ini *ini, px_diagnostics *d,
                       px_error *err); /* the same on memory: for tests and the fuzzer */

#endif
