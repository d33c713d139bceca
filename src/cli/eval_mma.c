/* `precx eval mma`: the sums of a matrix unit from CSV to CSV. */
#include <string.h>

#include "arith/model.h"
#include "cli/eval.h"
#include "kernel/mma.h"

/* Hardware has no e4m3 and e5m2 but the OCP ones, so their short names are clear here. */
static px_status operand_format(const px_eval *e, px_option_id id, const px_fp *fallback, px_fp *fp, px_error *err) {
    const char *name = px_cli_text(e->cli, id, "");
    if (strcmp(name, "e4m3") == 0) return px_fp_parse("fp8_e4m3", fp, err);
    if (strcmp(name, "e5m2") == 0) return px_fp_parse("fp8_e5m2", fp, err);
    return px_eval_format(e, id, fallback, fp, err);
}

static px_status find_model(const px_cli *cli, px_model *model, px_error *err) {
    const char *names[PX_MODEL_COUNT - 1], *word = px_cli_text(cli, PX_OPT_MODEL, NULL);
    for (int i = 0; i < PX_MODEL_COUNT - 1; i++) names[i] = px_model_name((px_model)(i + 1));
    if (!word) return px_fail(err, PX_USAGE, "'precx eval mma' wants --model M");
    int found = px_model_find(word);
    if (found <= PX_MODEL_NONE) return px_cli_unknown(err, "model", word, names, PX_MODEL_COUNT - 1);
    *model = (px_model)found;
    return PX_OK;
}

static uint64_t compute(void *context, px_terms *terms, uint64_t record) {
    const px_mma *unit = context;
    (void)record;
    return px_mma_encode(unit->out, px_mma_sum(unit, terms));
}

px_status px_eval_mma(const px_eval *e, px_filter *f, px_error *err) {
    px_model model = PX_MODEL_NONE;
    px_fp in, in_b, out;
    px_mma unit;
    PX_TRY(find_model(e->cli, &model, err));
    PX_TRY(operand_format(e, PX_OPT_IN, NULL, &in, err));
    PX_TRY(operand_format(e, PX_OPT_IN_B, &in, &in_b, err));
    PX_TRY(px_eval_format(e, PX_OPT_OUT, NULL, &out, err));
    PX_TRY(px_mma_find(model, in, in_b, out, &unit, err));
    px_eval_sums sums = {
        .a = in, .b = in_b, .c = out, .d = out, .c_required = true, .compute = compute, .context = &unit};
    return px_eval_csv(e, f, &sums, err);
}
