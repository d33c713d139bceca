#include "kind/treatment.h"

#include <string.h>

#include "arith/model.h"
#include "backend/registry.h"
#include "base/philox.h"
#include "data/data.h"
#include "kind/axes.h"

enum { BLOCK_DEFAULT = 32, SPLITS_DEFAULT = 4, SLICES_DEFAULT = 4, MX_BLOCK_DEFAULT = 32 };

/* THE list of axes that apply only where another axis has a certain value: elsewhere they must keep their default. */
static const struct rule {
    const char *axis, *governor;
    const char *const *words; /* of the governor */
    int word;                 /* its value for which `axis` applies */
    bool others;              /* for all its values but that */
    int last;                 /* 0, or: for the values word .. last */
} rules[] = {
    {"block", "order", px_words_order, PX_BLOCKED, false, 0},
    {"splits", "order", px_words_order, PX_SPLITK, false, 0},
    {"partial", "order", px_words_order, PX_SPLITK, false, 0},
    {"sr_bits", "rounding", px_words_rounding, PX_STOCHASTIC, false, 0},
    {"product", "fused", px_words_fused, PX_FUSED_NO, false, 0},
    {"product", "model", px_words_model, PX_MODEL_NONE, false, 0}, /* a unit has its own ways */
    {"fused", "model", px_words_model, PX_MODEL_NONE, false, 0},
    {"rounding", "model", px_words_model, PX_MODEL_NONE, false, 0},
    {"subnormal", "model", px_words_model, PX_MODEL_NONE, false, 0},
    {"overflow", "model", px_words_model, PX_MODEL_NONE, false, 0},
    {"promote", "model", px_words_model, PX_MODEL_NONE, true, 0},
    {"slices", "algorithm", px_words_algorithm, PX_OZAKI, false, 0},
    {"mx_block", "algorithm", px_words_algorithm, PX_MXFP8_E4M3, false, PX_MXFP4},
    {"model", "algorithm", px_words_algorithm, PX_ALGORITHM_NONE, false, PX_BF16X9},
    {"order", "algorithm", px_words_algorithm, PX_ALGORITHM_NONE, false, PX_MXFP4}, /* the others have their own ways */
    {"product", "algorithm", px_words_algorithm, PX_ALGORITHM_NONE, false, PX_MXFP4},
    {"fused", "algorithm", px_words_algorithm, PX_ALGORITHM_NONE, false, PX_MXFP4},
    {"rounding", "algorithm", px_words_algorithm, PX_ALGORITHM_NONE, false, PX_MXFP4},
    {"cond", "data", px_words_vector, PX_VECTOR_conditioned, false, 0},
    {"tiny", "data", px_words_vector, PX_VECTOR_one_then_tiny, false, 0},
    {"edge", "data", px_words_pair, PX_PAIR_near_edge, false, 0},
    {"a", "data", px_words_pair, PX_PAIR_values, false, 0},
    {"b", "data", px_words_pair, PX_PAIR_values, false, 0},
};

const px_value *px_axis_value(const px_case *c, const char *name) {
    for (int i = 0; i < c->n_params; i++)
        if (strcmp(c->params[i].name, name) == 0) return &c->values[i];
    return NULL;
}

static const px_param *param(const px_case *c, const char *name) {
    const px_value *v = px_axis_value(c, name);
    return v ? &c->params[v - c->values] : NULL;
}

static int word(const px_case *c, const char *axis, int fallback) {
    const px_value *v = px_axis_value(c, axis);
    return v ? v->word : fallback;
}

static int64_t integer(const px_case *c, const char *axis) {
    const px_value *v = px_axis_value(c, axis);
    return v ? v->integer : 0;
}

/* A format of the cell under its subnormal and overflow axes. */
static px_status set_rules(const px_case *c, px_fp *fp, px_error *err) {
    if (px_fp_is_exact(*fp)) return PX_OK;
    if (word(c, "subnormal", PX_SUBNORMAL_KEEP) == PX_SUBNORMAL_FLUSH) fp->subnormals = 0;
    int overflow = word(c, "overflow", PX_OVERFLOW_OWN);
    return overflow == PX_OVERFLOW_OWN ? PX_OK : px_fp_set_overflow(fp, px_words_overflow[overflow], err);
}

