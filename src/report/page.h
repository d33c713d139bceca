/* One HTML page for one or several results: no script, no network, nothing outside of itself; it prints on paper. */
#ifndef PX_REPORT_PAGE_H
#define PX_REPORT_PAGE_H

#include "report/pivot.h"

typedef struct px_fact {
    const char *name, *value; /* value "": left out */
} px_fact;

typedef struct px_page_figure {
    const px_figure *figure;
    const char *svg;
} px_page_figure;

/* What the page says of one result. */
typedef struct px_page_result {
    const px_sheet *sheet;
    const char *name;
    const px_ini *ini; /* of the experiment; NULL: not at hand */
    const px_page_figure *figures;
    int n_figures;
    const px_fact *facts; /* provenance */
    int n_facts;
    const char *verdict; /* of the gate; "" for none */
    const char *warning; /* "" for none */
} px_page_result;

void px_page_begin(px_text *out, const char *title);
void px_page_add(px_arena *arena, px_text *out, const px_page_result *result);
void px_page_end(px_text *out);

/* The comment that heads an experiment file: its question, up to the first "?", and what it says after that. */
void px_page_question(px_arena *arena, const px_ini *ini, const char **question, const char **rest);

#endif
