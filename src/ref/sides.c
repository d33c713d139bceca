#include "ref/sides.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/room.h"

enum {
    FARTHEST = 300, /* exponents of scales: products of two of them, and of numbers, stay well within double */
    FINEST = -200,  /* of quanta */
};

/* A strip as stored, k x width; the last ones are filled up with zeros. */
static void copy(const px_ref_side *s, int64_t strip, double *to) {
    int64_t first = strip * s->width, lines = s->n - first < s->width ? s->n - first : s->width;
    if (lines < s->width) memset(to, 0, (size_t)(s->k * s->width) * sizeof *to);
    if (lines <= 0) return;
    if (s->rows)
        px_mat_get_block(s->m, first, 0, lines, s->k, to, 1, s->width);
    else
        px_mat_get_block(s->m, 0, first, s->k, lines, to, s->width, 1);
}

/* floor(log2 x), x > 0. */
static int exponent(double x) {
    int e;
    frexp(x, &e);
    return e - 1;
}

/* The power of two and the quantum of a line; scale inf when it cannot be used. */
static void settle(const px_mat *m, double squares, double least, double *scale, double *quantum) {
    *scale = 1;
    *quantum = 0;
    if (squares == 0 && least == (double)INFINITY) return;
    *scale = (double)INFINITY;
    if (!(squares >= 0x1p-580 && squares <= 0x1p580)) return; /* NaN too */
    /* The sum of squares is wrong by a factor of at most 1 + 2^-22: the scaled norm is below 1 - 2^-10. */
    int e = exponent(sqrt(squares) * (1 + 0x1p-9)) + 1;
    int p = px_fp_is_exact(m->fmt) ? 53 : m->fmt.p, lowest = px_fp_is_exact(m->fmt) ? -1022 : m->fmt.emin;
    int q = (exponent(least) > lowest ? exponent(least) : lowest) - p + 1 - e;
    if (abs(e) > FARTHEST || q < FINEST) return;
    *scale = ldexp(1, e);
    *quantum = q;
}

typedef struct job {
    px_ref_side *s;
    const px_ref_isa *isa;
} job;

/* Copies and scales a strip; lines that are not usable become zeros. */
static void pack(void *context, int64_t strip) {
    const job *w = context;
    const px_ref_side *s = w->s;
    int width = s->width;
    double *x = s->x + strip * s->k * width, *scale = s->scale + strip * width, factor[PX_REF_MAX_WIDTH];
    px_ref_survey v;
    copy(s, strip, x);
    w->isa->survey(x, s->k, s->rows, &v);
    bool negative = s->sign < 0;
    for (int i = 0; i < width; i++) {
        settle(s->m, v.squares[i], v.least[i], &scale[i], &s->quantum[strip * width + i]);
        negative |= v.negative[i] || isnan(v.squares[i]);
        factor[i] = s->sign / scale[i];
        for (int64_t t = 0; t < s->k && isinf(scale[i]); t++) x[t * width + i] = 0;
    }
    s->negative[strip] = negative;
    w->isa->scale(x, s->sizes ? s->sizes + strip * s->k * width : NULL, s->k, s->rows, factor);
}

px_ref_side px_ref_side_new(const px_mat *m, bool rows, double sign, bool sizes, const px_ref_isa *isa) {
    int width = rows ? isa->rows : isa->width;
    px_ref_side s = {.m = m, .sign = sign, .rows = rows, .width = width};
    s.n = rows ? m->rows : m->cols;
    s.k = rows ? m->cols : m->rows;
    s.strips = (s.n + width - 1) / width;
    s.strips += s.strips % 2; /* two at a time */
    int64_t lines = s.strips * width;
    /* one room for both: large rooms lie where they lay in the call before */
    s.x = px_room(lines * s.k, sizeof *s.x + (sizes ? sizeof *s.sizes : 0));
    if (sizes) s.sizes = (float *)(s.x + lines * s.k);
    s.scale = px_room(lines, sizeof *s.scale);
    s.quantum = px_room(lines, sizeof *s.quantum);
    s.negative = px_room(s.strips, sizeof *s.negative);
    px_parallel_for_work((double)lines * (double)s.k, s.strips, pack, &(job){&s, isa});
    return s;
}

void px_ref_side_free(px_ref_side *s) {
    free(s->x);
    free(s->scale);
    free(s->quantum);
    free(s->negative);
}

double px_ref_side_finest(const px_ref_side *s) {
    double finest = 0;
    for (int64_t i = 0; i < s->strips * s->width; i++)
        if (isfinite(s->scale[i])) finest = fmin(finest, s->quantum[i]);
    return finest;
}

bool px_ref_side_usable(const px_ref_side *s) {
    for (int64_t i = 0; i < s->strips * s->width; i++)
        if (!isfinite(s->scale[i])) return false;
    return true;
}

bool px_ref_side_negative(const px_ref_side *s) {
    for (int64_t i = 0; i < s->strips; i++)
        if (s->negative[i]) return true;
    return false;
}
