/* From a complete journal to the files of a run. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/csv.h"
#include "run/sweep.h"

void px_sweep_path(const px_sweep *s, const char *suffix, char path[PX_PATH_CHARS]) {
    char part[32] = "";
    if (s->options->n_shards > 1) snprintf(part, sizeof part, ".%dof%d", s->options->shard, s->options->n_shards);
    int n = snprintf(path, PX_PATH_CHARS, "%s/%s%s.%s", s->directory, s->experiment->stem, part, suffix);
    PX_ASSERT(n < PX_PATH_CHARS); /* px_run has checked */
}

static px_status open_table(const px_sweep *s, const char *suffix, const px_layout *layout, px_outfile *f,
                            px_error *err) {
    char path[PX_PATH_CHARS];
    px_sweep_path(s, suffix, path);
    PX_TRY(px_outfile_open(f, path, err));
    px_text header = {0};
    px_layout_header(layout, &header);
    px_status status = px_outfile_write(f, header.s, header.length, err);
    px_text_free(&header);
    return status;
}

static px_status count(const px_sweep *s, const px_journal_record *r, const char *records, px_tally *tally,
                       px_error *err) {
    int64_t by_status[PX_CELL_STATUS_COUNT] = {0};
    if (!px_layout_count(records, r->main_bytes, r->n_records, by_status))
        return px_fail(err, PX_BAD_FILE,
                       "%s: the records of cell %lld are not what they were: the journal was edited; "
                       "without --resume the run starts over",
                       s->journal.path, (long long)r->cell);
    int worst = PX_CELL_STATUS_COUNT;
    for (int i = PX_CELL_STATUS_COUNT; i-- > 0;) { /* the list has the worst first */
        tally->rows[i] += by_status[i];
        if (by_status[i]) worst = i;
    }
    PX_ASSERT(worst < PX_CELL_STATUS_COUNT);
    tally->cells[worst]++;
    return PX_OK;
}

/* The records of all cells, in plan order: the journal's bytes as they are. */
static px_status write_records(px_sweep *s, px_outfile *main, px_outfile *library, px_tally *tally, px_error *err) {
    px_text records = {0};
    px_status status = PX_OK;
    px_journal_sort(&s->journal);
    for (size_t i = 0; i < s->journal.n_records && status == PX_OK; i++) {
        const px_journal_record *r = &s->journal.records[i];
        status = px_journal_payload(&s->journal, r, &records, err);
        if (status == PX_OK) status = count(s, r, records.s, tally, err);
        if (status == PX_OK) status = px_outfile_write(main, records.s, r->main_bytes, err);
        if (status == PX_OK && library && r->library_bytes)
            status = px_outfile_write(library, records.s + r->main_bytes, r->library_bytes, err);
    }
    px_text_free(&records);
    return status;
}

static px_status write_timing(const px_sweep *s, px_outfile *f, px_error *err) {
    static const char *const header[] = {"cell", "time_s"};
    char path[PX_PATH_CHARS], seconds[32];
    px_sweep_path(s, "timing.csv", path);
    px_text text = {0};
    px_csv_record(&text, header, 2);
    for (int64_t i = 0; i < s->n_cells; i++) {
        if (s->kept[i]) continue;
        snprintf(seconds, sizeof seconds, "%.6f", s->seconds[i]);
        px_csv_record(&text, (const char *const[]){s->cells[i]->id, seconds}, 2);
    }
    px_status status = px_outfile_open(f, path, err);
    if (status == PX_OK) status = px_outfile_write(f, text.s, text.length, err);
    if (status == PX_OK) status = px_outfile_complete(f, err);
    px_text_free(&text);
    return status;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static px_status write_meta(const px_sweep *s, const px_tally *tally, const px_outfile *main, const px_outfile *library,
                            px_outfile *f, px_error *err) {
    px_published files[2] = {{base_name(main->path), main->hash}, {NULL, NULL}};
    if (library) files[1] = (px_published){base_name(library->path), library->hash};
    char path[PX_PATH_CHARS];
    px_sweep_path(s, "meta.json", path);
    px_text text = {0};
    px_provenance(s, tally, &files[0], library ? &files[1] : NULL, &text);
    px_status status = px_outfile_open(f, path, err);
    if (status == PX_OK) status = px_outfile_write(f, text.s, text.length, err);
    if (status == PX_OK) status = px_outfile_complete(f, err);
    px_text_free(&text);
    return status;
}

enum { MAIN, LIBRARY, TIMING, META, N_FILES };

static px_status write_all(px_sweep *s, bool has_library, px_outfile files[N_FILES], px_tally *tally, px_error *err) {
    px_outfile *library = has_library ? &files[LIBRARY] : NULL;
    PX_TRY(open_table(s, "csv", &s->main, &files[MAIN], err));
    if (library) PX_TRY(open_table(s, "library.csv", &s->library, library, err));
    PX_TRY(write_records(s, &files[MAIN], library, tally, err));
    PX_TRY(px_outfile_complete(&files[MAIN], err));
    if (library) PX_TRY(px_outfile_complete(library, err));
    PX_TRY(write_timing(s, &files[TIMING], err));
    return write_meta(s, tally, &files[MAIN], library, &files[META], err);
}

px_status px_publish(px_sweep *s, px_tally *tally, px_error *err) {
    bool has_library = s->library.n_fields > 0;
    px_outfile files[N_FILES];
    for (int i = 0; i < N_FILES; i++) files[i] = (px_outfile){.fd = -1};
    *tally = (px_tally){{0}, {0}};
    px_status status = write_all(s, has_library, files, tally, err);
    for (int i = 0; i < N_FILES && status == PX_OK; i++)
        if (i != LIBRARY || has_library) status = px_outfile_rename(&files[i], err);
    for (int i = 0; i < N_FILES; i++) px_outfile_discard(&files[i]);
    PX_TRY(status);
    char stale[PX_PATH_CHARS];
    px_sweep_path(s, "library.csv", stale);
    if (!has_library) unlink(stale); /* of an earlier table of this name */
    PX_TRY(px_directory_sync(s->directory, err));
    px_journal_remove(&s->journal);
    return PX_OK;
}
