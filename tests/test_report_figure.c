/* From rows to figures, and from figures to drawings: statistics worked by hand, what is left out and told, hostile
 * tables, the form of SVG and PDF. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/draw.h"
#include "report/page.h"
#include "report/pivot.h"
#include "support/fake_kind.h"

/* A table and a plot section made into a figure. */
typedef struct made {
    fake_load *l;
    px_sheet sheet;
    px_figure figure;
    px_error err;
    px_status status;
} made;

static made make(const char *plot, const char *table) {
    made m = {.err = {PX_OK, ""}};
    px_text ini = {0};
    px_text_printf(&ini, "[experiment]\nkind = gemm\ntitle = T\n[plot.p]\n%s", plot);
    m.l = fake_load_text("figure", px_text_str(&ini), NULL);
    px_text_free(&ini);
    if (m.l->status != PX_OK) fail_msg("%s", px_text_str(&m.l->report));
    px_csv *csv = PX_NEW(m.l->arena, px_csv);
    if (px_csv_parse(m.l->arena, "t.csv", table, strlen(table), csv, &m.err) != PX_OK) fail_msg("%s", m.err.text);
    m.sheet = (px_sheet){csv, "t.csv", &fake_gemm, "T"};
    int n;
    const px_plot *plots = px_plots_read(m.l->arena, &m.l->experiment, &n);
    m.status = px_figure_make(m.l->arena, &m.sheet, &plots[0], &m.figure, &m.err);
    return m;
}

static void expect_error(const char *plot, const char *table, const char *want) {
    made m = make(plot, table);
    assert_int_equal(m.status, PX_BAD_FILE);
    assert_string_equal(m.err.text, want);
    fake_load_free(m.l);
}

static const char basic[] = "cell,format,order,n,rep,err_rel_max,slack_det,status\n"
                            "1,fp16,kahan,16,1,3,0.5,ok\n"
                            "2,fp16,kahan,16,2,1,0.5,ok\n"
                            "3,fp16,kahan,16,3,8,0.5,ok\n"
                            "4,fp16,kahan,64,1,2,0.5,ok\n"
                            "5,fp16,kahan,64,2,5,0.5,ok\n"
                            "6,bf16,kahan,16,1,inf,0.5,ok\n"
                            "7,bf16,kahan,32,1,,0.5,ok\n"
                            "8,bf16,kahan,64,1,nan,,ok\n";

static void rows_become_values(void **state) {
    (void)state;
    made m = make("x = n\ny = err_rel_max\nguide = slack_det\nby = format, order\n", basic);
    const px_figure *f = &m.figure;
    assert_int_equal(m.status, PX_OK);
    assert_int_equal(f->n_panels, 1);
    assert_string_equal(f->panels[0].name, "");
    assert_int_equal(f->by.n, 2); /* order does not vary, so it is no part of a name */
    assert_string_equal(f->by.at[1], "bf16");
    assert_string_equal(f->by_axes, "format");
    const px_series *s = &f->panels[0].series[0];
    assert_int_equal(s->n, 2);
    assert_true(s->at[0].x == 16 && s->at[0].y == 3 && s->at[0].lo == 1 && s->at[0].hi == 8 && s->at[0].n == 3);
    assert_true(s->at[1].x == 64 && s->at[1].y == 3.5 && s->at[1].n == 2);
    assert_int_equal(f->n_infinite, 1);
    assert_int_equal(f->n_nan, 1);
    assert_int_equal(f->n_empty, 1);
    assert_int_equal(f->most, 3);
    assert_string_equal(f->over, "rep");
    assert_string_equal(px_figure_note(m.l->arena, f),
                        "median of up to 3 rows (rep), band: smallest to largest; 1 infinite value, at the upper or "
                        "lower edge; 1 NaN, a cross at the top; 1 empty field, not drawn");
    assert_string_equal(px_figure_words(m.l->arena, f), "fp16, err_rel_max: 3 at n = 16, 3.5 at n = 64; "
                                                        "bf16, err_rel_max: inf at n = 16, nan at n = 64");
    fake_load_free(m.l);
}

