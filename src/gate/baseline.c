/* Where a baseline is, and whether it is one of this experiment. */
#include <string.h>
#include <unistd.h>

#include "gate/accept.h"
#include "gate/gate.h"

const char *px_gate_directory(const px_experiment *e) { return e->baseline_dir ? e->baseline_dir : "results/baseline"; }

/* What differs, in the user's terms; the plan is what is left. */
static px_status other_settings(px_arena *arena, const px_experiment *e, const px_origin *o, const char *path,
                                px_error *err) {
    const char *seed = px_arena_printf(arena, "%llu", (unsigned long long)e->seed);
    const char *profile = e->profile ? e->profile : "";
    static const char remedy[] = "a table made with other settings cannot be judged by it; accept a new one if this is "
                                 "intended";
    if (strcmp(o->seed, seed) != 0)
        return px_fail(err, PX_NO_BASELINE, "%s: made with seed %s, not %s: %s", path, o->seed, seed, remedy);
    if (strcmp(o->profile, profile) != 0)
        return px_fail(err, PX_NO_BASELINE, "%s: made with profile '%s', not '%s': %s", path, o->profile, profile,
                       remedy);
    return px_fail(err, PX_NO_BASELINE, "%s: made for other axes or values (of the file, or by --set): %s", path,
                   remedy);
}

px_status px_gate_baseline(px_arena *arena, const px_experiment *e, px_result *baseline, px_error *err) {
    const char *path = px_baseline_path(arena, px_gate_directory(e), e->stem, e->profile);
    if (access(path, F_OK) != 0)
        return px_fail(err, PX_NO_BASELINE,
                       "%s: there is no baseline; make the last results one with: precx accept %s "
                       "--because \"...\"",
                       path, e->stem);
    PX_TRY(px_result_read(arena, path, baseline, err));
    if (!baseline->origin.known)
        return px_fail(err, PX_NO_BASELINE, "%s: no %s beside it: nobody can tell for which settings it was made", path,
                       baseline->meta_path);
    if (strcmp(baseline->origin.plan, e->hash) != 0) return other_settings(arena, e, &baseline->origin, path, err);
    return PX_OK;
}
