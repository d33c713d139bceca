#include "kind/conduct.h"

#include <math.h>
#include <string.h>

#include "backend/blas_host.h"
#include "backend/blas_library.h"
#include "data/data.h"

enum { FAR = 40, THREADS = 4, REPEATS = 3 };

const char *px_answer_text(px_answer a) {
    static const char *const texts[] = {[PX_ANSWER_UNKNOWN] = "", [PX_ANSWER_NO] = "no", [PX_ANSWER_YES] = "yes"};
    return texts[a];
}

static px_answer answer(bool yes) { return yes ? PX_ANSWER_YES : PX_ANSWER_NO; }

/* Three square matrices to ask with; `c` is the answer. */
typedef struct square {
    int64_t n;
    double *a, *b, *c;
} square;

static square square_new(px_arena *arena, int64_t n) {
    return (square){n, PX_NEW_ARRAY(arena, double, n *n), PX_NEW_ARRAY(arena, double, n *n),
                    PX_NEW_ARRAY(arena, double, n *n)};
}

static px_status ask(const px_asked *w, const square *s, px_error *err) {
    return px_ask(w, s->n, s->n, s->n, s->a, s->b, s->c, err);
}

/* Numbers of the format in [1, 2), all bits random. */
static void fill(const px_asked *w, uint64_t seed, square *s) {
    int bits = w->how.in.p - 1;
    for (int64_t i = 0; i < s->n * s->n; i++) {
        uint64_t x = px_draw_bits((px_draw){seed, 0, "A"}, (uint64_t)i);
        uint64_t y = px_draw_bits((px_draw){seed, 0, "B"}, (uint64_t)i);
        s->a[i] = 1 + ldexp((double)(x >> (64 - bits)), -bits);
        s->b[i] = 1 + ldexp((double)(y >> (64 - bits)), -bits);
    }
}

/* ---- mixing: the lower rows of A (the right columns of B) times 2^e must not touch the other half of C. ---- */

static int log2_up(int64_t n) {
    int e = 0;
    while ((int64_t)1 << e < n) e++;
    return e;
}

static px_status mixes_at(const px_asked *w, int64_t n, uint64_t seed, bool *mixes, px_error *err) {
    int e = w->hi - 2 - log2_up(n), most = w->how.in.emax - 1;
    if (e > FAR) e = FAR;
    if (e > most) e = most;
    px_arena *arena = px_arena_new();
    square plain = square_new(arena, n), scaled = square_new(arena, n);
    fill(w, seed, &plain);
    px_status status = ask(w, &plain, err);
    *mixes = false;
    for (int side = 0; side < 2 && status == PX_OK && e > 0; side++) {
        fill(w, seed, &scaled);
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = n / 2; j < n; j++) {
                if (side == 0) scaled.a[j * n + i] = ldexp(scaled.a[j * n + i], e);
                if (side == 1) scaled.b[i * n + j] = ldexp(scaled.b[i * n + j], e);
            }
        status = ask(w, &scaled, err);
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n / 2; j++) {
                int64_t at = side == 0 ? j * n + i : i * n + j;
                *mixes |= memcmp(&plain.c[at], &scaled.c[at], sizeof *plain.c) != 0;
            }
    }
    px_arena_free(arena);
    return status;
}

static px_status find_mixing(const px_asked *w, int64_t n, uint64_t seed, px_conduct *c, px_error *err) {
    for (int64_t size = 2; size <= n && c->mixes_from == 0; size *= 2) {
        bool mixes;
        PX_TRY(mixes_at(w, size, seed, &mixes, err));
        if (mixes) c->mixes_from = (int)size;
    }
    return PX_OK;
}

/* ---- NaN and infinities, with A of ones, B of ones and minus ones. ---- */

static void fill_ones(square *s) {
    for (int64_t i = 0; i < s->n * s->n; i++) s->a[i] = 1, s->b[i] = i % 3 == 0 ? -1 : 1;
}

/* All of row (column) `special`, and nothing else, is as wanted: any(x) is what its entries must be. */
static void judge(const square *s, int64_t special, bool column, int wanted(double), bool *kept, bool *spread) {
    for (int64_t i = 0; i < s->n; i++)
        for (int64_t j = 0; j < s->n; j++) {
            double x = s->c[i * s->n + j];
            if ((column ? j : i) == special)
                *kept &= wanted(x) != 0;
            else
                *spread |= !isfinite(x);
        }
}

static int is_nan(double x) { return x != x; }
static int not_finite(double x) { return !isfinite(x); }

static px_status watch_nan(const px_asked *w, square *s, px_conduct *c, px_error *err) {
    int64_t n = s->n, r = n / 3, t = n / 2, zero = n / 4;
    bool kept = true, spread = false;
    fill_ones(s);
    s->a[r * n + t] = NAN, s->b[t * n + zero] = 0; /* NaN 0 is a NaN */
    PX_TRY(ask(w, s, err));
    judge(s, r, false, is_nan, &kept, &spread);
    fill_ones(s);
    s->b[t * n + r] = NAN, s->a[zero * n + t] = 0;
    PX_TRY(ask(w, s, err));
    judge(s, r, true, is_nan, &kept, &spread);
    c->keeps_nan = answer(kept);
    c->spreads = answer(spread);
    return PX_OK;
}

