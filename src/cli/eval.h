/* What the operations of `precx eval` share: options read once, and the choices they stand for. */
#ifndef PX_CLI_EVAL_H
#define PX_CLI_EVAL_H

#include "arith/fp.h"
#include "arith/rounding.h"
#include "cli/cli.h"
#include "cli/filter.h"
#include "kernel/sum.h"

typedef struct px_eval {
    const px_cli *cli;
    px_rounding rounding; /* --rounding, --sr-bits */
    uint64_t stream;      /* of the random bits, from --seed */
} px_eval;

/* The format that an option names, with --subnormal applied. fallback NULL: the option must be given. */
px_status px_eval_format(const px_eval *e, px_option_id id, const px_fp *fallback, px_fp *fp, px_error *err);

/* --overflow, for a format that results are rounded to. */
px_status px_eval_overflow(const px_eval *e, px_fp *fp, px_error *err);

/* Sums of products from CSV to CSV, a record each: columns a, b, c hold words of these formats, d is a word of d. */
typedef struct px_eval_sums {
    px_fp a, b, c, d;
    bool c_required;
    uint64_t (*compute)(void *context, px_terms *terms, uint64_t record); /* record: from 0 */
    void *context;
} px_eval_sums;
px_status px_eval_csv(const px_eval *e, px_filter *f, const px_eval_sums *sums, px_error *err);

px_status px_eval_dot(const px_eval *e, px_filter *f, px_error *err);
px_status px_eval_mma(const px_eval *e, px_filter *f, px_error *err);

#endif
