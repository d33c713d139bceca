/* A drawing as a PDF 1.4 of one page (ISO 32000-1). Plain content, the standard fonts, no compression. */
#include <string.h>

#include "report/canvas.h"

typedef struct writer {
    px_text *out;
    size_t at[16]; /* where object i begins */
    int n;
} writer;

static void begin_object(writer *w) {
    w->at[++w->n] = w->out->length;
    px_text_printf(w->out, "%d 0 obj\n", w->n);
}

/* WinAnsi, which is Latin-1 where it matters; parentheses and backslashes escaped. */
static void add_string(px_text *out, const char *s) {
    px_text_add(out, "(");
    for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
        unsigned char c = *p;
        if (c >= 0x80) {
            bool latin = (c == 0xc2 || c == 0xc3) && (p[1] & 0xc0) == 0x80;
            c = latin ? (unsigned char)(((c & 3) << 6) | (p[1] & 0x3f)) : '?';
            while ((p[1] & 0xc0) == 0x80) p++;
            if (latin && c < 0xa0) c = '?';
        }
        if (c < ' ') c = '?';
        if (c == '(' || c == ')' || c == '\\') px_text_add(out, "\\");
        px_text_add_bytes(out, (const char *)&c, 1);
    }
    px_text_add(out, ")");
}

static void add_color(px_text *out, int32_t c, const char *operator) {
    px_text_printf(out, "%.3f %.3f %.3f %s\n", (c >> 16 & 255) / 255.0, (c >> 8 & 255) / 255.0,
                   (c & 255) / 255.0, operator);
}

static void add_outline(px_text *out, const px_shape *s) {
    if (s->kind == PX_SHAPE_PATH) {
        for (int i = 0; i < s->n; i++)
            px_text_printf(out, "%.2f %.2f %c\n", s->xy[2 * i], s->xy[2 * i + 1], i ? 'l' : 'm');
        if (s->closed) px_text_add(out, "h\n");
        return;
    }
    double x = s->xy[0], y = s->xy[1], r = s->radius, k = 0.5523 * r; /* four Bezier arcs, within 0.03 % of a circle */
    px_text_printf(out, "%.2f %.2f m\n", x + r, y);
    px_text_printf(out, "%.2f %.2f %.2f %.2f %.2f %.2f c\n", x + r, y + k, x + k, y + r, x, y + r);
    px_text_printf(out, "%.2f %.2f %.2f %.2f %.2f %.2f c\n", x - k, y + r, x - r, y + k, x - r, y);
    px_text_printf(out, "%.2f %.2f %.2f %.2f %.2f %.2f c\n", x - r, y - k, x - k, y - r, x, y - r);
    px_text_printf(out, "%.2f %.2f %.2f %.2f %.2f %.2f c h\n", x + k, y - r, x + r, y - k, x + r, y);
}

/* The opacities in use are few: an ExtGState a tenth. */
static void add_shape(px_text *out, const px_shape *s) {
    const px_pen *pen = &s->pen;
    bool fill = pen->fill != PX_NO_COLOR, stroke = pen->stroke != PX_NO_COLOR;
    if (!fill && !stroke) return;
    px_text_printf(out, "/G%d gs\n", fill && pen->opacity > 0 ? (int)(pen->opacity * 10 + 0.5) : 10);
    if (fill) add_color(out, pen->fill, "rg");
    if (stroke) {
        add_color(out, pen->stroke, "RG");
        px_text_printf(out, "%.2f w [%s] 0 d\n", pen->width, pen->dash ? pen->dash : "");
    }
    add_outline(out, s);
    px_text_add(out, fill && stroke ? "B\n" : fill ? "f\n" : "S\n");
}

static void add_text(px_text *out, const px_shape *s) {
    static const double slant = 0.70711;
    const px_label *l = &s->label;
    double width = px_text_width(l->size, l->bold, s->text) + px_text_width(0.75 * l->size, l->bold, s->exponent);
    double c = l->turn == 0 ? 1 : l->turn == -90 ? 0 : slant, sine = l->turn == 0 ? 0 : l->turn == -90 ? 1 : slant;
    double back = l->anchor == PX_START ? 0 : l->anchor == PX_MIDDLE ? width / 2 : width;
    add_color(out, l->color, "rg");
    px_text_printf(out, "/G10 gs BT /F%d %.2f Tf %.5f %.5f %.5f %.5f %.2f %.2f Tm ", l->bold ? 2 : 1, l->size, c, -sine,
                   -sine, -c, s->xy[0] - back * c, s->xy[1] + back * sine);
    add_string(out, s->text);
    px_text_add(out, " Tj");
    if (*s->exponent) {
        px_text_printf(out, " %.2f Ts /F%d %.2f Tf ", 0.4 * l->size, l->bold ? 2 : 1, 0.75 * l->size);
        add_string(out, s->exponent);
        px_text_add(out, " Tj 0 Ts");
    }
    px_text_add(out, " ET\n");
}

static void add_content(writer *w, const px_canvas *c) {
    px_text content = {0};
    px_text_printf(&content, "1 0 0 -1 0 %.2f cm 1 j 1 J\n", c->height); /* y downwards; round joins and ends */
    for (int i = 0; i < c->n_shapes; i++) {
        if (c->shapes[i].kind == PX_SHAPE_TEXT)
            add_text(&content, &c->shapes[i]);
        else
            add_shape(&content, &c->shapes[i]);
    }
    begin_object(w);
    px_text_printf(w->out, "<< /Length %zu >>\nstream\n", content.length);
    px_text_add(w->out, px_text_str(&content));
    px_text_add(w->out, "endstream\nendobj\n");
    px_text_free(&content);
}

static void add_page(writer *w, const px_canvas *c) {
    begin_object(w);
    px_text_add(w->out, "<< /Type /Catalog /Pages 2 0 R >>\nendobj\n");
    begin_object(w);
    px_text_add(w->out, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n");
    begin_object(w);
    px_text_printf(w->out, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.2f %.2f] /Contents 4 0 R\n", c->width,
                   c->height);
    px_text_add(w->out, "/Resources << /Font << /F1 5 0 R /F2 6 0 R >> /ExtGState <<");
    for (int i = 1; i <= 10; i++) px_text_printf(w->out, " /G%d << /ca %.1f >>", i, i / 10.0);
    px_text_add(w->out, " >> >> >>\nendobj\n");
}

void px_pdf(const px_canvas *c, const char *title, px_text *out) {
    static const char *const fonts[] = {"Helvetica", "Helvetica-Bold"};
    writer w = {.out = out};
    size_t start = out->length;
    px_text_add(out, "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n");
    add_page(&w, c);
    add_content(&w, c);
    for (int i = 0; i < 2; i++) {
        begin_object(&w);
        px_text_printf(out, "<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>\nendobj\n",
                       fonts[i]);
    }
    begin_object(&w);
    px_text_add(out, "<< /Title ");
    add_string(out, title);
    px_text_add(out, " /Producer (precx) >>\nendobj\n");
    size_t xref = out->length - start;
    px_text_printf(out, "xref\n0 %d\n0000000000 65535 f \n", w.n + 1);
    for (int i = 1; i <= w.n; i++) px_text_printf(out, "%010zu 00000 n \n", w.at[i] - start);
    px_text_printf(out, "trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%zu\n%%%%EOF\n", w.n + 1, w.n,
                   xref);
}
