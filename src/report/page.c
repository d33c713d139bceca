#include "report/page.h"

#include <string.h>

#include "report/canvas.h"
#include "spec/list.h"

static const char head[] =
    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<style>\n"
    "body{font:16px/1.5 Helvetica,Arial,'Liberation Sans',sans-serif;color:#222;background:#fff;max-width:64em;"
    "margin:2em auto;padding:0 1em}\n"
    "h1{font-size:1.5em;margin:0 0 .2em}h2{font-size:1.15em;margin:1.6em 0 .4em}\n"
    ".question{font-size:1.15em;font-weight:bold;margin:.4em 0}.warning{border-left:4px solid #d55e00;"
    "padding-left:.7em}\n"
    "figure{margin:1.2em 0;page-break-inside:avoid}figure svg{max-width:100%;height:auto}\n"
    "table{border-collapse:collapse;font-size:.88em}th,td{padding:.15em .7em;text-align:left;"
    "border-bottom:1px solid #e4e4e4}\n"
    "th{border-bottom:1.5px solid #666}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
    "details{margin:.5em 0}summary{cursor:pointer;color:#0072b2}pre{background:#f6f6f6;padding:.8em;overflow:auto;"
    "font-size:.85em}\n"
    "dt{font-weight:bold}dd{margin:0 0 .4em 1.5em}.scroll{overflow-x:auto}article+article{border-top:2px solid #666;"
    "margin-top:3em;padding-top:2em}\n"
    "</style>\n";

static void add_element(px_text *out, const char *open, const char *text, const char *close) {
    px_text_add(out, open);
    px_xml_text(out, text);
    px_text_add(out, close);
}

void px_page_begin(px_text *out, const char *title) {
    px_text_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n");
    px_text_add(out, head);
    add_element(out, "<title>", title, "</title>\n</head>\n<body>\n");
}

void px_page_end(px_text *out) { px_text_add(out, "</body>\n</html>\n"); }

void px_page_question(px_arena *arena, const px_ini *ini, const char **question, const char **rest) {
    px_text all = {0};
    for (int i = 0; i < ini->n_lines; i++) {
        const char *line = ini->lines[i] + strspn(ini->lines[i], " \t");
        if (*line != '#' && *line != ';') break;
        line += strspn(line, "#; \t");
        size_t n = strlen(line);
        while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n' || line[n - 1] == ' ')) n--;
        px_text_printf(&all, "%s%.*s", all.length && n ? " " : "", (int)n, line);
    }
    const char *text = px_arena_strdup(arena, px_text_str(&all)), *mark = strchr(text, '?');
    px_text_free(&all);
    *question = mark ? px_arena_printf(arena, "%.*s", (int)(mark - text) + 1, text) : "";
    *rest = mark ? mark + 1 + strspn(mark + 1, " ") : text;
}

/* "5 cells: 4 ok, 1 nan", counted by rows of the CSV. */
static const char *summary(px_arena *arena, const px_sheet *sheet) {
    const px_csv *csv = sheet->csv;
    int status = px_csv_column(csv, "status");
    const char *text = px_arena_printf(arena, "%zu row%s", csv->n_rows, csv->n_rows == 1 ? "" : "s");
    bool first = true;
    for (int i = PX_CELL_STATUS_COUNT; status >= 0 && i-- > 0;) {
        const char *name = px_cell_status_name((px_cell_status)i);
        size_t n = 0;
        for (size_t k = 0; k < csv->n_rows; k++) n += strcmp(csv->rows[k][status], name) == 0;
        if (n) text = px_arena_printf(arena, "%s%s %zu %s", text, first ? ":" : ",", n, name), first = false;
    }
    return text;
}

static void add_table(px_text *out, const px_pivot *p) {
    px_text_add(out, "<div class=\"scroll\"><table>\n<tr>");
    for (int j = 0; j < p->n_columns; j++)
        add_element(out, p->number[j] ? "<th class=\"n\">" : "<th>", p->header[j], "</th>");
    px_text_add(out, "</tr>\n");
    for (int i = 0; i < p->n_rows; i++) {
        px_text_add(out, "<tr>");
        for (int j = 0; j < p->n_columns; j++) {
            const char *cell = p->cells[i * p->n_columns + j];
            add_element(out, p->number[j] ? "<td class=\"n\">" : "<td>", cell ? cell : "", "</td>");
        }
        px_text_add(out, "</tr>\n");
    }
    px_text_add(out, "</table></div>\n");
}

