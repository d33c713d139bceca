#include "cli/outcome.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "io/outfile.h"
#include "report/canvas.h"

enum { TOLD = 10 }; /* rows of a failing test */

px_tested px_outcome_tested(const px_test *t, const char **why) {
    *why = "";
    if (t->n_failed) return PX_TESTED_FAILED;
    if (t->worst && t->worst->verdict == PX_VERDICT_KNOWN) {
        *why = t->worst->rule; /* with its reason */
        return PX_TESTED_SKIPPED;
    }
    if (t->n_judged) return PX_TESTED_PASSED;
    *why = "nothing to judge: no such row, or no baseline";
    return PX_TESTED_SKIPPED;
}

const char *px_finding_text(px_arena *arena, const px_finding *f) {
    const char *text =
        px_arena_printf(arena, "%s%s%s", *f->row ? f->row : "the table", *f->metric ? " " : "", f->metric);
    text = px_arena_printf(arena, "%s: %s", text, px_verdict_name(f->verdict));
    if (*f->value) text = px_arena_printf(arena, "%s, %s", text, f->value);
    if (*f->limit) text = px_arena_printf(arena, "%s, limit %s", text, f->limit);
    if (*f->baseline) text = px_arena_printf(arena, "%s, baseline %s", text, f->baseline);
    return *f->rule ? px_arena_printf(arena, "%s (%s)", text, f->rule) : text;
}

/* The worst findings of a test, one a line. */
static void add_findings(px_arena *arena, const px_verdicts *v, int test, const char *before, px_text *out) {
    int64_t n = 0, failed = v->tests[test].n_failed;
    for (size_t i = 0; i < v->n_findings; i++) {
        const px_finding *f = &v->findings[i];
        if (f->test != test || !px_verdict_fails(f->verdict) || n == TOLD) continue;
        px_text_printf(out, "%s%s\n", before, px_finding_text(arena, f));
        n++;
    }
    if (failed > n) px_text_printf(out, "%sand %" PRId64 " more\n", before, failed - n);
}

static bool was_judged(const px_outcome *o) { return o->verdicts.n_tests > 0; }

static void add_attribute(px_text *out, const char *name, const char *value) {
    px_text_printf(out, " %s=\"", name);
    px_xml_text(out, value);
    px_text_add(out, "\"");
}

static void add_case(px_arena *arena, const px_outcome *o, int i, px_text *out) {
    const px_test *t = &o->verdicts.tests[i];
    const char *why;
    px_tested tested = px_outcome_tested(t, &why);
    px_text_add(out, "  <testcase");
    add_attribute(out, "classname", o->name);
    add_attribute(out, "name", t->name);
    if (*t->file) {
        add_attribute(out, "file", t->file);
        px_text_printf(out, " line=\"%d\"", t->line);
    }
    px_text_add(out, tested == PX_TESTED_PASSED ? "/>\n" : ">\n");
    if (tested == PX_TESTED_PASSED) return;
    if (tested == PX_TESTED_SKIPPED) {
        px_text_add(out, "   <skipped");
        add_attribute(out, "message", why);
        px_text_add(out, "/>\n");
    } else {
        px_text rows = {0};
        px_text_add(out, "   <failure");
        add_attribute(out, "type", px_verdict_name(t->worst->verdict));
        add_attribute(out, "message", px_finding_text(arena, t->worst));
        add_findings(arena, &o->verdicts, i, "", &rows);
        px_text_add(out, ">");
        px_xml_text(out, px_text_str(&rows));
        px_text_add(out, "</failure>\n");
        px_text_free(&rows);
    }
    px_text_add(out, "  </testcase>\n");
}

static void add_suite(px_arena *arena, const px_outcome *o, px_text *out) {
    int counts[3] = {0, 0, 0}, n = o->verdicts.n_tests + (*o->error ? 1 : 0);
    const char *why;
    for (int i = 0; i < o->verdicts.n_tests; i++) counts[px_outcome_tested(&o->verdicts.tests[i], &why)]++;
    px_text_add(out, " <testsuite");
    add_attribute(out, "name", o->name);
    px_text_printf(out, " tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\">\n", n, counts[PX_TESTED_FAILED],
                   *o->error ? 1 : 0, counts[PX_TESTED_SKIPPED]);
    for (int i = 0; i < o->verdicts.n_tests; i++) add_case(arena, o, i, out);
    if (*o->error) {
        px_text_add(out, "  <testcase");
        add_attribute(out, "classname", o->name);
        add_attribute(out, "name", was_judged(o) ? "baseline" : "run");
        px_text_add(out, ">\n   <error");
        add_attribute(out, "message", o->error);
        px_text_add(out, "/>\n  </testcase>\n");
    }
    px_text_add(out, " </testsuite>\n");
}

px_status px_write_junit(const px_cli *cli, const char *path, const px_outcome *outcomes, int n, px_error *err) {
    px_text text = {0};
    px_outfile f;
    px_text_add(&text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"precx check\">\n");
    for (int i = 0; i < n; i++) add_suite(cli->arena, &outcomes[i], &text);
    px_text_add(&text, "</testsuites>\n");
    px_status status = px_outfile_open(&f, path, err);
    if (status == PX_OK) {
        status = px_outfile_write(&f, text.s, text.length, err);
        if (status == PX_OK) status = px_outfile_complete(&f, err);
        if (status == PX_OK) status = px_outfile_rename(&f, err);
        px_outfile_discard(&f);
    }
    px_text_free(&text);
    return status;
}

