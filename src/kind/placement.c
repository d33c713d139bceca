/* Where cells are computed, for kinds that have the axis `backend`. */
#include "backend/registry.h"
#include "kind/kind.h"
#include "kind/treatment.h"

static const char *backend_of(const px_case *c) {
    const px_value *v = px_axis_value(c, "backend");
    return v ? v->text : "emulated";
}

px_status px_kind_ready(const px_plan *plan, px_error *err) {
    for (int64_t i = 0; i < plan->n_cells; i++) PX_TRY(px_backend_ready(backend_of(&plan->cells[i]), err));
    return PX_OK;
}

bool px_kind_placed(const px_plan *plan) {
    for (int64_t i = 0; i < plan->n_cells; i++)
        if (px_backend_may_move(backend_of(&plan->cells[i]))) return true;
    return false;
}

const char *px_kind_executed_on(const px_case *c) { return px_backend_place(backend_of(c)); }