static void add_figure(px_arena *arena, px_text *out, const px_sheet *sheet, const px_page_figure *f) {
    enum { SHOWN_ROWS = 100 };
    px_pivot p = px_pivot_wide(arena, sheet, f->figure);
    px_text_add(out, "<figure>\n");
    px_text_add(out, f->svg);
    px_text_add(out, "</figure>\n");
    if (p.n_rows == 0 || p.n_rows > SHOWN_ROWS) return;
    add_element(out, "<details><summary>",
                px_arena_printf(arena, "The numbers: %s", px_statistic_words[f->figure->plot->statistic]),
                "</summary>\n");
    add_table(out, &p);
    px_text_add(out, "</details>\n");
}

static void add_name(px_arena *arena, px_names *names, const char *name) {
    for (int i = 0; i < names->n; i++)
        if (strcmp(names->at[i], name) == 0) return;
    PX_ADD(arena, names->at, names->n) = name;
}

/* What the axes and columns of the figures mean, from the kind's own tables. */
static void add_glossary(px_arena *arena, px_text *out, const px_page_result *r) {
    px_names names = {0};
    const px_kind_spec *kind = r->sheet->kind;
    for (int i = 0; i < r->n_figures; i++) {
        const px_figure *f = r->figures[i].figure;
        const px_names *lists[] = {&f->columns, &f->plot->by, &f->plot->facet};
        add_name(arena, &names, f->plot->x);
        for (int k = 0; k < 3; k++)
            for (int j = 0; j < lists[k]->n; j++) add_name(arena, &names, lists[k]->at[j]);
    }
    if (names.n == 0) return;
    px_text_add(out, "<details><summary>What the names mean</summary>\n<dl>\n");
    for (int i = 0; i < names.n; i++) {
        const char *help = "";
        for (int j = 0; j < kind->n_params; j++)
            if (strcmp(kind->params[j].name, names.at[i]) == 0) help = kind->params[j].help;
        for (int j = 0; j < kind->n_columns; j++)
            if (strcmp(kind->columns[j].name, names.at[i]) == 0) help = kind->columns[j].help;
        add_element(out, "<dt>", px_figure_name(arena, r->sheet, names.at[i]), "</dt>");
        add_element(out, "<dd>", help, "</dd>\n");
    }
    px_text_add(out, "</dl></details>\n");
}

static void add_provenance(px_text *out, const px_page_result *r) {
    px_text_add(out, "<details><summary>Where the numbers come from</summary>\n<table>\n");
    for (int i = 0; i < r->n_facts; i++) {
        if (!*r->facts[i].value) continue;
        add_element(out, "<tr><td>", r->facts[i].name, "</td>");
        add_element(out, "<td>", r->facts[i].value, "</td></tr>\n");
    }
    px_text_add(out, "</table></details>\n");
    if (!r->ini) return;
    px_text_add(out, "<details><summary>The experiment file</summary>\n<pre>");
    for (int i = 0; i < r->ini->n_lines; i++) add_element(out, "", r->ini->lines[i], "\n");
    px_text_add(out, "</pre></details>\n");
}

void px_page_add(px_arena *arena, px_text *out, const px_page_result *r) {
    add_element(out, "<article>\n<h1>", r->sheet->title, "</h1>\n");
    if (r->ini) {
        const char *question, *rest;
        px_page_question(arena, r->ini, &question, &rest);
        if (*question) add_element(out, "<p class=\"question\">", question, "</p>\n");
        if (*rest) add_element(out, "<p>", rest, "</p>\n");
    }
    add_element(out, "<p>", px_arena_printf(arena, "%s: %s", r->name, summary(arena, r->sheet)), "</p>\n");
    if (*r->verdict) add_element(out, "<p>", r->verdict, "</p>\n");
    if (*r->warning) add_element(out, "<p class=\"warning\">", r->warning, "</p>\n");
    for (int i = 0; i < r->n_figures; i++) add_figure(arena, out, r->sheet, &r->figures[i]);
    add_glossary(arena, out, r);
    add_provenance(out, r);
    px_text_add(out, "</article>\n");
}
