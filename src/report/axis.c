#include "report/axis.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* x = 2^e m, m in [sqrt(1/2), sqrt(2)); ln m = 2 artanh((m - 1)/(m + 1)), 12 terms for |s| <= 0.1716. */
double px_log10(double x) {
    static const double log10_2 = 0.30102999566398119521, log10_e = 0.43429448190325182765;
    int e;
    double m = frexp(x, &e);
    if (m < 0.70710678118654752) m *= 2, e--;
    double s = (m - 1) / (m + 1), sum = 0;
    for (int k = 23; k >= 1; k -= 2) sum = sum * s * s + 1.0 / k;
    return e * log10_2 + 2 * s * sum * log10_e;
}

bool px_axis_takes(bool log, double x) { return isfinite(x) && (!log || x > 0); }

static double measure(bool log, double x) { return log ? px_log10(x) : x; }

double px_axis_place(const px_axis *a, double x) { return (measure(a->log, x) - a->lo) / (a->hi - a->lo); }

px_axis px_axis_of_words(int n) { return (px_axis){.lo = -0.5, .hi = n - 0.5}; }

/* Ticks under construction. */
typedef struct ticks {
    px_arena *arena;
    bool log;
    px_tick *at;
    int n, capacity;
} ticks;

static void add_tick(ticks *t, double at, const char *text, const char *power) {
    if (!px_axis_takes(t->log, at)) return; /* beyond the range of doubles */
    if (t->n == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 16;
        px_tick *larger = PX_NEW_ARRAY(t->arena, px_tick, t->capacity);
        if (t->n) memcpy(larger, t->at, (size_t)t->n * sizeof *larger);
        t->at = larger;
    }
    t->at[t->n++] = (px_tick){at, text, power};
}

/* "250", "0.05", "3e7" */
static const char *plain(px_arena *arena, double x) {
    char *text = px_arena_printf(arena, "%.6g", x), *e = strchr(text, 'e');
    if (!e) return text;
    long exponent = strtol(e + 1, NULL, 10);
    *e = '\0';
    return px_arena_printf(arena, "%se%ld", text, exponent);
}

static bool all_powers_of_two(const double *values, int n) {
    int e, first = 0, distinct = 0;
    for (int i = 0; i < n; i++) {
        if (!px_axis_takes(true, values[i])) continue;
        if (frexp(values[i], &e) != 0.5) return false;
        if (distinct == 0) first = e;
        distinct += distinct == 0 || (distinct == 1 && e != first);
    }
    return distinct >= 2;
}

/* How many steps of a scale go from one label to the next. */
static int stride(int steps, int at_most) {
    static const int strides[] = {1, 2, 3, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 200, 400};
    for (size_t i = 0; i < sizeof strides / sizeof *strides; i++)
        if (steps / strides[i] + 1 <= at_most) return strides[i];
    return 800;
}

static void ticks_of_two(ticks *t, const px_axis *a, int at_most) {
    static const double log10_2 = 0.30102999566398119521;
    int first = (int)ceil(a->lo / log10_2), last = (int)floor(a->hi / log10_2), step = stride(last - first, at_most);
    bool large = last >= 17 || first < 0;
    if (first % step) first += step - (first % step + step) % step;
    for (int k = first; k <= last; k += step)
        add_tick(t, ldexp(1, k), large ? "2" : plain(t->arena, ldexp(1, k)),
                 large ? px_arena_printf(t->arena, "%d", k) : "");
}

/* 10^k as a double, correctly rounded: strtod's. */
static double power_of_ten(int k) {
    char text[16];
    snprintf(text, sizeof text, "1e%d", k);
    return strtod(text, NULL);
}

static void minor_ticks(ticks *t, const px_axis *a, int k) {
    for (int d = 2; d <= 9; d++) {
        double x = d * power_of_ten(k), at = px_log10(x);
        if (at >= a->lo && at <= a->hi) add_tick(t, x, NULL, "");
    }
}

