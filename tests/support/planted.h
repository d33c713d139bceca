/* A planted defect: a name, the comparison that must catch it, and the wrong function the comparison is given. */
#ifndef PX_TESTS_PLANTED_H
#define PX_TESTS_PLANTED_H

#include <stdint.h>

typedef struct px_planted_verdict {
    int64_t cases, differences;
} px_planted_verdict;

typedef struct px_planted px_planted;
struct px_planted {
    const char *name; /* NULL ends a suite */
    /* Compares the defect's function, or the right one when given NULL. */
    px_planted_verdict (*judge)(const px_planted *defect);
    void (*wrong)(void); /* cast by the judge to the type it compares */
};

extern const px_planted px_planted_arith[], px_planted_sums[], px_planted_inputs[], px_planted_solve[];
extern const px_planted *const px_planted_suite[];
extern const int px_planted_suites;

#endif
