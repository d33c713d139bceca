/* Operands replaced by a^ with |a^ - a| <= d |a| + h (h of the largest of all): for sums of products
 *
 *     |a^ b^ - a b| <= (2d + d^2)|a||b| + (1 + d)(h_a |b| + h_b |a|) + h_a h_b,
 *
 * and the sum of products of the a^ has the bound of its recipe over |A^||B^|, which is at most (1 + d)^2 |A||B| and k
 * times the rest of the line above.
 *
 * bf16xN: with u = 2^-8, |x_1| <= (1+u)|x|, |x_2| <= (1+u) u |x|, |x_3| <= (1+u) u^2 |x|: the magnitudes of the parts
 * are together at most m = (1+u)(1+u+u^2); the three are x, but for underflow, at most 2^-134 each, so h = 2^-130 will
 * do; the products left out are at most (1+u)^2 (2u^3 + u^4) (bf16x6), and 3u^2 more (bf16x3).
 *
 * mx*: rounding an element has d = u, or where it saturates 1 - max/2^(emax+1), and below the normals half the quantum,
 * times the block's power of two, at most 2^-emax times the largest number, or 2^-127.
 *
 * ozaki: with 2^e > max|x|, rests are below 2^(e-7s), products of slices i, j below 2^(e_a + e_b - 7(i+j) + 14). Left
 * out are those with i + j > s + 1, s - 1 of the largest kind: together with the rests less than (s + 2) 2^(e_a + e_b -
 * 7s) a term. Slices have the signs of their numbers, so that the exact sums are together at most |A||B|; they are
 * added to nearest, s(s+1)/2 roundings. */
#include "metric/bound_algorithm.h"

#include <math.h>

#include "metric/bound_stage.h"
#include "metric/upward.h"

typedef struct part {
    double beta, eta;
} part;

static double up_square(double a) { return px_up_mul(a, a); }

/* The bound over |A||B| of sums that have bound b over |A^||B^| <= m |A||B| + rest. */
static part over(part b, double m, double rest) {
    return (part){px_up_mul(b.beta, m), px_up_add(b.eta, px_up_mul(b.beta, rest))};
}

static double power_above(double x) {
    int e;
    frexp(x, &e);
    return ldexp(1.0, e);
}

/* (1 + d)(h_a max|b| + h_b max|a|) + h_a h_b, k times. */
static double rest_of(const px_bound_data *data, double d, double h_a, double h_b) {
    double sides = px_up_add(px_up_mul(h_a, data->largest_b), px_up_mul(h_b, data->largest_a));
    double one = px_up_add(px_up_mul(px_up_add(1, d), sides), px_up_mul(h_a, h_b));
    return px_up_mul((double)data->k, one);
}

static part parts(const px_recipe *r, const px_bound_data *data, part inner) {
    double u = 0x1p-8, m = (1 + u) * (1 + u + u * u), square = (1 + u) * (1 + u); /* exact: few bits */
    double dropped = r->algorithm == PX_BF16X9 ? 0 : square * (2 * u * u * u + u * u * u * u);
    if (r->algorithm == PX_BF16X3) dropped += square * 3 * u * u;
    double h = 0x1p-130, rest = rest_of(data, 0, h, h);
    part b = over(inner, up_square(m), px_up_mul(rest, up_square(m)));
    return (part){px_up_add(b.beta, dropped), px_up_add(b.eta, rest)};
}

static double block_quantum(px_fp f, double largest) {
    return px_up_mul(fmax(ldexp(largest, -f.emax), 0x1p-127), ldexp(1.0, f.emin - f.p));
}

static part scaled(const px_recipe *r, const px_bound_data *data, part inner) {
    px_fp f = px_algorithm_element((px_algorithm)r->algorithm);
    double d = fmax(px_fp_u(f), 1 - ldexp(f.max_finite, -f.emax - 1));
    double rest = rest_of(data, d, block_quantum(f, data->largest_a), block_quantum(f, data->largest_b));
    double both = px_up_compose(d, d);
    part b = over(inner, px_up_add(1, both), rest);
    return (part){px_up_add(b.beta, both), px_up_add(b.eta, rest)};
}