/* Less than two decades: 1, 2 and 5 of each have labels. */
static void ticks_of_few_decades(ticks *t, const px_axis *a) {
    static const int digits[] = {1, 2, 5};
    for (int k = (int)floor(a->lo); k <= (int)floor(a->hi); k++)
        for (int i = 0; i < 3; i++) {
            double x = digits[i] * power_of_ten(k), at = px_log10(x);
            if (at >= a->lo && at <= a->hi) add_tick(t, x, plain(t->arena, x), "");
        }
}

static void ticks_of_ten(ticks *t, const px_axis *a, int at_most) {
    int first = (int)ceil(a->lo), last = (int)floor(a->hi), step = stride(last - first, at_most);
    bool small = first >= -3 && last <= 4;
    if (last - first < 1) {
        ticks_of_few_decades(t, a);
        return;
    }
    for (int k = first - 1; k <= last; k++) {
        bool major = k >= first && ((k % step) + step) % step == 0;
        if (major && small) add_tick(t, power_of_ten(k), plain(t->arena, power_of_ten(k)), "");
        if (major && !small) add_tick(t, power_of_ten(k), "10", px_arena_printf(t->arena, "%d", k));
        if (!major && k >= first) add_tick(t, power_of_ten(k), NULL, "");
        if (step == 1 && last - first <= 9) minor_ticks(t, a, k);
    }
}

static void linear_ticks(ticks *t, const px_axis *a, int at_most) {
    static const int digits[] = {1, 2, 5};
    double width = a->hi - a->lo, step = 0;
    int k = (int)floor(px_log10(width)) - 2;
    for (int i = 0; step == 0 || floor(width / step) + 1 > at_most; i++) step = digits[i % 3] * power_of_ten(k + i / 3);
    for (double i = ceil(a->lo / step - 1e-9); i * step <= a->hi + 1e-9 * step; i++)
        add_tick(t, i * step, plain(t->arena, fabs(i) < 0.5 ? 0 : i * step), "");
}

/* The range of the values, in the axis' measure; false when it takes none. */
static bool span(bool log, const double *values, int n, double *lo, double *hi) {
    bool any = false;
    for (int i = 0; i < n; i++) {
        if (!px_axis_takes(log, values[i])) continue;
        double m = measure(log, values[i]);
        *lo = any ? fmin(*lo, m) : m;
        *hi = any ? fmax(*hi, m) : m;
        any = true;
    }
    return any;
}

px_axis px_axis_new(px_arena *arena, bool log, const double *values, int n, int at_most) {
    static const double margin = 0.05, far_apart = 0.4;
    px_axis a = {.log = log};
    if (!span(log, values, n, &a.lo, &a.hi)) a.lo = 0, a.hi = 1;
    bool single = a.lo == a.hi;
    double least = log ? 0.15 : fmax(fmax(fabs(a.lo), fabs(a.hi)) * 0.02, DBL_MIN * 1e9);
    if (a.hi - a.lo < least) a.lo -= least, a.hi += least;
    bool from_zero = !log && a.lo >= 0 && a.lo <= far_apart * a.hi, full = a.hi / 2 - a.lo / 2 > DBL_MAX / 4;
    double room = full ? 0 : margin * (a.hi - a.lo);
    a.lo = from_zero ? 0 : a.lo - room;
    a.hi += room;
    if (full) a.lo = -DBL_MAX / 4, a.hi = DBL_MAX / 4; /* a linear axis of such numbers shows nothing anyway */
    ticks t = {.arena = arena, .log = log};
    for (int i = 0; i < n && single && t.n == 0; i++)
        if (px_axis_takes(log, values[i])) add_tick(&t, values[i], plain(arena, values[i]), "");
    if (single)
        ; /* one value is its own tick */
    else if (log && all_powers_of_two(values, n))
        ticks_of_two(&t, &a, at_most);
    else if (log)
        ticks_of_ten(&t, &a, at_most);
    else
        linear_ticks(&t, &a, at_most);
    a.ticks = t.at;
    a.n_ticks = t.n;
    return a;
}
