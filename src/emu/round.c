/* out = a rounded to nearest even, a chunk at a time: by the machine's own conversion (fp16), by integer addition to
 * the words (formats with the exponents of binary32), or by the addition of a large number (all else that fits the
 * host). */
#include "emu/round.h"

#include "base/error.h"
#include "emu/plan.h"
#include "emu/view.h"

enum { CHUNK = 4096 };

typedef enum way { NO_WAY, BY_FP16, BY_WORDS, IN_BINARY32, IN_BINARY64 } way;

typedef struct rounding {
    const px_task *task;
    const px_isa *isa;
    way way;
    int drop;         /* BY_WORDS: bits of the significand that go */
    px_target target; /* IN_BINARY32, IN_BINARY64 */
    int64_t chunks;   /* of a row */
} rounding;

static bool is_ieee(px_fp f) { return f.subnormals && f.has_inf && f.overflow == PX_OVERFLOW_INF; }

static way choose(const px_task *task, rounding *r) {
    px_fp f = task->call->recipe.out;
    bool from32 = px_fits_float(task->in[0].fmt);
    if (task->call->recipe.rounding != PX_NEAREST_EVEN || px_fp_is_exact(f)) return NO_WAY;
    if (from32 && is_ieee(f) && f.p == 11 && f.emin == -14 && f.emax == 15 && r->isa->round_fp16_f32) return BY_FP16;
    if (from32 && is_ieee(f) && f.p < 24 && f.emin == -126 && f.emax == 127) {
        r->drop = 24 - f.p;
        return BY_WORDS;
    }
    if (from32 && px_plan_target(f, &px_binary32, &r->target)) return IN_BINARY32;
    if (!from32 && px_plan_target(f, &px_binary64, &r->target)) return IN_BINARY64;
    return NO_WAY;
}

static void round_f32(const rounding *r, int64_t n, const float *x, float *y) {
    if (r->way == BY_FP16)
        r->isa->round_fp16_f32(n, x, y);
    else if (r->way == BY_WORDS)
        r->isa->round_words_f32(r->drop, n, x, y);
    else
        r->isa->round_f32(&r->target, n, x, y);
}

/* n numbers of row i from column j on; straight from array to array where they lie together. */
static void run_f32(const rounding *r, int64_t i, int64_t j, int64_t n) {
    const px_view *in = &r->task->in[0], *out = &r->task->out[0];
    _Alignas(64) float x[CHUNK], y[CHUNK];
    bool to32 = px_fits_float(out->fmt) && out->cs == 1;
    const float *from = in->cs == 1 ? (const float *)in->data + i * in->rs + j : x;
    float *to = to32 ? (float *)out->data + i * out->rs + j : y;
    for (int64_t k = 0; k < n && from == x; k++) x[k] = (float)px_view_get(in, i, j + k);
    round_f32(r, n, from, to);
    for (int64_t k = 0; k < n && to == y; k++) px_view_set(out, i, j + k, (double)y[k]);
}

static void run_f64(const rounding *r, int64_t i, int64_t j, int64_t n) {
    _Alignas(64) double x[CHUNK];
    if (n < 1) return;
    for (int64_t k = 0; k < n; k++) x[k] = px_view_get(&r->task->in[0], i, j + k);
    r->isa->round_f64(&r->target, n, x, x);
    for (int64_t k = 0; k < n; k++) px_view_set(&r->task->out[0], i, j + k, x[k]);
}

static void run_chunk(void *context, int64_t c) {
    const rounding *r = context;
    int64_t i = c / r->chunks, j = c % r->chunks * CHUNK, n = r->task->out[0].cols - j;
    if (n > CHUNK) n = CHUNK;
    if (r->way == IN_BINARY64)
        run_f64(r, i, j, n);
    else
        run_f32(r, i, j, n);
}

bool px_round_matches(const px_task *task) {
    rounding r = {.task = task, .isa = px_isa_chosen()};
    return choose(task, &r) != NO_WAY;
}

void px_round_run(const px_task *task) {
    rounding r = {.task = task, .isa = px_isa_chosen()};
    r.way = choose(task, &r);
    PX_ASSERT(r.way != NO_WAY);
    r.chunks = (task->out[0].cols + CHUNK - 1) / CHUNK;
    double n = (double)task->out[0].rows * (double)task->out[0].cols;
    px_emu_for(n, task->out[0].rows * r.chunks, run_chunk, &r);
}
