/* Loading an experiment, inside the room: what the steps of px_experiment_load hand to one another. */
#ifndef PX_SPEC_LOAD_H
#define PX_SPEC_LOAD_H

#include "spec/experiment.h"
#include "spec/value.h"

/* only, exclude: the condition and how the plan names it when it drops a cell. */
typedef struct px_condition {
    const px_expr *e; /* NULL: none */
    const char *reason;
} px_condition;

typedef struct px_load {
    px_arena *arena;
    const px_kind_catalogue *kinds;
    const px_overrides *o;
    px_experiment *experiment;
    px_diagnostics *file;     /* of the experiment file */
    px_diagnostics **options; /* of --set, --filter, --seed, --profile: one a text */
    int n_options;
    const char *folder;       /* of the file, "" for the working directory */
    const px_kind_spec *kind; /* also the one that a misspelt name meant; NULL: not known */
    px_condition only, exclude;
    const px_expr *filter;
    px_diagnostics *filter_d;
    px_ini_entry **set; /* --set of axes */
    int n_set;
    const px_group **groups; /* of [sweep], the profile, --set and the defaults */
    int n_groups;
} px_load;

/* The diagnostics of a text of the command line. */
px_diagnostics *px_load_option(px_load *s, const char *option, const char *text);

/* Does the entry stand in the experiment file? Else in --set. */
bool px_load_from_file(const px_load *s, const px_ini_entry *entry);

enum { PX_REFERENCE_BITS_MIN = 64, PX_REFERENCE_BITS_MAX = 65536 };

/* One key of a section: checked, and what it sets is set. Values of [sweep] and of profiles are left for px_load_sweep. */
void px_load_key(px_load *s, const px_ini_section *section, const px_ini_entry *entry);

/* Finds the kind, then checks every section and key but the values of [sweep] and the profiles. */
void px_load_sections(px_load *s);

/* Every --set of a key of another section than [sweep]; what is left for the sweep goes to s->set. */
void px_load_set(px_load *s);

/* [sweep], the profiles and --set: the groups. */
void px_load_sweep(px_load *s);

/* The groups become cells; sets the hash. */
void px_load_plan(px_load *s, px_plan *plan);

#endif
