/* Sums of products from CSV to CSV: what `precx eval dot` and `precx eval mma` share. */
#include <string.h>

#include "arith/codec.h"
#include "arith/round.h"
#include "cli/eval.h"
#include "io/csv.h"

/* The numbers of one field, words of format fp; *n of them, in the arena. */
static px_status read_words(px_arena *arena, px_filter *f, px_fp fp, const char *column, const char *field, double **x,
                            int64_t *n, px_error *err) {
    char *rest = px_arena_strdup(arena, field), name[24];
    *x = PX_NEW_ARRAY(arena, double, strlen(field) / 2 + 1);
    *n = 0;
    for (const char *word; (word = px_filter_cut(&rest));) {
        uint64_t bits;
        if (!px_word_parse(fp, word, &bits))
            return px_filter_fail(f, err, "column %s: '%s' is not a word of %s (%d hexadecimal digits)", column, word,
                                  px_fp_name(fp, name), px_word_digits(fp));
        (*x)[(*n)++] = px_flush(fp, px_decode(fp, bits));
    }
    return PX_OK;
}

/* Where the columns stand; -1: absent. */
typedef struct columns {
    int a, b, c, id;
} columns;

static px_status find_columns(px_filter *f, const px_csv *csv, const px_eval_sums *sums, columns *at, px_error *err) {
    *at =
        (columns){px_csv_column(csv, "a"), px_csv_column(csv, "b"), px_csv_column(csv, "c"), px_csv_column(csv, "id")};
    const char *missing = at->a < 0 ? "a" : at->b < 0 ? "b" : at->c < 0 && sums->c_required ? "c" : NULL;
    f->line = 1;
    return missing ? px_filter_fail(f, err, "the header has no column '%s'", missing) : PX_OK;
}

static px_status read_record(px_arena *arena, px_filter *f, const px_eval_sums *sums, const columns *at,
                             const char *const *row, px_terms *t, px_error *err) {
    double *a, *b, *c;
    int64_t na, nb, nc = 0;
    PX_TRY(read_words(arena, f, sums->a, "a", row[at->a], &a, &na, err));
    PX_TRY(read_words(arena, f, sums->b, "b", row[at->b], &b, &nb, err));
    if (at->c >= 0) PX_TRY(read_words(arena, f, sums->c, "c", row[at->c], &c, &nc, err));
    if (na != nb) return px_filter_fail(f, err, "column a has %lld words, column b %lld", (long long)na, (long long)nb);
    if (nc > 1 || (nc == 0 && sums->c_required))
        return px_filter_fail(f, err, "column c has %lld words, not one", (long long)nc);
    *t = (px_terms){.n = na, .a = a, .b = b, .stride_a = 1, .stride_b = 1, .c = nc ? c[0] : 0.0, .sign = 1.0};
    return PX_OK;
}

static void write_record(px_filter *f, px_fp out, const char *id, size_t number, uint64_t d) {
    char word[17], count[24];
    snprintf(word, sizeof word, "%0*llx", px_word_digits(out), (unsigned long long)d);
    snprintf(count, sizeof count, "%zu", number);
    px_csv_record(&f->out, (const char *[]){id ? id : count, word}, 2);
}

px_status px_eval_csv(const px_eval *e, px_filter *f, const px_eval_sums *sums, px_error *err) {
    px_csv csv;
    columns at;
    const char *bytes;
    size_t n;
    PX_TRY(px_filter_all(f, &bytes, &n, err));
    px_status status = px_csv_parse(e->cli->arena, "-", bytes, n, &csv, err); /* what stands before a mistake counts */
    if (status != PX_OK && csv.n_columns == 0) return status;
    PX_TRY(find_columns(f, &csv, sums, &at, err));
    px_csv_record(&f->out, (const char *[]){"id", "d"}, 2);
    px_arena *arena = px_arena_new();
    px_status bad = PX_OK;
    for (size_t i = 0; i < csv.n_rows && bad == PX_OK; i++) {
        const char *const *row = csv.rows[i];
        px_terms t;
        f->line = csv.lines[i];
        bad = read_record(arena, f, sums, &at, row, &t, err);
        if (bad == PX_OK)
            write_record(f, sums->d, at.id < 0 ? NULL : row[at.id], i + 1, sums->compute(sums->context, &t, i));
        px_arena_reset(arena);
    }
    px_arena_free(arena);
    return bad != PX_OK ? bad : status;
}