static part rounded(const px_recipe *r, part b) {
    if (px_fp_equal(r->out, r->acc)) return b;
    px_rounding nearest = px_rounding_of(PX_NEAREST_EVEN);
    double v = px_rounding_v(r->out, nearest);
    return (part){px_up_compose(b.beta, v),
                  px_up_add(px_up_add(b.eta, px_up_mul(v, b.eta)), px_rounding_eta(r->out, nearest))};
}

static part ozaki(const px_recipe *r, const px_bound_data *data) {
    int s = r->slices, sums = s * (s + 1) / 2 + data->has_c;
    double unit = px_up_mul(power_above(data->largest_a), power_above(data->largest_b));
    double lost = px_up_mul(px_up_mul((double)data->k, s + 2), px_up_mul(unit, ldexp(1.0, -7 * s)));
    double beta = px_up_mul(sums, px_fp_u(r->acc));
    double underflow = px_up_mul(sums, px_rounding_eta(r->acc, px_rounding_of(PX_NEAREST_EVEN)));
    underflow = px_up_add(underflow, px_up_mul(sums, 0x1p-1074));
    double all = px_up_add(lost, underflow);
    return rounded(r, (part){beta, px_up_add(all, px_up_mul(all, beta))});
}

/* Ogita, Rump & Oishi 2005, proposition 5.5 and its remark on underflow: u |x| + gamma_n^2 B + 5 n times the smallest
 * subnormal. */
static bool dot2(const px_recipe *r, const px_bound_data *data, part *b) {
    double u = px_fp_u(r->acc), n = (double)(data->k + data->has_c);
    if (n * u >= 0.5) return false;
    double gamma = px_up_div(n * u, 1 - n * u); /* exact: u is a power of two, n an integer of at most 21 bits */
    double smallest = px_up_exp2(r->acc.emin - r->acc.p + 1);
    *b = rounded(r, (part){px_up_add(u, up_square(gamma)), px_up_mul(5 * n, smallest)});
    return true;
}

/* What the sum reads. */
static px_bound_data replaced(const px_recipe *r, const px_bound_data *data) {
    px_algorithm a = (px_algorithm)r->algorithm;
    px_bound_data d = *data;
    d.k *= px_algorithm_copies(a);
    d.in = px_algorithm_operand(a, data->in);
    if (px_algorithm_copies(a) > 1) return d;
    px_fp element = px_algorithm_element(a); /* elements times powers of two not below 2^-127 */
    d.in.p = element.p;
    d.in.emin = (int16_t)(element.emin - 127);
    return d;
}

int px_bound_algorithm(const px_recipe *recipe, const px_bound_data *data,
                       px_bound (*inner)(const px_recipe *recipe, const px_bound_data *data), double *beta, double *eta,
                       const char **why) {
    part b = {0};
    px_algorithm algorithm = (px_algorithm)recipe->algorithm;
    int id = algorithm == PX_OZAKI ? PX_BOUND_OZAKI : algorithm == PX_DOT2 ? PX_BOUND_DOT2 : PX_BOUND_BF16_PARTS;
    if (algorithm == PX_OZAKI) {
        b = ozaki(recipe, data);
    } else if (algorithm == PX_DOT2) {
        *why = "no bound: the theorem asks for n u < 1/2";
        if (!dot2(recipe, data, &b)) return -1;
    } else {
        px_recipe plain = *recipe;
        plain.algorithm = PX_ALGORITHM_NONE;
        px_bound_data other = replaced(recipe, data);
        px_bound of_sum = inner(&plain, &other);
        *why = of_sum.source;
        if (!of_sum.valid) return -1;
        bool by_parts = px_algorithm_copies(algorithm) > 1;
        b = (by_parts ? parts : scaled)(recipe, data, (part){of_sum.beta, of_sum.eta});
        if (!by_parts) id = PX_BOUND_MX;
    }
    *beta = b.beta;
    *eta = b.eta;
    return id;
}
