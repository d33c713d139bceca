#include "ref/sides.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "ref/isa/isa.h"

enum {
    FARTHEST = 300, /* exponents of scales: products of two of them, and of numbers, stay well within double */
    FINEST = -200,  /* of quanta */
    ALIGNMENT = 64,
};

static void *scratch(int64_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow((size_t)count, size, &bytes) || bytes > SIZE_MAX - ALIGNMENT) px_out_of_memory(~0ull);
    void *p = aligned_alloc(ALIGNMENT, (bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT);
    if (!p) px_out_of_memory(bytes);
    return p;
}

/* What the lines look like: their squared norms and their smallest magnitudes other than 0. */
typedef struct survey {
    double squares[PX_REF_MAX_WIDTH], least[PX_REF_MAX_WIDTH], low[PX_REF_MAX_WIDTH];
} survey;

/* A strip as stored, k x width; the last one is filled up with zeros. */
static void copy(const px_ref_side *s, int64_t strip, double *to) {
    int64_t first = strip * s->width, lines = s->n - first < s->width ? s->n - first : s->width;
    if (lines < s->width) memset(to, 0, (size_t)(s->k * s->width) * sizeof *to);
    if (!s->rows) {
        for (int64_t t = 0; t < s->k && lines > 0; t++) px_mat_get_row(s->m, t, first, lines, to + t * s->width);
        return;
    }
    enum { PIECE = 256 };
    double piece[PIECE];
    for (int64_t i = 0; i < lines; i++)
        for (int64_t done = 0; done < s->k; done += PIECE) {
            int64_t n = s->k - done < PIECE ? s->k - done : PIECE;
            px_mat_get_row(s->m, first + i, done, n, piece);
            for (int64_t t = 0; t < n; t++) to[(done + t) * s->width + i] = piece[t];
        }
}

/* lowest: the smallest of the numbers and of 0; the words of -0 and of NaN are found by their signs and comparisons. */
static void look(const double *x, int64_t k, int width, survey *v) {
    for (int i = 0; i < width; i++) v->squares[i] = v->low[i] = 0, v->least[i] = (double)INFINITY;
    for (int64_t t = 0; t < k; t++, x += width)
        for (int i = 0; i < width; i++) {
            double size = fabs(x[i]), counted = size > 0 ? size : (double)INFINITY, sign = copysign(1, x[i]);
            v->squares[i] += x[i] * x[i];
            v->least[i] = counted < v->least[i] ? counted : v->least[i];
            v->low[i] = sign < v->low[i] ? sign : v->low[i];
        }
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

/* Scales the lines of a strip; those that are not usable become zeros. */
static void scale_strip(const px_ref_side *s, int64_t strip, double *x) {
    int width = s->width;
    const double *scale = s->scale + strip * width;
    double factor[PX_REF_MAX_WIDTH];
    bool usable = true;
    for (int i = 0; i < width; i++) {
        factor[i] = s->sign / scale[i];
        usable &= isfinite(scale[i]) != 0;
    }
    for (int64_t t = 0; t < s->k; t++)
        for (int i = 0; i < width; i++) x[t * width + i] *= factor[i];
    for (int i = 0; i < width && !usable; i++)
        for (int64_t t = 0; t < s->k && isinf(scale[i]); t++) x[t * width + i] = 0;
}

static void pack(void *context, int64_t strip) {
    px_ref_side *s = context;
    int width = s->width;
    double *x = s->x + strip * s->k * width;
    survey v;
    copy(s, strip, x);
    look(x, s->k, width, &v);
    bool negative = s->sign < 0;
    for (int i = 0; i < width; i++) {
        int64_t line = strip * width + i;
        settle(s->m, v.squares[i], v.least[i], &s->scale[line], &s->quantum[line]);
        negative |= v.low[i] < 0 || isnan(v.squares[i]);
    }
    s->negative[strip] = negative;
    scale_strip(s, strip, x);
}

px_ref_side px_ref_side_new(const px_mat *m, bool rows, double sign, int width) {
    PX_ASSERT(width <= PX_REF_MAX_WIDTH);
    px_ref_side s = {.m = m, .sign = sign, .rows = rows, .width = width};
    s.n = rows ? m->rows : m->cols;
    s.k = rows ? m->cols : m->rows;
    s.strips = (s.n + width - 1) / width;
    if (rows) s.strips += s.strips % 2; /* two at a time */
    int64_t lines = s.strips * width;
    s.x = scratch(lines * s.k, sizeof *s.x);
    s.scale = scratch(lines, sizeof *s.scale);
    s.quantum = scratch(lines, sizeof *s.quantum);
    s.negative = scratch(s.strips, sizeof *s.negative);
    px_parallel_for_work((double)lines * (double)s.k, s.strips, pack, &s);
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
