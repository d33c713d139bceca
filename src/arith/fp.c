#include "arith/fp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const struct row {
    const char *name, *aliases;
    px_fp fp;
} rows[] = {
#define PX_FORMAT_ROW(name, p, emin, emax, width, pad, overflow, has_inf, max, aliases)                                \
    {name, aliases, {p, emin, emax, width, pad, 1, overflow, has_inf, 1, max}},
    PX_FORMAT_LIST(PX_FORMAT_ROW)
#undef PX_FORMAT_ROW
};
enum { N_ROWS = sizeof rows / sizeof *rows };

static const char *const overflow_names[] = {
#define PX_OVERFLOW_NAME(id, name) [id] = name,
    PX_OVERFLOW_LIST(PX_OVERFLOW_NAME)
#undef PX_OVERFLOW_NAME
};

size_t px_fp_count(void) { return N_ROWS; }

const char *px_fp_row_name(size_t i) {
    PX_ASSERT(i < N_ROWS);
    return rows[i].name;
}

const char *px_fp_row_aliases(size_t i) {
    PX_ASSERT(i < N_ROWS);
    return rows[i].aliases;
}

px_fp px_fp_row(size_t i) {
    PX_ASSERT(i < N_ROWS);
    return rows[i].fp;
}

/* A format with infinities and NaNs as IEEE 754 lays them out. */
static px_fp ieee_format(int exponent_bits, int stored_bits) {
    int p = stored_bits + 1, emax = (1 << (exponent_bits - 1)) - 1;
    return (px_fp){.p = (int16_t)p,
                   .emin = (int16_t)(1 - emax),
                   .emax = (int16_t)emax,
                   .width = (int16_t)(exponent_bits + p),
                   .subnormals = 1,
                   .overflow = PX_OVERFLOW_INF,
                   .has_inf = 1,
                   .has_nan = 1,
                   .max_finite = ldexp(ldexp(1.0, p) - 1.0, emax - p + 1)};
}

/* Reads decimal digits without sign or leading zero; -1 when there are none or the number has more than four. */
static int read_count(const char **s) {
    int n = 0, digits = 0;
    if (**s == '0') return -1;
    for (; **s >= '0' && **s <= '9' && digits < 5; (*s)++, digits++) n = 10 * n + (**s - '0');
    return digits >= 1 && digits <= 4 ? n : -1;
}

static bool parse_custom(const char *name, px_fp *fp) {
    if (strncmp(name, "ieee_e", 6) != 0) return false;
    const char *s = name + 6;
    int exponent_bits = read_count(&s);
    if (*s != 'm') return false;
    s++;
    int stored_bits = read_count(&s);
    if (*s != '\0' || exponent_bits < 2 || exponent_bits > 11 || stored_bits < 1 || stored_bits > 52) return false;
    *fp = ieee_format(exponent_bits, stored_bits);
    return true;
}

/* Is `name` an item of the comma-separated list? */
static bool listed(const char *list, const char *name) {
    size_t n = strlen(name);
    while (*list) {
        size_t item = strcspn(list, ",");
        if (item == n && memcmp(list, name, n) == 0) return true;
        list += item;
        list += strspn(list, ", ");
    }
    return false;
}

/* What was meant: another name of a row, a name without its family (e4m3), or a slip of the pen. */
static const char *suggest_format(const char *name) {
    const char *names[N_ROWS];
    for (size_t i = 0; i < N_ROWS; i++) {
        const char *tail = strchr(rows[i].name, '_');
        if (listed(rows[i].aliases, name) || (tail && strcmp(tail + 1, name) == 0)) return rows[i].name;
        names[i] = rows[i].name;
    }
    return px_suggest(name, names, N_ROWS);
}

px_status px_fp_parse(const char *name, px_fp *fp, px_error *err) {
    for (size_t i = 0; i < N_ROWS; i++)
        if (strcmp(name, rows[i].name) == 0) {
            *fp = rows[i].fp;
            return PX_OK;
        }
    if (parse_custom(name, fp)) return PX_OK;
    if (strncmp(name, "ieee_e", 6) == 0)
        return px_fail(err, PX_USAGE,
                       "unknown format '%s'; a custom one is ieee_eXmY with 2 to 11 exponent bits X and 1 to 52 stored "
                       "significand bits Y",
                       name);
    const char *near = suggest_format(name);
    if (near) return px_fail(err, PX_USAGE, "unknown format '%s'; did you mean '%s'?", name, near);
    return px_fail(err, PX_USAGE, "unknown format '%s'; `precx formats` lists them", name);
}

const char *px_fp_name(px_fp fp, char buf[24]) {
    if (px_fp_is_exact(fp)) return strcpy(buf, "exact");
    for (size_t i = 0; i < N_ROWS; i++) {
        px_fp row = rows[i].fp;
        if (fp.p == row.p && fp.emin == row.emin && fp.emax == row.emax && fp.width == row.width &&
            fp.max_finite == row.max_finite)
            return strcpy(buf, rows[i].name);
    }
    snprintf(buf, 24, "ieee_e%dm%d", px_fp_exponent_bits(fp), fp.p - 1);
    return buf;
}

const char *px_overflow_name(px_overflow overflow) {
    PX_ASSERT(overflow < PX_OVERFLOW_COUNT);
    return overflow_names[overflow];
}

px_status px_fp_set_overflow(px_fp *fp, const char *rule, px_error *err) {
    for (int i = 0; i < PX_OVERFLOW_COUNT; i++) {
        if (strcmp(rule, overflow_names[i]) != 0) continue;
        char name[24];
        if (i == PX_OVERFLOW_INF && !fp->has_inf)
            return px_fail(err, PX_USAGE, "overflow inf: %s has no infinity; take nan or saturate",
                           px_fp_name(*fp, name));
        fp->overflow = (uint8_t)i;
        return PX_OK;
    }
    const char *near = px_suggest(rule, overflow_names, PX_OVERFLOW_COUNT);
    return px_fail(err, PX_USAGE, "unknown overflow rule '%s'; %s%s%s", rule, near ? "did you mean '" : "take ",
                   near ? near : "inf, nan or saturate", near ? "'?" : "");
}

bool px_fp_equal(px_fp a, px_fp b) {
    return a.p == b.p && a.emin == b.emin && a.emax == b.emax && a.width == b.width && a.pad == b.pad &&
           a.subnormals == b.subnormals && a.overflow == b.overflow && a.has_inf == b.has_inf &&
           a.has_nan == b.has_nan && a.max_finite == b.max_finite;
}

int px_fp_exponent_bits(px_fp fp) { return fp.width - fp.pad - fp.p; }

double px_fp_u(px_fp fp) { return px_fp_is_exact(fp) ? 0.0 : ldexp(1.0, -fp.p); }
