/* NAME.csv.part: what a run has computed so far, in the order of completion. One line that says whose journal it is,
 *
 *     precx-journal 1 kind=gemm profile=ci seed=42 plan=... selection=... columns=... shard=1/1 build=...
 *
 * then, for each cell, one line and its records as they will stand in NAME.csv and NAME.library.csv, in one write(2):
 *
 *     cell INDEX RECORDS BYTES LIBRARY_BYTES CHECKSUM
 *
 * CHECKSUM: the first 16 hex digits of the SHA-256 of that line without " CHECKSUM" (newline included) and the records.
 * The file is locked (flock) while a run lives. A tail that a kill or a full disk cut off is dropped; anything else
 * that does not fit is an edited journal and refused. */
#ifndef PX_RUN_JOURNAL_H
#define PX_RUN_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "io/outfile.h"

/* What must agree for a journal to be continued. Values have no blanks. */
typedef struct px_identity {
    const char *key, *value;
} px_identity;

typedef struct px_journal_record {
    int64_t cell, n_records; /* index in the plan; records in NAME.csv */
    int64_t offset;          /* of the records' bytes in the file */
    size_t main_bytes, library_bytes;
} px_journal_record;

typedef struct px_journal {
    char path[PX_PATH_CHARS];
    int fd;
    int64_t size; /* bytes, whole records only */
    px_journal_record *records;
    size_t n_records, capacity;
    int64_t torn_bytes; /* dropped at the end of a resumed journal */
    bool started_over;  /* cells of an earlier run were discarded, since `resume` was not asked for */
} px_journal;

/* Opens and locks the journal, and reads what is there when resume is set (an absent file is an empty journal).
 * PX_BAD_FILE for a file that is no journal, one of another identity (the first item that differs is named), an edited
 * one; PX_INCOMPLETE when another run holds it or the disk fails. After an error nothing is open. */
px_status px_journal_open(px_journal *j, const char *path, const px_identity *identity, int n_identity, bool resume,
                          px_error *err);

/* Appends a cell. After PX_INCOMPLETE the file is as it was before, as far as the disk allows. One thread at a time. */
px_status px_journal_append(px_journal *j, int64_t cell, int64_t n_records, const px_text *main, const px_text *library,
                            px_error *err);

/* Reads a record's bytes back into out (emptied first): main, then library. */
px_status px_journal_payload(const px_journal *j, const px_journal_record *record, px_text *out, px_error *err);

void px_journal_sort(px_journal *j); /* by cell */
void px_journal_close(px_journal *j);
void px_journal_remove(px_journal *j); /* its table is complete: the file goes, then the lock */

/* The two below are journal_read.c: a journal's bytes, judged. */

typedef enum px_journal_form { PX_JOURNAL_OURS, PX_JOURNAL_TORN, PX_JOURNAL_FOREIGN } px_journal_form;

/* Is this a journal at all? TORN: cut off within its first line (an empty file is one too). */
px_journal_form px_journal_recognise(const char *bytes, size_t n);

/* Fills j->records, j->size and j->torn_bytes. `header` is the first line that is expected, with its newline. */
px_status px_journal_parse(px_journal *j, const char *bytes, size_t n, const char *header, px_error *err);

void px_journal_head(int64_t cell, int64_t n_records, size_t main_bytes, size_t library_bytes, const char *payload,
                     px_text *out); /* appends the cell's line */
void px_journal_keep(px_journal *j, px_journal_record record);

#define PX_JOURNAL_MAGIC "precx-journal 1 "

#endif