static double first_value(const char *statistic) {
    char plot[128];
    snprintf(plot, sizeof plot, "x = n\ny = err_rel_max\nwhere = format == fp16\nstatistic = %s\n", statistic);
    made m = make(plot, basic);
    assert_int_equal(m.figure.panels[0].series[0].n, 2);
    double y = m.figure.panels[0].series[0].at[0].y;
    fake_load_free(m.l);
    return y;
}

static void statistics_are_the_schools(void **state) {
    (void)state;
    assert_true(first_value("median") == 3);
    assert_true(first_value("mean") == 4);
    assert_true(first_value("max") == 8);
    assert_true(first_value("sum") == 12);
}

static void panels_stand_in_a_grid(void **state) {
    (void)state;
    static const char table[] = "cell,format,order,n,err_rel_max\n1,fp16,kahan,1,1\n2,fp16,blocked,1,1\n"
                                "3,bf16,kahan,1,1\n4,bf16,blocked,1,0\n";
    made m = make("x = n\ny = err_rel_max\nfacet = format, order\nscale = semilogy\n", table);
    assert_int_equal(m.figure.rows, 2);
    assert_int_equal(m.figure.grid_columns, 2);
    assert_true(m.figure.own_scales);
    assert_string_equal(m.figure.panels[3].name, "format = bf16, order = blocked");
    assert_string_equal(m.figure.panels[3].short_name, "bf16, blocked");
    assert_int_equal(m.figure.panels[3].row + m.figure.panels[3].column, 2);
    assert_int_equal(m.figure.n_not_positive, 1);
    fake_load_free(m.l);
    m = make("x = order\ny = err_rel_max\nfacet = format\n", table);
    assert_false(m.figure.own_scales);
    assert_int_equal(m.figure.n_words, 2);
    assert_string_equal(m.figure.words[1], "blocked");
    fake_load_free(m.l);
}

static void bad_tables_have_a_place(void **state) {
    (void)state;
    expect_error("x = n\ny = err_rel_max\n", "cell,n\n1,2\n",
                 "figure.ini:4: error: [plot.p]: the table has no column 'err_rel_max' (left out by [measure], or made "
                 "by another version)");
    expect_error("x = n\ny = err_rel_max\n", "cell,n,err_rel_max\n1,2,3\n2,\"4\n\",3\n",
                 "t.csv:3: error: column n: '4\n' is no number");
    expect_error("x = n\ny = err_rel_max\n", "cell,n,err_rel_max\n1,2,3\n2,4,many\n",
                 "t.csv:3: error: column err_rel_max: 'many' is no number");
    px_text table = {0};
    px_text_add(&table, "cell,matrix,n,err_rel_max\n");
    for (int i = 0; i < 65; i++) px_text_printf(&table, "%d,m%d,1,1\n", i, i);
    expect_error("x = n\ny = err_rel_max\nby = matrix\n", px_text_str(&table),
                 "figure.ini:4: error: [plot.p]: more than 64 lines: fewer axes in by, or a where");
    expect_error("x = n\ny = err_rel_max\nfacet = matrix\n", px_text_str(&table),
                 "figure.ini:4: error: [plot.p]: more than 64 panels: fewer axes in facet, or a where");
    px_text_free(&table);
}

static const char *svg_of(made *m) {
    px_canvas c = px_figure_draw(m->l->arena, &m->figure);
    px_text text = {0};
    px_svg(&c, m->figure.title, "", &text);
    const char *copy = px_arena_strdup(m->l->arena, px_text_str(&text));
    px_text_free(&text);
    return copy;
}

static int count(const char *text, const char *what) {
    int n = 0;
    for (const char *p = text; (p = strstr(p, what)); p += strlen(what)) n++;
    return n;
}

