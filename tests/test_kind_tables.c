/* The kinds' own tables: names, defaults and columns that the rest of the program relies on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/registry.h"
#include "data/data.h"
#include "kind/axes.h"
#include "kind/kind.h"

static void backends_are_those_of_the_registry(void **state) {
    (void)state;
    int n;
    const px_exec *const *backends = px_backends(&n);
    for (int i = 0; i < n; i++) assert_string_equal(px_words_backend[i], backends[i]->name);
    assert_null(px_words_backend[n]);
}

static void words_are_those_of_their_lists(void **state) {
    (void)state;
    for (int i = 0; px_words_order[i]; i++) assert_int_equal(px_order_find(px_words_order[i]), i);
    for (int i = 0; px_words_rounding[i]; i++) assert_int_equal(px_rounding_find(px_words_rounding[i]), i);
    for (int i = 0; px_words_vector[i]; i++) assert_string_equal(px_words_vector[i], px_vector_names()[i]);
    for (int i = 0; px_words_pair[i]; i++) assert_string_equal(px_words_pair[i], px_pair_names()[i]);
    for (int i = 0; px_words_matrix[i]; i++) assert_string_equal(px_words_matrix[i], px_matrix_names()[i]);
}

static void axes_are_complete(const px_kind_spec *spec) {
    for (int i = 0; i < spec->n_params; i++) {
        const px_param *p = &spec->params[i];
        assert_non_null(p->name);
        assert_non_null(p->fallback);
        assert_non_null(p->help);
        bool numeric = p->type == PX_PARAM_INT || p->type == PX_PARAM_REAL;
        if (numeric) assert_true(p->lo <= p->hi);
        if (p->type == PX_PARAM_WORD) assert_non_null(p->words);
        if (strcmp(p->fallback, "same") == 0) assert_non_null(p->same_as);
        for (int j = 0; j < i; j++) assert_string_not_equal(p->name, spec->params[j].name);
    }
}

static void columns_are_complete(const px_kind_spec *spec) {
    for (int i = 0; i < spec->n_columns; i++) {
        const px_column *c = &spec->columns[i];
        assert_true(*c->name && *c->help);
        assert_true((c->type == PX_COLUMN_TEXT) == (*c->unit == '\0'));
        for (int j = 0; j < i; j++) assert_string_not_equal(c->name, spec->columns[j].name);
        for (int j = 0; j < spec->n_params; j++) assert_string_not_equal(c->name, spec->params[j].name);
    }
    assert_string_equal(spec->columns[spec->n_columns - 1].name, "status");
}

static bool has_column(const px_kind_spec *spec, const char *name) {
    for (int i = 0; i < spec->n_columns; i++)
        if (strcmp(spec->columns[i].name, name) == 0) return true;
    return false;
}

static void kinds_are_complete(void **state) {
    (void)state;
    int n;
    const px_kind *const *kinds = px_kinds(&n);
    const px_kind_catalogue *catalogue = px_kind_catalogue_get();
    assert_true(n >= 4 && (size_t)n == catalogue->n_names);
    for (int i = 0; i < n; i++) {
        const px_kind *k = kinds[i];
        assert_string_equal(k->spec.name, catalogue->names[i]);
        assert_ptr_equal(px_kind_find(k->spec.name), k);
        assert_ptr_equal(catalogue->find(k->spec.name), &k->spec);
        axes_are_complete(&k->spec);
        columns_are_complete(&k->spec);
        assert_true(*k->question && *k->detail && k->sources && k->sources[0]);
        for (int h = 0; k->highlights[h]; h++) assert_true(has_column(&k->spec, k->highlights[h]));
    }
    assert_null(px_kind_find("gem"));
    assert_null(catalogue->find("gem"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backends_are_those_of_the_registry),
        cmocka_unit_test(words_are_those_of_their_lists),
        cmocka_unit_test(kinds_are_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
