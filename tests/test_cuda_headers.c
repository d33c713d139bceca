/* cuda_emu's headers against NVIDIA's, where a toolkit has them (cuda.cmake): everything that
 * runtime.h and cublas.h declare, and the numbers of arith.h. PX_EXHAUSTIVE=1: every binary32. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "arith/codec.h"
#include "arith/round.h"
#include "base/philox.h"
#include "base/text.h"
#include "cuda_headers/numbers.h"
#include "support/format.h"

/* ---- declarations: a list of ours, and a program that compiles where each is theirs ---- */

static const char *const headers[] = {"types.h", "runtime.h", "cublas.h"};
enum { HEADERS = sizeof headers / sizeof *headers };

/* Up to its templates, which would be overloads of functions that C has, too. */
static void read_header(const char *name, px_text *text) {
    char path[512], line[512];
    int ended = 0;
    snprintf(path, sizeof path, "%s/cuda/emu/%s", PX_SOURCE_DIR, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        ended |= strncmp(line, "template", 8) == 0;
        if (!ended) px_text_add(text, line);
    }
    if (ended) px_text_add(text, "#endif\n");
    fclose(f);
}

static int is_word(char c) { return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'); }

static int is_theirs(const char *word) {
    return strncmp(word, "cuda", 4) == 0 || strncmp(word, "cublas", 6) == 0 || strncmp(word, "CUDA_R_", 7) == 0 ||
           strncmp(word, "CUBLAS_", 7) == 0;
}

static void add_once(px_text *list, const char *line) {
    if (!strstr(px_text_str(list), line)) px_text_add(list, line);
}

/* What a word of a header declares: an enumeration or a struct, its values or members, a function. */
typedef struct scan {
    char record[128]; /* the struct at work, or "" */
    int in_enum, types, values, members, functions, layouts;
    px_text *list;
} scan;

static void note(scan *s, const char *before, const char *word, const char *after) {
    char line[320];
    const char *next = after + strspn(after, " ");
    if (strcmp(before, "enum") == 0 && *next == '{' && is_theirs(word)) {
        snprintf(line, sizeof line, "PX_TYPE(%s)\n", word);
        s->types++;
    } else if ((strcmp(before, "struct") == 0 || strcmp(before, ")") == 0) && *next == '{') {
        snprintf(s->record, sizeof s->record, "%s", word);
        snprintf(line, sizeof line, is_theirs(word) ? "PX_TYPE(%s)\n" : "PX_LAYOUT(%s)\n", word);
        s->layouts++;
    } else if (is_theirs(s->record) && (*after == ',' || *after == ';' || *after == '[')) {
        snprintf(line, sizeof line, "PX_MEMBER(%s, %s)\n", s->record, word);
        s->members++;
    } else if (is_theirs(word) && strncmp(next, "= ", 2) == 0) {
        snprintf(line, sizeof line, "PX_VALUE(%s)\n", word);
        s->values++;
    } else if (is_theirs(word) && *after == '(') {
        snprintf(line, sizeof line, "PX_FUNCTION(%s)\n", word);
        s->functions++;
    } else {
        return;
    }
    add_once(s->list, line);
}

static const char *skip_comment(const char *p) {
    const char *end = strncmp(p, "/*", 2) == 0 ? strstr(p, "*/") : NULL;
    return end ? end + 2 : p;
}

/* `before`: the last word, or ")" where alignas() was. Types come first: functions are made of them. */
static void list_header(const char *text, scan *s) {
    char word[128] = "", before[128] = "";
    for (const char *p = text; *p;) {
        const char *q = skip_comment(p);
        if (q == p && is_word(*p)) {
            while (is_word(*q)) q++;
            snprintf(word, sizeof word, "%.*s", (int)(q - p), p);
            note(s, before, word, q);
            snprintf(before, sizeof before, "%s", word);
        } else if (q == p) {
            if (*p == ')') snprintf(before, sizeof before, ")");
            if (*p == '}') s->record[0] = '\0';
            q++;
        }
        p = q;
    }
}

/* Compiles declarations.cpp with copies of our headers, `from` replaced by `to` in one of them. */
static int agrees(const char *from, const char *to, scan *s) {
    static const char folder[] = PX_BINARY_DIR "/tests/cuda_headers";
    char path[512], command[2048];
    px_text list = {0};
    int replaced = 0;
    *s = (scan){.list = &list};
    mkdir(folder, 0777);
    mkdir(PX_BINARY_DIR "/tests/cuda_headers/emu", 0777);
    for (int h = 0; h < HEADERS; h++) {
        px_text text = {0};
        read_header(headers[h], &text);
        const char *all = px_text_str(&text), *at = from ? strstr(all, from) : NULL;
        snprintf(path, sizeof path, "%s/emu/%s", folder, headers[h]);
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        if (at)
            fprintf(f, "%.*s%s%s", (int)(at - all), all, to, at + strlen(from));
        else
            fputs(all, f);
        fclose(f);
        replaced += at != NULL;
        list_header(all, s);
        px_text_free(&text);
    }
    snprintf(path, sizeof path, "%s/names.h", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(px_text_str(&list), f);
    fclose(f);
    px_text_free(&list);
    if (from && replaced != 1) fail_msg("'%s' stands in %d headers", from, replaced);
    snprintf(command, sizeof command,
             "%s -std=c++17 -fsyntax-only -I%s -isystem %s %s/tests/cuda_headers/declarations.cpp%s", PX_CXX, folder,
             PX_CUDA_HEADERS, PX_SOURCE_DIR, from ? " >/dev/null 2>&1" : "");
    return system(command) == 0;
}

static void declarations_are_nvidias(void **state) {
    (void)state;
    scan s;
    assert_true(agrees(NULL, NULL, &s));
    printf("%d types, %d values, %d members, %d functions, %d layouts\n", s.types, s.values, s.members, s.functions,
           s.layouts);
    assert_true(s.types >= 9 && s.values >= 43 && s.members >= 19 && s.functions >= 37 && s.layouts >= 9);
}

static void other_declarations_are_refused(void **state) {
    (void)state;
    static const char *const planted[][2] = {
        {"cudaErrorNoDevice = 100", "cudaErrorNoDevice = 101"},
        {"CUBLAS_COMPUTE_32F_FAST_TF32 = 77", "CUBLAS_COMPUTE_32F_FAST_TF32 = 76"},
        {"int byte, size_t bytes);", "unsigned byte, size_t bytes);"},
        {"int lda, const void *B", "long lda, const void *B"},
        {"cudaError_t cudaDeviceSynchronize();", "void cudaDeviceSynchronize();"},
        {"sharedSizeBytes, localSizeBytes;", "sharedSizeBytes; int localSizeBytes;"},
        {"struct alignas(16) float4", "struct alignas(8) float4"},
    };
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i++) {
        scan s;
        if (agrees(planted[i][0], planted[i][1], &s)) fail_msg("nobody minds '%s'", planted[i][1]);
    }
}

/* ---- numbers ---- */

static const char *const formats[] = {"fp16", "bf16"};
static const px_rounding_mode directions[] = {PX_NEAREST_EVEN, PX_TOWARD_ZERO, PX_DOWN, PX_UP};

/* Words of a 16-bit format; NaN is a class. */
static int same(int format, unsigned a, unsigned b) {
    const unsigned infinity = format == 0 ? 0x7c00 : 0x7f80;
    return a == b || ((a & 0x7fff) > infinity && (b & 0x7fff) > infinity);
}

static uint64_t draw(void) {
    static uint64_t n;
    return px_bits(12, n++, 0);
}

static uint32_t word_of(float x) {
    uint32_t w;
    memcpy(&w, &x, sizeof w);
    return w;
}

static float float_of(uint32_t w) {
    float x;
    memcpy(&x, &w, sizeof x);
    return x;
}

static void every_word_is_nvidias_number(void **state) {
    (void)state;
    for (int f = 0; f < 2; f++)
        for (unsigned w = 0; w < 65536; w++) {
            const float a = own_value(f, w), b = vendor_value(f, w);
            if (word_of(a) != word_of(b) && !(a != a && b != b))
                fail_msg("%s %04x: %a, %a", formats[f], w, (double)a, (double)b);
            for (int d = 0; d < 4; d++) {
                if (!same(f, own_of_float(f, d, a), w)) fail_msg("%s %04x does not come back", formats[f], w);
                if (!same(f, vendor_of_float(f, d, a), w))
                    fail_msg("NVIDIA's %s %04x does not come back", formats[f], w);
            }
        }
}

/* The emulation's, and arith/'s, which is written apart from it. */
static void floats_are_rounded_as_nvidia_does(void **state) {
    (void)state;
    const uint64_t stride = getenv("PX_EXHAUSTIVE") ? 1 : 4099;
    int64_t n = 0;
    for (int f = 0; f < 2; f++) {
        const px_fp fp = format(formats[f]);
        for (uint64_t w = 0; w < (uint64_t)1 << 32; w += stride, n++) {
            const float x = float_of((uint32_t)w);
            for (int d = 0; d < 4; d++) {
                const unsigned want = vendor_of_float(f, d, x), got = own_of_float(f, d, x);
                if (!same(f, got, want))
                    fail_msg("%s of %a, direction %d: %04x, %04x", formats[f], (double)x, d, got, want);
            }
            const double y = px_round(fp, px_rounding_of(directions[w % 4]), (double)x, 0);
            if (!same(f, (unsigned)px_encode(fp, y), vendor_of_float(f, (int)(w % 4), x)))
                fail_msg("%s of %a by arith/, direction %d", formats[f], (double)x, (int)(w % 4));
        }
    }
    printf("%lld numbers\n", (long long)n);
}

/* Doubles near a number of the format, a midpoint, or any. */
static void doubles_are_rounded_as_nvidia_does(void **state) {
    (void)state;
    for (int n = 0; n < 2000000; n++) {
        const int f = n & 1;
        const uint64_t r = draw();
        double x = (double)vendor_value(f, r & 0xffff) + (r & 1 << 16 ? (double)vendor_value(f, (r + 1) & 0xffff) : 0);
        uint64_t w;
        memcpy(&w, &x, sizeof w);
        w += (r >> 20 & 3) - 1;
        if ((r >> 24 & 7) == 0) w = draw();
        memcpy(&x, &w, sizeof x);
        const unsigned want = vendor_of_double(f, x), got = own_of_double(f, x);
        if (!same(f, got, want)) fail_msg("%s of %a: %04x, %04x", formats[f], x, got, want);
    }
}

static double by_arith(px_fp f, int op, double a, double b) {
    const px_rounding r = px_rounding_of(PX_NEAREST_EVEN);
    switch (op) {
    case NUMBERS_ADD: return px_add(f, r, a, b, 0);
    case NUMBERS_SUB: return px_sub(f, r, a, b, 0);
    case NUMBERS_MUL: return px_mul(f, r, a, b, 0);
    default: return px_div(f, r, a, b, 0);
    }
}

static void operations_are_nvidias(void **state) {
    (void)state;
    for (int n = 0; n < 2000000; n++) {
        const int f = n & 1;
        const px_fp fp = format(formats[f]);
        const uint64_t r = draw();
        const unsigned a = r & 0xffff, b = r >> 16 & 0xffff;
        for (int op = 0; op <= NUMBERS_OPS; op++) {
            const int own = op < NUMBERS_OPS;
            const unsigned want = own ? vendor_operation(f, op, a, b) : vendor_quotient(f, a, b);
            if (own && !same(f, own_operation(f, op, a, b), want))
                fail_msg("%s operation %d of %04x %04x: %04x, %04x", formats[f], op, a, b, own_operation(f, op, a, b),
                         want);
            const double x = by_arith(fp, op, px_decode(fp, a), px_decode(fp, b));
            if (!same(f, (unsigned)px_encode(fp, x), want))
                fail_msg("%s operation %d of %04x %04x by arith/: %a, %04x", formats[f], op, a, b, x, want);
        }
        for (int test = 0; test < NUMBERS_TESTS; test++)
            if (!same(f, own_test(f, test, a, b), vendor_test(f, test, a, b)))
                fail_msg("%s test %d of %04x %04x", formats[f], test, a, b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declarations_are_nvidias),           cmocka_unit_test(other_declarations_are_refused),
        cmocka_unit_test(every_word_is_nvidias_number),       cmocka_unit_test(floats_are_rounded_as_nvidia_does),
        cmocka_unit_test(doubles_are_rounded_as_nvidia_does), cmocka_unit_test(operations_are_nvidias),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