/* Every way to draw, on a table with every kind of value: balanced XML, only finite coordinates, inside the picture. */
static void drawings_are_whole(void **state) {
    (void)state;
    static const char *const plots[] = {
        "x = n\ny = err_rel_max\nby = format\nguide = slack_det\n",
        "x = n\ny = err_rel_max, slack_det\nby = format\nscale = loglog\nlines = 20 \"here\"\nlevels = 1e4, 2\n",
        "x = format\ny = err_rel_max\nguide = slack_det\nscale = semilogy\n",
        "x = slack_det\ny = err_rel_max\nby = format\n",
        "x = n\ny = err_rel_max\nby = format\nstyle = steps\nfacet = rep\n",
        "x = n\ny = err_rel_max\nby = format\nstyle = bars\nstatistic = sum\n",
        "x = n\ny = err_rel_max\nby = format\nstyle = map\nscale = semilogx\nlines = 1e4\n",
        "x = format\ny = err_rel_max\nby = n\nstyle = map\n",
        "x = n\ny = err_rel_max\nwhere = n == 5\n",
        "x = n\ny = err_rel_max\nwhere = n == 5\nstyle = map\nby = format\n",
    };
    for (size_t i = 0; i < sizeof plots / sizeof *plots; i++) {
        made m = make(plots[i], basic);
        if (m.status != PX_OK) fail_msg("%s", m.err.text);
        const char *svg = svg_of(&m);
        assert_int_equal(count(svg, "<svg "), 1);
        assert_int_equal(count(svg, "<text"), count(svg, "</text>"));
        if (count(svg, "nan\"") + count(svg, "nan ") + count(svg, "inf\"") + count(svg, " inf ") != 0)
            fail_msg("%s draws at no place:\n%s", plots[i], svg);
        px_canvas c = px_figure_draw(m.l->arena, &m.figure);
        for (int s = 0; s < c.n_shapes; s++)
            for (int k = 0; k < 2 * c.shapes[s].n; k++) {
                double x = c.shapes[s].xy[k], most = k % 2 ? c.height : c.width;
                if (!(x >= -1 && x <= most + 1)) fail_msg("%s: shape %d is at %g of %g", plots[i], s, x, most);
            }
        fake_load_free(m.l);
    }
}

/* The shapes of one kind and colour, in the order in which they are drawn. */
static int shapes(const px_canvas *c, px_shape_kind kind, int32_t fill, const px_shape *found[], int most) {
    int n = 0;
    for (int i = 0; i < c->n_shapes; i++)
        if (c->shapes[i].kind == kind && c->shapes[i].pen.fill == fill && n < most) found[n++] = &c->shapes[i];
    return n;
}

/* Powers of ten are as far apart as their logarithms, to the right and upwards. */
static void values_stand_where_the_axes_say(void **state) {
    (void)state;
    made m = make("x = n\ny = err_rel_max\nscale = loglog\n", "cell,n,err_rel_max\n1,1,1e-3\n2,10,1e-2\n3,1000,1\n");
    px_canvas c = px_figure_draw(m.l->arena, &m.figure);
    const px_shape *at[4];
    assert_int_equal(shapes(&c, PX_SHAPE_CIRCLE, 0x0072b2, at, 4), 3);
    double x = at[1]->xy[0] - at[0]->xy[0], y = at[0]->xy[1] - at[1]->xy[1];
    assert_true(x > 50 && y > 50);
    assert_true(fabs(at[2]->xy[0] - at[1]->xy[0] - 2 * x) < 1e-9 && fabs(at[1]->xy[1] - at[2]->xy[1] - 2 * y) < 1e-9);
    fake_load_free(m.l);
}

