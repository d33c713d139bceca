#include "kind/kinds.h"

#include <string.h>

static const px_kind *const kinds[] = {
#define ROW(id) &px_kind_##id,
    PX_KIND_LIST(ROW)
#undef ROW
};

const px_kind *const *px_kinds(int *n) {
    *n = PX_KIND_COUNT_OF(kinds);
    return kinds;
}

const px_kind *px_kind_find(const char *name) {
    for (int i = 0; i < PX_KIND_COUNT_OF(kinds); i++)
        if (strcmp(kinds[i]->spec.name, name) == 0) return kinds[i];
    return NULL;
}

static const px_kind_spec *find_spec(const char *name) {
    const px_kind *kind = px_kind_find(name);
    return kind ? &kind->spec : NULL;
}

const px_kind_catalogue *px_kind_catalogue_get(void) {
#define NAME(id) #id,
    static const char *const names[] = {PX_KIND_LIST(NAME)};
#undef NAME
    static const px_kind_catalogue catalogue = {
        .find = find_spec, .names = names, .n_names = sizeof names / sizeof *names};
    return &catalogue;
}
