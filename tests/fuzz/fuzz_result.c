/* Any bytes as a result and its meta file (behind the first NUL): they are taken or refused with a place, and what is taken
 * can be drawn, printed and matched with itself. */
#include <string.h>

#include "io/result.h"
#include "report/draw.h"
#include "report/page.h"
#include "support/fake_kind.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void draw(px_arena *arena, const px_sheet *sheet, const px_plot *plot) {
    px_figure figure;
    px_error err = {PX_OK, ""};
    px_status status = px_figure_make(arena, sheet, plot, &figure, &err);
    PX_ASSERT(status == PX_OK || (status == PX_BAD_FILE && strncmp(err.text, "fuzz.csv:", 9) == 0));
    if (status != PX_OK) return;
    px_text text = {0};
    px_canvas canvas = px_figure_draw(arena, &figure);
    px_svg(&canvas, figure.title, px_figure_words(arena, &figure), &text);
    px_pdf(&canvas, figure.title, &text);
    px_page_figure shown = {&figure, ""};
    px_page_result page = {.sheet = sheet, .name = "fuzz", .figures = &shown, .n_figures = 1, .verdict = "", .warning = ""};
    px_page_add(arena, &text, &page);
    px_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    static const char *const highlights[] = {"err_rel_max", "n_inf", NULL};
    const char *text = (const char *)bytes, *nul = n ? memchr(text, '\0', n) : NULL;
    size_t m = nul ? (size_t)(nul - text) : n;
    px_bytes meta = {nul ? nul + 1 : NULL, nul ? n - m - 1 : 0};
    px_arena *arena = px_arena_new();
    px_result r;
    px_error err = {PX_OK, ""};
    px_status status = px_result_parse(arena, "fuzz.csv", (px_bytes){text, m}, meta, &r, &err);
    PX_ASSERT(status == PX_OK || (status == PX_BAD_FILE && strncmp(err.text, "fuzz.", 5) == 0));
    if (status == PX_OK) {
        const int64_t *match = px_result_match(arena, &r, &r);
        for (size_t i = 0; i < r.csv.n_rows; i++) PX_ASSERT(match[i] == (int64_t)i);
        px_sheet sheet = {&r.csv, "fuzz.csv", &fake_gemm, r.origin.name};
        px_plot *plot = px_plot_default(arena, &sheet, highlights);
        if (plot) draw(arena, &sheet, plot);
        if (plot) plot->style = PX_PLOT_MAP, draw(arena, &sheet, plot);
    }
    px_arena_free(arena);
    return 0;
}
