/* What the operations of `precx eval` share: options read once, and the choices they stand for. */
#ifndef PX_CLI_EVAL_H
#define PX_CLI_EVAL_H

#include "arith/fp.h"
#include "arith/rounding.h"
#include "cli/cli.h"
#include "cli/filter.h"

typedef struct px_eval {
    const px_cli *cli;
    px_rounding rounding; /* --rounding, --sr-bits */
    uint64_t stream;      /* of the random bits, from --seed */
} px_eval;

/* The format that an option names, with --subnormal applied. fallback NULL: the option must be given. */
px_status px_eval_format(const px_eval *e, px_option_id id, const px_fp *fallback, px_fp *fp, px_error *err);

/* --overflow, for a format that results are rounded to. */
px_status px_eval_overflow(const px_eval *e, px_fp *fp, px_error *err);

/* eval dot: CSV in, CSV out. */
px_status px_eval_dot(const px_eval *e, px_filter *f, px_error *err);

#endif