/* The format of an axis, or `otherwise` where the kind has no such axis. */
static px_fp format(const px_case *c, const char *axis, px_fp otherwise) {
    const px_value *v = px_axis_value(c, axis);
    return v ? v->fp : otherwise;
}

static px_status fill(const px_case *c, px_treatment *t, px_error *err) {
    px_fp in = format(c, "format", px_fp_exact()), acc = format(c, "accum", in);
    t->recipe = px_recipe_uniform(acc);
    px_recipe *r = &t->recipe;
    t->in = in;
    r->model = (int16_t)word(c, "model", PX_MODEL_NONE);
    r->promote = (int32_t)integer(c, "promote");
    r->mul = r->model == PX_MODEL_NONE ? format(c, "product", acc) : px_fp_exact(); /* a unit rounds no product */
    r->out = format(c, "out", acc);
    px_rounding_mode mode = (px_rounding_mode)word(c, "rounding", PX_NEAREST_EVEN);
    r->rounding = (uint8_t)mode;
    r->sr_bits = px_rounding_of(mode).sr_bits;
    if (integer(c, "sr_bits") > 0) r->sr_bits = (uint8_t)integer(c, "sr_bits");
    r->order = (uint8_t)word(c, "order", PX_SEQUENTIAL);
    r->fused = word(c, "fused", PX_FUSED_NO) == PX_FUSED_YES;
    if (r->order == PX_BLOCKED) r->block = integer(c, "block") > 0 ? (int32_t)integer(c, "block") : BLOCK_DEFAULT;
    if (r->order == PX_SPLITK) r->split = format(c, "partial", px_fp_exact());
    if (r->order == PX_SPLITK) r->splits = integer(c, "splits") > 0 ? (int32_t)integer(c, "splits") : SPLITS_DEFAULT;
    r->algorithm = (uint8_t)word(c, "algorithm", PX_ALGORITHM_NONE);
    if (r->algorithm == PX_OZAKI) r->slices = integer(c, "slices") > 0 ? (int32_t)integer(c, "slices") : SLICES_DEFAULT;
    if (r->algorithm >= PX_MXFP8_E4M3 && r->algorithm <= PX_MXFP4)
        r->mx_block = integer(c, "mx_block") > 0 ? (int32_t)integer(c, "mx_block") : MX_BLOCK_DEFAULT;
    t->exec = px_backend_of(px_case_text(c, "backend"), px_case_value(c, "backend")->path);
    t->stream = px_philox(c->seed, px_stream("rounding"), (uint64_t)px_case_int(c, "rep")).lo;
    PX_TRY(set_rules(c, &t->in, err));
    PX_TRY(set_rules(c, &r->mul, err));
    PX_TRY(set_rules(c, &r->acc, err));
    PX_TRY(set_rules(c, &r->split, err));
    return set_rules(c, &r->out, err);
}

const char *px_treatment_refused(px_arena *arena, const px_case *c) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rule *r = &rules[i];
        const px_param *axis = param(c, r->axis), *governor = param(c, r->governor);
        if (!axis || !governor || governor->words != r->words) continue;
        int value = px_case_word(c, r->governor), last = r->last ? r->last : r->word;
        if ((value >= r->word && value <= last) != r->others) continue;
        if (strcmp(px_axis_value(c, r->axis)->text, axis->fallback) != 0)
            return px_arena_printf(arena, "%s %s has no %s (only %s = %s there)", r->governor,
                                   px_case_text(c, r->governor), r->axis, r->axis, axis->fallback);
    }
    px_treatment t;
    px_error err;
    if (fill(c, &t, &err) != PX_OK) return px_arena_strdup(arena, err.text);
    if (!t.exec) return px_arena_printf(arena, "no backend %s here", px_case_text(c, "backend"));
    return NULL;
}

px_treatment px_treatment_of(const px_case *c) {
    px_treatment t;
    px_error err;
    PX_ASSERT(fill(c, &t, &err) == PX_OK && t.exec);
    return t;
}

double px_treatment_step(const px_treatment *t) {
    const px_recipe *r = &t->recipe;
    bool sorted = r->order == PX_SORTED_UP || r->order == PX_SORTED_DOWN;
    return r->rounding == PX_NEAREST_EVEN && !sorted ? 20 : 250;
}