/* Rows from the top in the order of the table, columns by x; 0 is the darkest colour and 1 the brightest. */
static void maps_have_their_fields_in_place(void **state) {
    (void)state;
    made m = make("x = n\ny = n_inf\nby = format\nstyle = map\nstatistic = mean\nscale = semilogx\n",
                  "cell,format,n,rep,n_inf\n1,fp16,10,1,0\n2,fp16,100,1,1\n3,bf16,10,1,1\n4,bf16,100,1,0\n"
                  "5,fp16,100,2,1\n");
    px_canvas c = px_figure_draw(m.l->arena, &m.figure);
    const px_shape *dark[9], *bright[9]; /* each field has a patch below its text, too */
    assert_true(shapes(&c, PX_SHAPE_PATH, 0x440154, dark, 9) >= 2 &&
                shapes(&c, PX_SHAPE_PATH, 0xfde725, bright, 9) >= 2);
    assert_true(dark[0]->xy[0] == bright[1]->xy[0] && dark[0]->xy[1] == bright[0]->xy[1]);
    assert_true(dark[1]->xy[0] == bright[0]->xy[0] && dark[1]->xy[1] == bright[1]->xy[1]);
    assert_true(dark[0]->xy[0] < dark[1]->xy[0] && dark[0]->xy[1] < dark[1]->xy[1]);
    fake_load_free(m.l);
}

/* A line breaks where another one has an x that it lacks: 16 and 64 are neighbours in fp16 alone. */
static void lines_break_at_gaps(void **state) {
    (void)state;
    static const char whole[] = "cell,format,n,err_rel_max\n1,fp16,16,1\n2,fp16,64,2\n3,bf16,16,2\n4,bf16,64,2\n";
    static const char gap[] = "cell,format,n,err_rel_max\n1,fp16,16,1\n2,fp16,64,2\n3,bf16,16,2\n4,bf16,32,2\n"
                              "5,bf16,64,2\n";
    made a = make("x = n\ny = err_rel_max\nby = format\n", whole),
         b = make("x = n\ny = err_rel_max\nby = format\n", gap);
    static const char line_of_fp16[] = "stroke=\"#0072b2\" stroke-width=\"1.8\"";
    assert_int_equal(count(svg_of(&a), line_of_fp16), 2); /* the line, and the one of the legend */
    assert_int_equal(count(svg_of(&b), line_of_fp16), 1);
    fake_load_free(a.l);
    fake_load_free(b.l);
}

/* Long texts are cut between letters, and cutting takes no time. */
static void texts_are_cut(void **state) {
    (void)state;
    enum { LONG = 4000000 };
    px_arena *arena = px_arena_new();
    assert_string_equal(px_text_fit(arena, 10, false, "short", 100), "short");
    assert_string_equal(px_text_fit(arena, 10, false, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 22), "\xc3\xa9...");
    char *text = px_arena_alloc(arena, LONG + 1, 1);
    memset(text, 'x', LONG);
    const char *cut = px_text_fit(arena, 10, false, text, 100);
    assert_true(strlen(cut) < 20 && px_text_room(10, false, cut) <= 100);
    px_arena_free(arena);
}

/* Text of a file cannot become markup, and is UTF-8 whatever it was. */
static void texts_are_escaped(void **state) {
    (void)state;
    px_text t = {0};
    px_xml_text(&t, "<b a=\"&\">\x01\xff\xc3\xa9\xed\xa0\x80\xc0\xaf\xf0\x9f\x99\x82");
    assert_string_equal(px_text_str(&t), "&lt;b a=&quot;&amp;&quot;&gt;??\xc3\xa9?????\xf0\x9f\x99\x82");
    px_text_free(&t);
}

