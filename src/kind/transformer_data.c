#include <math.h>
#include <string.h>

#include "arith/round.h"
#include "data/data.h"
#include "data/gallery_random.h"
#include "kind/transformer.h"

static void put(px_mat *m, int64_t i, int64_t j, double x) {
    px_mat_set(m, i, j, px_round(m->fmt, px_rounding_of(PX_NEAREST_EVEN), x, 0));
}

/* Entry e of the matrix: N(0,1) number `first + e` of the stream, times the standard deviation. */
static void put_normal(px_mat *m, px_draw d, uint64_t first, double deviation) {
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++)
            put(m, i, j, deviation * px_draw_normal(d, first + (uint64_t)(i * m->cols + j)));
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), k = strlen(end);
    return n >= k && strcmp(text + n - k, end) == 0;
}

static void put_uniform(px_mat *m, px_draw d, double largest) {
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++)
            put(m, i, j, largest * (2 * px_draw_uniform(d, (uint64_t)(i * m->cols + j)) - 1));
}

/* The first columns of a random orthogonal matrix; as rows where there are more columns than rows. */
static void put_orthogonal(px_mat *m, px_draw d) {
    bool wide = m->rows < m->cols;
    int64_t rows = wide ? m->cols : m->rows, cols = wide ? m->rows : m->cols;
    px_arena *arena = px_arena_new();
    double *b = PX_NEW_ARRAY(arena, double, rows *cols), *scratch = PX_NEW_ARRAY(arena, double, rows + cols);
    for (int64_t j = 0; j < cols; j++) b[j * cols + j] = 1;
    px_random_orthogonal(d, 0, rows, cols, b, scratch);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) put(m, wide ? j : i, wide ? i : j, b[i * cols + j]);
    px_arena_free(arena);
}

static void start_matrix(const px_transformer *t, px_mat *m, px_draw d) {
    double in = (double)m->cols, out = (double)m->rows;
    switch (t->initial) {
    case PX_INITIAL_GPT2: {
        bool ends_branch = ends_with(d.stream, "c_proj.weight");
        put_normal(m, d, 0, ends_branch ? t->init / sqrt(2 * (double)t->model.layers) : t->init);
        return;
    }
    case PX_INITIAL_XAVIER_UNIFORM: put_uniform(m, d, sqrt(6 / (in + out))); return;
    case PX_INITIAL_XAVIER_NORMAL: put_normal(m, d, 0, sqrt(2 / (in + out))); return;
    case PX_INITIAL_HE: put_normal(m, d, 0, sqrt(2 / in)); return;
    case PX_INITIAL_ORTHOGONAL: put_orthogonal(m, d); return;
    case PX_INITIAL_COUNT: break;
    }
}

/* Biases 0, gains 1. */
static void start_parameter(const px_case *c, px_transformer *t, const px_nn_param *q) {
    const px_slot *slot = &t->program.prog.slots[q->value];
    px_mat *m = &t->train.inputs[q->value];
    if (q->matrix) {
        start_matrix(t, m, (px_draw){c->seed, t->rep, slot->name});
        return;
    }
    for (int64_t j = 0; j < m->cols; j++) put(m, 0, j, ends_with(slot->name, ".weight") ? 1 : 0);
}

void px_transformer_start(const px_case *c, px_transformer *t) {
    const px_nn_program *p = &t->program;
    for (int32_t i = 0; i < p->n_params; i++) start_parameter(c, t, &p->params[i]);
    if (t->model.loss == PX_NN_LOSS_CROSS_ENTROPY) return;
    uint64_t entries = (uint64_t)(t->model.batch * t->model.length * t->model.width);
    for (int32_t k = 0; k < p->n_batches; k++) {
        uint64_t first = (uint64_t)k * entries;
        put_normal(&t->train.inputs[p->x[k]], (px_draw){c->seed, t->rep, "x"}, first, 1);
        if (p->dy[k] >= 0) put_normal(&t->train.inputs[p->dy[k]], (px_draw){c->seed, t->rep, "dy"}, first, t->grad);
        if (p->target[k] >= 0)
            put_normal(&t->train.inputs[p->target[k]], (px_draw){c->seed, t->rep, "target"}, first, 1);
    }
}

/* Sequences that begin at random within `places` places from `first`; the draws from number `index` on. */
static void put_text(px_transformer *t, px_draw draw, uint64_t index, int64_t first, int64_t places) {
    const px_nn_program *p = &t->program;
    int64_t length = t->model.length;
    for (int32_t k = 0; k < p->n_batches; k++)
        for (int64_t s = 0; s < t->model.batch; s++, index++) {
            const uint8_t *from = t->text.token + first + px_draw_bits(draw, index) % (uint64_t)places;
            for (int64_t i = 0; i < length; i++) {
                px_mat_set(&t->train.inputs[p->tokens[k]], s * length + i, 0, from[i]);
                px_mat_set(&t->train.inputs[p->target[k]], s * length + i, 0, from[i + 1]);
            }
        }
}

int64_t px_transformer_seen(const px_transformer *t) {
    return t->text.length - (int64_t)(t->held.part * (double)t->text.length);
}

void px_transformer_batch(const px_case *c, px_transformer *t) {
    int64_t sequences = t->program.n_batches * t->model.batch;
    if (t->model.loss != PX_NN_LOSS_CROSS_ENTROPY) return;
    put_text(t, (px_draw){c->seed, t->rep, "text"}, (uint64_t)(t->train.attempt * sequences), 0,
             px_transformer_seen(t) - t->model.length);
}

px_status px_transformer_hold(const px_case *c, px_transformer *t, px_error *err) {
    px_transformer_held *h = &t->held;
    int64_t seen = px_transformer_seen(t), step = t->train.attempt + 1;
    if (h->part == 0) return PX_OK;
    put_text(t, (px_draw){c->seed, t->rep, "held"}, 0, seen, t->text.length - seen - t->model.length);
    PX_TRY(px_nn_evaluate(&t->train, &h->loss, err));
    if (step == 1 || h->loss < h->least) {
        h->least = h->loss;
        h->least_at = step;
    }
    h->stopped = h->patience > 0 && step - h->least_at >= h->patience;
    return PX_OK;
}
