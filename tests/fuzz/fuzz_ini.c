/* Any bytes as an experiment file: they are taken or refused with a report, and never crash, hang or fill the memory.
 */
#include "spec/plot.h"
#include "spec/rule.h"
#include "support/fake_kind.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    px_arena *arena = px_arena_new();
    px_experiment experiment;
    px_plan plan;
    px_text report = {0};
    px_error err;
    px_status status = px_experiment_parse(arena, "fuzz.ini", (const char *)bytes, n, &fake_kinds,
                                           &(px_overrides){.max_cells = 1000}, &experiment, &plan, &report, &err);
    PX_ASSERT((status == PX_OK) == (report.length == 0));
    PX_ASSERT(status == PX_OK || status == PX_BAD_FILE);
    if (status == PX_OK) { /* what is read later takes what has been checked */
        int n_plots;
        px_tolerance_read(arena, &experiment);
        px_plots_read(arena, &experiment, &n_plots);
    }
    px_text_free(&report);
    px_arena_free(arena);
    return 0;
}
