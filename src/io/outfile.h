/* Files that appear whole or not at all: written under PATH.new, synced, then renamed. Whoever holds the journal's lock
 * is the only writer of these names. */
#ifndef PX_IO_OUTFILE_H
#define PX_IO_OUTFILE_H

#include <stdbool.h>
#include <sys/types.h>

#include <sha2.h>

#include "base/error.h"
#include "base/text.h"

enum { PX_PATH_CHARS = 512 };

typedef struct px_outfile {
    char path[PX_PATH_CHARS], temporary[PX_PATH_CHARS + 8];
    int fd; /* -1: closed */
    px_text buffer;
    SHA2_CTX sha;
    char hash[65]; /* SHA-256 in hex; filled by px_outfile_complete */
} px_outfile;

/* Every failure is PX_INCOMPLETE and names the path and what the system said; the temporary file is gone then. */
px_status px_outfile_open(px_outfile *f, const char *path, px_error *err);
px_status px_outfile_write(px_outfile *f, const char *bytes, size_t n, px_error *err);

/* Flushes, syncs and closes: all bytes are on disk, under the temporary name. */
px_status px_outfile_complete(px_outfile *f, px_error *err);
px_status px_outfile_rename(px_outfile *f, px_error *err);

void px_outfile_discard(px_outfile *f); /* removes the temporary file, if any; harmless after a rename */

/* Makes renames in this directory durable. */
px_status px_directory_sync(const char *directory, px_error *err);

/* Creates a directory and its parents. */
px_status px_directory_make(const char *directory, px_error *err);

/* write(2) until all is written; false with errno set. */
bool px_write_all(int fd, const char *bytes, size_t n);

#endif
