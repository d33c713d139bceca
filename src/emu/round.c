/* out = a rounded, a chunk at a time: by the machine's own conversion (fp16), by integer addition to the words (formats
 * with the exponents of the host), or by the addition of a large number (all else that fits the host). */
#include "emu/round.h"

#include "base/error.h"
#include "emu/chunk.h"
#include "emu/plan.h"
#include "emu/view.h"

static bool is_ieee(px_fp f) { return f.subnormals && f.has_inf && f.overflow == PX_OVERFLOW_INF; }

static bool has_exponents_of(px_fp f, const px_host *host) {
    return is_ieee(f) && f.emin == host->emin && f.emax == host->emax && f.p <= host->p;
}

static bool make(px_fp f, px_rounding r, const px_host *host, px_rounder *rounder) {
    *rounder = (px_rounder){.rounding = r, .drop = host->p - f.p};
    if (px_fp_is_exact(f)) return false;
    rounder->way = PX_ROUND_BY_WORDS;
    if (r.mode != PX_STOCHASTIC && has_exponents_of(f, host)) return true;
    rounder->way = PX_ROUND_BY_NUMBERS;
    return px_plan_target(f, host, &rounder->target);
}

bool px_rounder_f32(px_fp f, px_rounding r, px_rounder *rounder) {
    if (r.mode == PX_STOCHASTIC || !make(f, r, &px_binary32, rounder)) return false;
    bool fp16 = is_ieee(f) && f.p == 11 && f.emin == -14 && f.emax == 15;
    if (fp16 && r.mode == PX_NEAREST_EVEN && px_isa_chosen()->round_fp16_f32) rounder->way = PX_ROUND_BY_FP16;
    return true;
}

/* The threshold (1 - chance) q of stochastic rounding is a number of binary64. */
bool px_rounder_f64(px_fp f, px_rounding r, px_rounder *rounder) {
    if (!make(f, r, &px_binary64, rounder)) return false;
    return r.mode != PX_STOCHASTIC || (r.sr_bits <= 52 && f.emin - f.p + 1 - r.sr_bits >= -1074);
}

void px_round_floats(const px_rounder *r, int64_t n, const float *x, float *y) {
    const px_isa *isa = px_isa_chosen();
    switch (r->way) {
    case PX_ROUND_BY_FP16: isa->round_fp16_f32(n, x, y); break;
    case PX_ROUND_BY_WORDS: isa->round_words_f32(r->drop, r->rounding.mode, n, x, y); break;
    case PX_ROUND_BY_NUMBERS: isa->round_f32(&r->target, r->rounding.mode, n, x, NULL, y); break;
    }
}

void px_round_doubles(const px_rounder *r, int64_t n, const double *x, uint64_t stream, uint64_t element, uint64_t step,
                      double *y) {
    const px_isa *isa = px_isa_chosen();
    double chance[PX_CHUNK];
    PX_ASSERT(n <= PX_CHUNK);
    if (r->way == PX_ROUND_BY_WORDS) {
        isa->round_words_f64(r->drop, r->rounding.mode, n, x, y);
        return;
    }
    if (r->rounding.mode == PX_STOCHASTIC) isa->chances(r->rounding.sr_bits, stream, element, step, n, chance);
    isa->round_f64(&r->target, r->rounding.mode, n, x, chance, y);
}

/* ---- the path ---- */

static bool choose(const px_task *task, px_rounder *r, bool *floats) {
    px_fp f = task->call->recipe.out;
    px_rounding rounding = px_recipe_rounding(&task->call->recipe);
    *floats = px_fits_float(task->in[0].fmt) && px_rounder_f32(f, rounding, r);
    return *floats || px_rounder_f64(f, rounding, r);
}

enum { PART = 128 }; /* of a stream: what is read, rounded and written at a time overlaps */

static void floats_of_chunk(const px_chunk *c, void *context) {
    float x[PX_CHUNK], y[PX_CHUNK];
    const float *from = px_chunk_floats(c, 0, x);
    float *to = px_chunk_room(c, y);
    if (!c->streams) px_round_floats(context, c->n, from, to);
    for (int64_t k = 0; k < c->n && c->streams; k += PART) {
        int64_t n = c->n - k < PART ? c->n - k : PART;
        px_round_floats(context, n, from + k, y);
        px_isa_chosen()->stream_f32(n, y, px_chunk_place(c) + k);
    }
    if (!c->streams) px_chunk_put_floats(c, to);
}

static void doubles_of_chunk(const px_chunk *c, void *context) {
    double x[PX_CHUNK];
    const double *from = px_chunk_doubles(c, 0, x);
    px_round_doubles(context, c->n, from, c->task->call->stream, c->element, 0, x);
    px_chunk_put_doubles(c, x);
}

bool px_round_matches(const px_task *task) {
    px_rounder r;
    bool floats;
    return choose(task, &r, &floats);
}

void px_round_run(const px_task *task) {
    px_rounder r;
    bool floats;
    PX_ASSERT(choose(task, &r, &floats));
    px_for_chunks(task, 1, 1.0, floats ? floats_of_chunk : doubles_of_chunk, &r);
}