/* A description must not look like a directive. */
static void print_tap_text(const char *s) {
    for (; *s; s++) putchar(*s == '#' || *s == '\n' || *s == '\r' ? ' ' : *s);
}

static void print_tap_case(const px_cli *cli, const px_outcome *o, int i, int number) {
    const px_test *t = &o->verdicts.tests[i];
    const char *why;
    px_tested tested = px_outcome_tested(t, &why);
    printf("%s %d - ", tested == PX_TESTED_FAILED ? "not ok" : "ok", number);
    print_tap_text(px_arena_printf(cli->arena, "%s: %s", o->name, t->name));
    if (tested == PX_TESTED_SKIPPED) {
        fputs(" # SKIP ", stdout);
        print_tap_text(why);
    }
    putchar('\n');
    if (tested != PX_TESTED_FAILED) return;
    px_text rows = {0};
    add_findings(cli->arena, &o->verdicts, i, "# ", &rows);
    fputs(px_text_str(&rows), stdout);
    px_text_free(&rows);
}

void px_print_tap(const px_cli *cli, const px_outcome *outcomes, int n) {
    int number = 0;
    puts("TAP version 13");
    for (int i = 0; i < n; i++) {
        const px_outcome *o = &outcomes[i];
        for (int k = 0; k < o->verdicts.n_tests; k++) print_tap_case(cli, o, k, ++number);
        if (!*o->error) continue;
        printf("not ok %d - %s: %s\n# ", ++number, o->name, was_judged(o) ? "baseline" : "run");
        print_tap_text(o->error);
        putchar('\n');
    }
    printf("1..%d\n", number);
}

/* GitHub's escapes: of a message, and of a property's value, where colon and comma have a meaning, too. */
static void print_escaped(const char *s, bool property) {
    for (; *s; s++) {
        bool special = *s == '%' || *s == '\r' || *s == '\n' || (property && (*s == ':' || *s == ','));
        if (special)
            printf("%%%02X", (unsigned)(unsigned char)*s);
        else
            putchar(*s);
    }
}

static void print_command(const char *severity, const char *file, int line, const char *title, const char *message) {
    printf("::%s file=", severity);
    print_escaped(file, true);
    if (line) printf(",line=%d", line);
    fputs(",title=", stdout);
    print_escaped(title, true);
    fputs("::", stdout);
    print_escaped(message, false);
    putchar('\n');
}

static const char *failure_text(px_arena *arena, const px_test *t) {
    const char *text = px_finding_text(arena, t->worst);
    return t->n_failed == 1 ? text : px_arena_printf(arena, "%" PRId64 " values; the worst: %s", t->n_failed, text);
}

/* Errors first; what is beyond the ninth is counted in the tenth. */
static void print_commands(px_arena *arena, const px_outcome *outcomes, int n) {
    enum { SHOWN = 9 };
    int seen = 0;
    for (int i = 0; i < n; i++) {
        const px_outcome *o = &outcomes[i];
        if (*o->error && seen++ < SHOWN) print_command("error", o->path, 0, o->name, o->error);
        for (int k = 0; k < o->verdicts.n_tests; k++) {
            const px_test *t = &o->verdicts.tests[k];
            if (!t->n_failed || seen++ >= SHOWN) continue;
            const char *title = px_arena_printf(arena, "%s: %s", o->name, t->name);
            print_command("error", *t->file ? t->file : o->path, t->line, title, failure_text(arena, t));
        }
    }
    if (seen > SHOWN) printf("::error title=precx check::and %d more\n", seen - SHOWN);
}

/* A field of a Markdown table. */
static void add_md(px_text *out, const char *s) {
    px_text_add(out, "| ");
    for (; *s; s++) {
        if (strchr("|*_<\\`[", *s)) px_text_add(out, "\\");
        px_text_add_bytes(out, *s == '\n' || *s == '\r' ? " " : s, 1);
    }
    px_text_add(out, " ");
}

static void add_summary(const px_outcome *o, px_text *out) {
    px_text_printf(out, "### precx check: %s\n\n%" PRId64 " passed, %" PRId64 " failed, %" PRId64 " skipped\n\n",
                   o->name, px_verdicts_passed(&o->verdicts), px_verdicts_failed(&o->verdicts), o->verdicts.n_skipped);
    if (*o->error) px_text_printf(out, "    %s\n\n", o->error);
    for (size_t i = 0; i < o->verdicts.n_findings; i++) {
        const px_finding *f = &o->verdicts.findings[i];
        const char *const fields[] = {f->row,  f->metric, px_verdict_name(f->verdict), f->value, f->limit, f->baseline,
                                      f->rule, f->place};
        if (i == 0)
            px_text_add(out, "| cell | metric | verdict | value | limit | baseline | rule | where |\n"
                             "| --- | --- | --- | ---: | ---: | ---: | --- | --- |\n");
        for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) add_md(out, fields[k]);
        px_text_add(out, "|\n");
    }
    px_text_add(out, "\n");
}

px_status px_annotate_github(const px_cli *cli, const px_outcome *outcomes, int n, px_error *err) {
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    print_commands(cli->arena, outcomes, n);
    if (!path || !*path) return PX_OK;
    px_text text = {0};
    for (int i = 0; i < n; i++) add_summary(&outcomes[i], &text);
    FILE *f = fopen(path, "a"); /* other steps write there, too */
    size_t written = f ? fwrite(px_text_str(&text), 1, text.length, f) : 0;
    bool good = f && fclose(f) == 0 && written == text.length;
    px_text_free(&text);
    return good ? PX_OK : px_fail(err, PX_INCOMPLETE, "cannot write %s, which GITHUB_STEP_SUMMARY names", path);
}
