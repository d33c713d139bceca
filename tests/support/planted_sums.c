/* Wrong sums, judged against support/naive_sum.h: every order, fp16, random terms. */
#include <math.h>
#include <string.h>

#include "arith/round.h"
#include "support/cases.h"
#include "support/naive_sum.h"
#include "support/planted.h"

typedef double sum_subject(const px_recipe *recipe, const px_terms *terms);

static double right(const px_recipe *r, const px_terms *t) { return px_sum(r, t, NULL); }

static px_planted_verdict judge(const px_planted *defect) {
    sum_subject *subject = defect ? (sum_subject *)defect->wrong : right;
    px_planted_verdict v = {0};
    px_random g = {21};
    px_fp f;
    PX_ASSERT(px_fp_parse("fp16", &f, NULL) == PX_OK);
    for (int i = 0; i < 2000; i++) {
        double a[PX_NAIVE_TERMS], b[PX_NAIVE_TERMS];
        for (int k = 0; k < PX_NAIVE_TERMS; k++) {
            a[k] = px_round(f, px_rounding_of(PX_NEAREST_EVEN), ldexp((double)(px_random_word(&g) >> 11), -53), 0);
            b[k] = px_round(f, px_rounding_of(PX_NEAREST_EVEN), ldexp((double)(int64_t)px_random_word(&g), -62), 0);
        }
        px_recipe r = px_recipe_uniform(f);
        r.order = (uint8_t)(i % PX_ORDER_COUNT);
        r.block = r.splits = 4;
        px_terms t = {.n = 1 + px_random_below(&g, PX_NAIVE_TERMS), .a = a, .b = b, .stride_a = 1, .stride_b = 1, .sign = 1};
        double got = subject(&r, &t), want = px_naive_sum(&r, &t);
        v.cases++;
        v.differences += px_word_of(got) != px_word_of(want);
    }
    return v;
}

static double in_order(const px_recipe *r, const px_terms *t, px_order from, px_order to) {
    px_recipe other = *r;
    if (other.order == from) other.order = (uint8_t)to;
    return px_sum(&other, t, NULL);
}

/* What a compiler does to s + a b when nobody forbids it. */
static double contraction(const px_recipe *r, const px_terms *t) {
    px_recipe fused = *r;
    fused.fused = 1;
    return px_sum(&fused, t, NULL);
}
static double kahan_without_compensation(const px_recipe *r, const px_terms *t) {
    return in_order(r, t, PX_KAHAN, PX_SEQUENTIAL);
}
static double pairwise_that_is_sequential(const px_recipe *r, const px_terms *t) {
    return in_order(r, t, PX_PAIRWISE, PX_SEQUENTIAL);
}
static double neumaier_that_is_kahan(const px_recipe *r, const px_terms *t) {
    return in_order(r, t, PX_NEUMAIER, PX_KAHAN);
}
static double last_term_forgotten(const px_recipe *r, const px_terms *t) {
    px_terms shorter = *t;
    shorter.n--;
    return px_sum(r, &shorter, NULL);
}
/* The accumulator in fp32, rounded to the format only at the end. */
static double wide_accumulator(const px_recipe *r, const px_terms *t) {
    px_recipe wide = *r;
    PX_ASSERT(px_fp_parse("fp32", &wide.acc, NULL) == PX_OK);
    return px_sum(&wide, t, NULL);
}

#define DEFECT(name) {#name, judge, (void (*)(void))name}
const px_planted px_planted_sums[] = {
    DEFECT(contraction),         DEFECT(kahan_without_compensation), DEFECT(pairwise_that_is_sequential),
    DEFECT(neumaier_that_is_kahan), DEFECT(last_term_forgotten),     DEFECT(wide_accumulator),
    {0},
};

const px_planted *const px_planted_suite[] = {px_planted_arith, px_planted_sums, px_planted_inputs, px_planted_solve};
const int px_planted_suites = 4;