static px_status watch_infinity(const px_asked *w, square *s, px_conduct *c, px_error *err) {
    if (!w->how.in.has_inf || !w->how.recipe.out.has_inf) return PX_OK;
    int64_t n = s->n, r = n / 3, t = n / 2, zero = n / 4;
    bool kept = true, spread = c->spreads == PX_ANSWER_YES;
    fill_ones(s);
    s->a[r * n + t] = INFINITY, s->b[t * n + zero] = 0; /* inf 0 is a NaN, inf x an infinity of its sign */
    PX_TRY(ask(w, s, err));
    judge(s, r, false, not_finite, &kept, &spread);
    for (int64_t j = 0; j < n; j++) {
        double x = s->c[r * n + j], factor = s->b[t * n + j];
        kept &= j == zero ? is_nan(x) != 0 : x == (factor > 0 ? (double)INFINITY : -(double)INFINITY);
    }
    fill_ones(s);
    s->a[r * n + t] = INFINITY, s->a[r * n + t - 1] = -(double)INFINITY;
    for (int64_t j = 0; j < n; j++) s->b[t * n + j] = s->b[(t - 1) * n + j] = 1; /* inf - inf is a NaN */
    PX_TRY(ask(w, s, err));
    judge(s, r, false, is_nan, &kept, &spread);
    c->keeps_infinity = answer(kept);
    c->spreads = answer(spread);
    return PX_OK;
}

/* ---- subnormal numbers: an operand times 1, and a product of normal numbers. ---- */

static px_status watch_subnormals(const px_asked *w, px_conduct *c, px_error *err) {
    px_fp in = w->how.in, out = w->how.recipe.out;
    px_arena *arena = px_arena_new();
    px_sum first = px_sum_new(arena, 2), second = px_sum_new(arena, 2);
    double operand = ldexp(1, in.emin - 1), product = ldexp(1, out.emin - 1), answers[2];
    bool operand_fits = in.subnormals && in.p > 1 && in.emin - 1 >= out.emin - out.p + 1, ignored = true;
    bool product_fits = out.p > 1 && out.emin - 1 >= 2 * in.emin;
    if (operand_fits) px_sum_product(&first, 0, operand, 1);
    if (product_fits) px_sum_power(&second, 0, 1, out.emin - 1);
    px_status status = px_sum_ask(w, &first, &answers[0], &ignored, err);
    if (status == PX_OK) status = px_sum_ask(w, &second, &answers[1], &ignored, err);
    px_arena_free(arena);
    PX_TRY(status);
    bool kept = (!operand_fits || answers[0] == operand) && (!product_fits || answers[1] == product);
    if (operand_fits || product_fits) c->keeps_subnormals = answer(kept);
    return PX_OK;
}

/* ---- the same product again. ---- */

static px_status watch_repeats(const px_asked *w, square *s, px_conduct *c, px_error *err) {
    px_arena *arena = px_arena_new();
    size_t bytes = (size_t)(s->n * s->n) * sizeof *s->c;
    double *first = px_arena_alloc(arena, bytes, 1);
    bool same = true;
    px_status status = ask(w, s, err);
    memcpy(first, s->c, bytes);
    for (int i = 1; i < REPEATS && status == PX_OK; i++) {
        status = ask(w, s, err);
        same &= memcmp(first, s->c, bytes) == 0;
    }
    px_arena_free(arena);
    c->same_repeats = answer(same);
    return status;
}

/* The words of a product in a library, once for each way to ask; all compared with those of the first. */
static px_status watch_library(const char *path, const px_asked *w, const square *s, px_conduct *c, px_error *err) {
    px_arena *arena = px_arena_new();
    px_blas_product p = {.routine = (px_blas_routine)px_blas_routine_for(w->how.in, w->how.recipe.out)};
    size_t size = px_blas_in_size(p.routine), count = (size_t)(s->n * s->n),
           bytes = count * px_blas_out_size(p.routine);
    void *a = px_arena_alloc(arena, count, size), *b = px_arena_alloc(arena, count, size);
    void *first = px_arena_alloc(arena, bytes, 1), *again = px_arena_alloc(arena, bytes, 1);
    px_blas_pack(w->how.in, s->a, s->n * s->n, a);
    px_blas_pack(w->how.in, s->b, s->n * s->n, b);
    p.m = p.n = p.k = s->n, p.a = a, p.b = b, p.c = first;
    px_status status = px_blas_multiply(path, &p, err);
    p.c = again;
    bool same = true;
    for (p.skew = size; p.skew < 64 && status == PX_OK; p.skew += size) {
        status = px_blas_multiply(path, &p, err);
        same &= memcmp(first, again, bytes) == 0;
    }
    c->same_alignment = answer(same);
    p.skew = 0, p.threads = THREADS;
    if (status == PX_OK) status = px_blas_multiply(path, &p, err);
    c->same_threads = answer(memcmp(first, again, bytes) == 0);
    px_arena_free(arena);
    return status == PX_OK ? px_blas_environment(path, c->environment, err) : status;
}

px_status px_conduct_watch(const px_asked *w, int64_t n, uint64_t seed, px_conduct *c, px_error *err) {
    *c = (px_conduct){.mixes_from = 0};
    px_arena *arena = px_arena_new();
    square s = square_new(arena, n);
    px_status status = find_mixing(w, n, seed, c, err);
    if (status == PX_OK) status = watch_nan(w, &s, c, err);
    if (status == PX_OK) status = watch_infinity(w, &s, c, err);
    if (status == PX_OK) status = watch_subnormals(w, c, err);
    fill(w, seed, &s);
    if (status == PX_OK) status = watch_repeats(w, &s, c, err);
    const char *path = px_blas_library_path(w->how.exec);
    if (status == PX_OK && path) status = watch_library(path, w, &s, c, err);
    px_arena_free(arena);
    return status;
}
