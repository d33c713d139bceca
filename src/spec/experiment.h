/* From a file and the command line to a checked experiment, and from that to a plan: the list of cells. */
#ifndef PX_SPEC_EXPERIMENT_H
#define PX_SPEC_EXPERIMENT_H

#include "spec/expr.h"
#include "spec/ini.h"
#include "spec/param.h"

/* What spec needs to know of a kind (the rest is kind/kind.h): name, axes, and the columns that [measure] may name. */
typedef struct px_kind_spec {
    const char *name;
    const px_param *params;
    int n_params;
    const px_column *columns;
    int n_columns;
    /* Why this combination cannot be run (a backend that lacks a format), or NULL. Text in the arena. Such cells are
     * left out of the plan and counted by reason. */
    const char *(*unsupported)(px_arena *arena, const px_case *c);
} px_kind_spec;

/* The command line's part. */
typedef struct px_overrides {
    const char *const *set; /* --set KEY=VALUE */
    int n_set;
    const char *filter, *profile; /* NULL: none */
    const char *seed;             /* --seed, as text; NULL: the file's */
    int64_t max_cells;            /* combinations; 0: PX_CELLS_MAX */
} px_overrides;

typedef enum px_engine { PX_ENGINE_AUTO, PX_ENGINE_MPFR } px_engine;

/* Tolerance and plot sections are kept as written, checked, until their readers need them. */
typedef struct px_experiment {
    const char *path, *stem; /* stem: NAME, the file's name without .ini */
    const px_kind_spec *kind;
    const char *title, *profile; /* profile NULL: none */
    uint64_t seed;
    px_engine engine;
    int64_t reference_bits;                /* 0: as many as it takes */
    const char *output_dir, *baseline_dir; /* [output], NULL: not given */
    const char *const *metrics;            /* [measure] metrics; n_metrics = 0: all */
    int n_metrics;
    const char *const *tables; /* [output] tables; n_tables = 0: all */
    int n_tables;
    px_ini ini;    /* plot sections are read from here */
    char hash[65]; /* SHA-256, in hex, of kind, seed, plan and profile in canonical text: the identity of a run */
} px_experiment;

enum { PX_GROUP_MAX = 16, PX_CELLS_MAX = 100000 };

typedef struct px_dropped {
    const char *reason; /* "exclude (line 6)", "openblas has no fp16" */
    int64_t count;
} px_dropped;

/* An axis with its values, or axes that move together with their tuples. */
typedef struct px_group {
    int axes[PX_GROUP_MAX], n_axes; /* indices of params, as written */
    const px_value *values;         /* n_tuples x n_axes, row-major; `same` not yet resolved */
    int n_tuples;
    const char *name;  /* as written: a/b */
    int line, column;  /* of the key; 0: the kind's default */
    px_diagnostics *d; /* of the text it stands in */
} px_group;

/* Cells in plan order: the axes in the kind's own order, the last one fastest; tied axes (a/b = x/y) move together in
 * the place of the first of them. `only`, `exclude` and unsupported combinations are out; `filter` selects afterwards.
 */
typedef struct px_plan {
    const px_case *cells; /* selected ones; index counts the unfiltered plan */
    int64_t n_cells, n_unfiltered, n_combinations;
    const px_dropped *dropped;
    int n_dropped;
    const px_group *const *groups; /* every axis of the kind is in one; in plan order */
    int n_groups;
    const bool *axis_named; /* n_params: named in [sweep], a profile or --set */
} px_plan;

/* The kinds there are: find maps a name to a kind (NULL: unknown), names are for suggestions. */
typedef struct px_kind_catalogue {
    const px_kind_spec *(*find)(const char *name);
    const char *const *names;
    size_t n_names;
} px_kind_catalogue;

/* Reads, checks and expands; everything lives in the arena. All mistakes go to `report` (may be NULL), ready to print,
 * and to err->text as far as it holds them. Mistakes of the file: PX_BAD_FILE; of --set, --filter, --seed and
 * --profile: PX_USAGE. A filter that no cell matches is a mistake. Nothing is written anywhere. */
px_status px_experiment_load(px_arena *arena, const char *path, const px_kind_catalogue *kinds, const px_overrides *o,
                             px_experiment *experiment, px_plan *plan, px_text *report, px_error *err);

/* The same for a text in memory: path only names it. */
px_status px_experiment_parse(px_arena *arena, const char *path, const char *bytes, size_t n,
                              const px_kind_catalogue *kinds, const px_overrides *o, px_experiment *experiment,
                              px_plan *plan, px_text *report, px_error *err);

#endif
