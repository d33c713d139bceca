/* A drawing as SVG 1.1. */
#include <math.h>
#include <string.h>

#include "report/canvas.h"

/* Hundredths of a px, without trailing zeros: "12.5". */
static void number(px_text *out, double x) {
    char buffer[32];
    snprintf(buffer, sizeof buffer, "%.2f", floor(x * 100 + 0.5) / 100 + 0.0);
    size_t n = strlen(buffer);
    while (buffer[n - 1] == '0') buffer[--n] = '\0';
    if (buffer[n - 1] == '.') buffer[--n] = '\0';
    px_text_add(out, buffer);
}

static void attribute(px_text *out, const char *name, double x) {
    px_text_printf(out, " %s=\"", name);
    number(out, x);
    px_text_add(out, "\"");
}

/* Bytes of the letter at s in UTF-8, 0 when it is none (an overlong form or a surrogate counts as none). */
static size_t letter(const unsigned char *s) {
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    bool bad = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
               (s[0] == 0xf4 && s[1] > 0x8f) || (s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe);
    return bad ? 0 : n;
}

void px_xml_text(px_text *out, const char *s) {
    for (size_t n; *s; s += n ? n : 1) {
        n = letter((const unsigned char *)s);
        bool control = (unsigned char)*s < ' ' && *s != '\n' && *s != '\t';
        if (n == 0 || control || *s == 0x7f)
            px_text_add(out, "?");
        else if (*s == '<' || *s == '>' || *s == '&' || *s == '"')
            px_text_add(out, *s == '<' ? "&lt;" : *s == '>' ? "&gt;" : *s == '&' ? "&amp;" : "&quot;");
        else
            px_text_add_bytes(out, s, n);
    }
}

static void color(px_text *out, const char *name, int32_t value) {
    if (value == PX_NO_COLOR)
        px_text_printf(out, " %s=\"none\"", name);
    else
        px_text_printf(out, " %s=\"#%06x\"", name, (unsigned)value);
}

static void add_pen(px_text *out, const px_pen *pen) {
    color(out, "fill", pen->fill);
    if (pen->fill != PX_NO_COLOR && pen->opacity > 0) attribute(out, "fill-opacity", pen->opacity);
    if (pen->stroke == PX_NO_COLOR) return;
    color(out, "stroke", pen->stroke);
    attribute(out, "stroke-width", pen->width);
    if (pen->dash) px_text_printf(out, " stroke-dasharray=\"%s\"", pen->dash);
}

static void add_path(px_text *out, const px_shape *s) {
    px_text_add(out, "<path d=\"");
    for (int i = 0; i < s->n; i++) {
        px_text_add(out, i == 0 ? "M" : i == 1 ? "L" : " ");
        number(out, s->xy[2 * i]);
        px_text_add(out, " ");
        number(out, s->xy[2 * i + 1]);
    }
    px_text_add(out, s->closed ? "Z\"" : "\"");
    add_pen(out, &s->pen);
    px_text_add(out, "/>\n");
}

static void add_circle(px_text *out, const px_shape *s) {
    px_text_add(out, "<circle");
    attribute(out, "cx", s->xy[0]);
    attribute(out, "cy", s->xy[1]);
    attribute(out, "r", s->radius);
    add_pen(out, &s->pen);
    px_text_add(out, "/>\n");
}

static void add_text(px_text *out, const px_shape *s) {
    static const char *const anchors[] = {[PX_START] = "start", [PX_MIDDLE] = "middle", [PX_END] = "end"};
    px_text_add(out, "<text");
    attribute(out, "x", s->xy[0]);
    attribute(out, "y", s->xy[1]);
    attribute(out, "font-size", s->label.size);
    color(out, "fill", s->label.color);
    if (s->label.anchor != PX_START) px_text_printf(out, " text-anchor=\"%s\"", anchors[s->label.anchor]);
    if (s->label.bold) px_text_add(out, " font-weight=\"bold\"");
    if (s->label.turn) {
        px_text_printf(out, " transform=\"rotate(%d ", s->label.turn);
        number(out, s->xy[0]);
        px_text_add(out, " ");
        number(out, s->xy[1]);
        px_text_add(out, ")\"");
    }
    px_text_add(out, ">");
    px_xml_text(out, s->text);
    if (*s->exponent) {
        px_text_add(out, "<tspan");
        attribute(out, "dy", -0.4 * s->label.size);
        attribute(out, "font-size", 0.75 * s->label.size);
        px_text_add(out, ">");
        px_xml_text(out, s->exponent);
        px_text_add(out, "</tspan>");
    }
    px_text_add(out, "</text>\n");
}

void px_svg(const px_canvas *c, const char *title, const char *description, px_text *out) {
    px_text_add(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ");
    number(out, c->width);
    px_text_add(out, " ");
    number(out, c->height);
    px_text_add(out, "\"");
    attribute(out, "width", c->width);
    attribute(out, "height", c->height);
    px_text_add(out, " role=\"img\" font-family=\"Helvetica,Arial,'Liberation Sans',sans-serif\">\n<title>");
    px_xml_text(out, title);
    px_text_add(out, "</title>\n<desc>");
    px_xml_text(out, description);
    px_text_add(out, "</desc>\n");
    px_text_printf(out, "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n");
    for (int i = 0; i < c->n_shapes; i++) {
        const px_shape *s = &c->shapes[i];
        if (s->kind == PX_SHAPE_PATH) add_path(out, s);
        if (s->kind == PX_SHAPE_CIRCLE) add_circle(out, s);
        if (s->kind == PX_SHAPE_TEXT) add_text(out, s);
    }
    px_text_add(out, "</svg>\n");
}