/* The cross-reference table of a PDF points at its objects. */
static void pdf_points_at_its_objects(void **state) {
    (void)state;
    made m = make("x = n\ny = err_rel_max\nby = format\ntitle = \"(\xc3\xa9 \\ \xce\xba)\"\n", basic);
    px_canvas c = px_figure_draw(m.l->arena, &m.figure);
    px_text t = {0};
    px_pdf(&c, m.figure.title, &t);
    const char *xref = strstr(t.s, "\nxref\n"), *start = strstr(t.s, "startxref\n");
    assert_non_null(xref);
    assert_int_equal(atol(start + 10), xref + 1 - t.s);
    int n = atoi(xref + 8);
    assert_int_equal(n, 8);
    for (int i = 1; i < n; i++) {
        char want[32];
        snprintf(want, sizeof want, "%d 0 obj\n", i);
        long at = strtol(strchr(xref + 6, '\n') + 1 + 20 * i, NULL, 10);
        assert_memory_equal(t.s + at, want, strlen(want));
    }
    const char *stream = strstr(t.s, "stream\n") + 7, *end = strstr(t.s, "endstream");
    assert_int_equal(atol(strstr(t.s, "/Length ") + 8), end - stream);
    assert_non_null(strstr(t.s, "(\\(\xe9 \\\\ ?\\))"));
    px_text_free(&t);
    fake_load_free(m.l);
}

static void tables_have_the_numbers(void **state) {
    (void)state;
    made m = make("x = n\ny = err_rel_max\nby = format\n", basic);
    px_pivot wide = px_pivot_wide(m.l->arena, &m.sheet, &m.figure);
    assert_int_equal(wide.n_columns, 3); /* format, n = 16, n = 64: nothing is measured at 32 */
    assert_string_equal(wide.header[1], "n = 16");
    assert_string_equal(wide.cells[0], "fp16");
    assert_string_equal(wide.cells[2], "3.5");
    px_pivot all = px_pivot_long(m.l->arena, &m.sheet, &m.figure);
    assert_int_equal(all.n_rows, 4);
    assert_int_equal(all.n_columns, 7); /* format, column, n, median, smallest, largest, rows */
    assert_string_equal(all.cells[3], "3");
    assert_string_equal(all.cells[5], "8");
    assert_string_equal(all.cells[6], "3");
    assert_string_equal(all.cells[2 * 7 + 3], "inf");
    fake_load_free(m.l);
}

static void questions_come_first(void **state) {
    (void)state;
    static const char ini[] = "# How wrong\n#  is it? Expected: a little.\n[experiment]\nkind = gemm\n";
    fake_load *l = fake_load_text("question", ini, NULL);
    const char *question, *rest;
    px_page_question(l->arena, &l->experiment.ini, &question, &rest);
    assert_string_equal(question, "How wrong is it?");
    assert_string_equal(rest, "Expected: a little.");
    fake_load_free(l);
}

/* Without a plot: the first metric that is filled, over the axis with the most values. */
static void a_plot_is_found(void **state) {
    (void)state;
    static const char *const highlights[] = {"status", "err_cw_max", "err_rel_max", NULL}, *const texts[] = {"status",
                                                                                                             NULL};
    made m = make("x = n\ny = n_inf\n", "cell,format,n,rep,n_inf,err_rel_max\n1,fp16,1,1,0,1\n2,fp16,10,1,0,100\n"
                                        "3,bf16,100,2,0,1\n");
    const px_plot *p = px_plot_default(m.l->arena, &m.sheet, highlights);
    assert_string_equal(p->x, "n");
    assert_string_equal(p->y.at[0], "err_rel_max");
    assert_int_equal(p->by.n, 1);
    assert_string_equal(p->by.at[0], "format");
    assert_true(p->log_x && p->log_y);
    assert_null(px_plot_default(m.l->arena, &m.sheet, texts));
    fake_load_free(m.l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_values),
        cmocka_unit_test(statistics_are_the_schools),
        cmocka_unit_test(panels_stand_in_a_grid),
        cmocka_unit_test(bad_tables_have_a_place),
        cmocka_unit_test(drawings_are_whole),
        cmocka_unit_test(lines_break_at_gaps),
        cmocka_unit_test(texts_are_cut),
        cmocka_unit_test(values_stand_where_the_axes_say),
        cmocka_unit_test(maps_have_their_fields_in_place),
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(pdf_points_at_its_objects),
        cmocka_unit_test(tables_have_the_numbers),
        cmocka_unit_test(questions_come_first),
        cmocka_unit_test(a_plot_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
