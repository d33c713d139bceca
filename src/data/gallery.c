/* The gallery's table, and the formulas. */
#include "data/gallery.h"

#include "base/error.h"
#include "data/gallery_random.h"

/* Entry (i, j), both from 1, to the precision of x. */
typedef void formula(const px_gallery *g, unsigned long i, unsigned long j, mpfr_t x);

static unsigned long larger(unsigned long i, unsigned long j) { return i > j ? i : j; }
static unsigned long smaller(unsigned long i, unsigned long j) { return i < j ? i : j; }
static void set_integer(mpfr_t x, long value) { mpfr_set_si(x, value, MPFR_RNDN); }

static void diagonal(const px_gallery *g, unsigned long i, unsigned long j, mpfr_t x) {
    set_integer(x, i == j);
    if (i != j || i == 1) return;
    mpfr_t power;
    mpfr_init2(power, mpfr_get_prec(x) + 32);
    mpfr_set_d(power, g->kappa, MPFR_RNDN);
    if (i < (unsigned long)g->n) { /* kappa^((i-1)/(n-1)) */
        mpfr_rootn_ui(power, power, (unsigned long)g->n - 1, MPFR_RNDN);
        mpfr_pow_ui(power, power, i - 1, MPFR_RNDN);
    }
    mpfr_ui_div(x, 1, power, MPFR_RNDN);
    mpfr_clear(power);
}

static void hilbert(const px_gallery *g, unsigned long i, unsigned long j, mpfr_t x) {
    (void)g;
    set_integer(x, 1);
    mpfr_div_ui(x, x, i + j - 1, MPFR_RNDN);
}

/* (-1)^(i+j) (i+j-1) C(n+i-1, n-j) C(n+j-1, n-i) C(i+j-2, i-1)^2. */
static void invhilb(const px_gallery *g, unsigned long i, unsigned long j, mpfr_t x) {
    unsigned long n = (unsigned long)g->n;
    mpz_t product, factor;
    mpz_inits(product, factor, (mpz_ptr)NULL);
    mpz_bin_uiui(product, i + j - 2, i - 1);
    mpz_mul(product, product, product);
    mpz_mul_ui(product, product, i + j - 1);
    mpz_bin_uiui(factor, n + i - 1, n - j);
    mpz_mul(product, product, factor);
    mpz_bin_uiui(factor, n + j - 1, n - i);
    mpz_mul(product, product, factor);
    if ((i + j) % 2) mpz_neg(product, product);
    mpfr_set_z(x, product, MPFR_RNDN);
    mpz_clears(product, factor, (mpz_ptr)NULL);
}

static void vandermonde(const px_gallery *g, unsigned long i, unsigned long j, mpfr_t x) {
    mpz_t power;
    mpfr_t under;
    mpz_init(power);
    mpfr_init2(under, mpfr_get_prec(x) + 32);
    mpz_ui_pow_ui(power, (unsigned long)g->n, j - 1);
    mpfr_set_z(under, power, MPFR_RNDN);
    mpz_ui_pow_ui(power, i, j - 1);
    mpfr_set_z(x, power, MPFR_RNDN);
    mpfr_div(x, x, under, MPFR_RNDN);
    mpfr_clear(under);
    mpz_clear(power);
}

static void frank(const px_gallery *g, unsigned long i, unsigned long j, mpfr_t x) {
    set_integer(x, j + 1 >= i ? (long)((unsigned long)g->n + 1 - larger(i, j)) : 0);
}

static void moler(const px_gallery *g, unsigned long i, unsigned long j, mpfr_t x) {
    (void)g;
    set_integer(x, i == j ? (long)i : (long)smaller(i, j) - 2);
}

static void pascal(const px_gallery *g, unsigned long i, unsigned long j, mpfr_t x) {
    (void)g;
    mpz_t binomial;
    mpz_init(binomial);
    mpz_bin_uiui(binomial, i + j - 2, i - 1);
    mpfr_set_z(x, binomial, MPFR_RNDN);
    mpz_clear(binomial);
}

static void lotkin(const px_gallery *g, unsigned long i, unsigned long j, mpfr_t x) {
    if (i == 1)
        set_integer(x, 1);
    else
        hilbert(g, i, j, x);
}

static void kahan(const px_gallery *g, unsigned long i, unsigned long j, mpfr_t x) {
    (void)g;
    mpfr_t theta, s, c;
    set_integer(x, 0);
    if (j < i) return;
    mpfr_inits2(mpfr_get_prec(x) + 32, theta, s, c, (mpfr_ptr)NULL);
    mpfr_set_ui(theta, 12, MPFR_RNDN);
    mpfr_div_ui(theta, theta, 10, MPFR_RNDN);
    mpfr_sin_cos(s, c, theta, MPFR_RNDN);
    mpfr_pow_ui(s, s, i - 1, MPFR_RNDN);
    if (j > i) mpfr_mul(s, s, c, MPFR_RNDN);
    mpfr_setsign(x, s, j > i, MPFR_RNDN);
    mpfr_clears(theta, s, c, (mpfr_ptr)NULL);
}

static void minij(const px_gallery *g, unsigned long i, unsigned long j, mpfr_t x) {
    (void)g;
    set_integer(x, (long)smaller(i, j));
}

static void tridiagonal(const px_gallery *g, unsigned long i, unsigned long j, mpfr_t x) {
    (void)g;
    set_integer(x, i == j ? 2 : larger(i, j) - smaller(i, j) == 1 ? -1 : 0);
}

static void wilkinson(const px_gallery *g, unsigned long i, unsigned long j, mpfr_t x) {
    set_integer(x, i == j || j == (unsigned long)g->n ? 1 : i > j ? -1 : 0);
}

/* x = pi over / under, to its precision and a few bits. */
static void set_angle(mpfr_t x, unsigned long over, unsigned long under) {
    mpfr_const_pi(x, MPFR_RNDN);
    mpfr_mul_ui(x, x, over, MPFR_RNDN);
    mpfr_div_ui(x, x, under, MPFR_RNDN);
}

static void orthogonal(const px_gallery *g, unsigned long i, unsigned long j, mpfr_t x) {
    unsigned long m = (unsigned long)g->n + 1, turns = i * j % (2 * m);
    mpfr_t angle, scale;
    set_integer(x, 0);
    if (turns % m == 0) return;
    mpfr_inits2(mpfr_get_prec(x) + 32, angle, scale, (mpfr_ptr)NULL);
    set_angle(angle, turns, m);
    mpfr_sin(angle, angle, MPFR_RNDN);
    mpfr_set_ui(scale, 2, MPFR_RNDN);
    mpfr_div_ui(scale, scale, m, MPFR_RNDN);
    mpfr_sqrt(scale, scale, MPFR_RNDN);
    mpfr_mul(x, angle, scale, MPFR_RNDN);
    mpfr_clears(angle, scale, (mpfr_ptr)NULL);
}

static const px_gallery_row rows[] = {
#define ROW(id, formula, kappa, source) {#id, formula, kappa, source},
    PX_GALLERY_LIST(ROW)
#undef ROW
};

static formula *const formulas[] = {
#define ROW(id, formula, kappa, source) id,
    PX_GALLERY_FORMULA_LIST(ROW)
#undef ROW
};
enum { N_FORMULAS = sizeof formulas / sizeof *formulas };

const px_gallery_row *px_gallery_rows(void) { return rows; }

bool px_gallery_takes_kappa(int which) { return which == PX_GALLERY_diagonal || which == PX_GALLERY_randsvd; }
bool px_gallery_takes_mode(int which) { return which == PX_GALLERY_randsvd; }

const char *px_gallery_refused(const px_gallery *g) {
    if (g->which == PX_GALLERY_vandermonde && g->n > 128) return "vandermonde: n above 128 leaves the range of doubles";
    if (g->which == PX_GALLERY_invhilb && g->n > 128) return "invhilb: n above 128 leaves the range of doubles";
    if (g->which == PX_GALLERY_pascal && g->n > 512) return "pascal: n above 512 leaves the range of doubles";
    if (px_gallery_takes_kappa(g->which) && g->n == 1 && g->kappa != 1) return "a matrix of one entry has kappa 1";
    return NULL;
}

/* Two doubles of every entry, by 60 bits more than they hold. */
static px_wide fill_formula(px_arena *arena, const px_gallery *g) {
    px_wide a = {.hi = px_mat_new(arena, px_fp_exact(), g->n, g->n),
                 .lo = px_mat_new(arena, px_fp_exact(), g->n, g->n)};
    bool exact = true;
    mpfr_t x;
    mpfr_init2(x, 166);
    for (int64_t i = 0; i < g->n; i++)
        for (int64_t j = 0; j < g->n; j++) {
            formulas[g->which](g, (unsigned long)i + 1, (unsigned long)j + 1, x);
            double hi = mpfr_get_d(x, MPFR_RNDN);
            mpfr_sub_d(x, x, hi, MPFR_RNDN);
            double lo = mpfr_get_d(x, MPFR_RNDN);
            px_mat_set(&a.hi, i, j, hi);
            px_mat_set(&a.lo, i, j, lo);
            if (lo != 0) exact = false;
        }
    mpfr_clear(x);
    return exact ? px_wide_of(a.hi) : a;
}

px_wide px_gallery_fill(px_arena *arena, const px_gallery *g) {
    PX_ASSERT(g->which >= 0 && g->which < PX_GALLERY_COUNT && g->n >= 1 && !px_gallery_refused(g));
    PX_ASSERT(!px_gallery_takes_kappa(g->which) || (g->kappa >= 1 && g->kappa <= 1e300));
    return g->which < N_FORMULAS ? fill_formula(arena, g) : px_wide_of(px_gallery_random(arena, g));
}

void px_gallery_entry(const px_gallery *g, const px_wide *filled, int64_t i, int64_t j, mpfr_t x) {
    if (g->which < N_FORMULAS)
        formulas[g->which](g, (unsigned long)i + 1, (unsigned long)j + 1, x);
    else
        mpfr_set_d(x, px_mat_get(&filled->hi, i, j), MPFR_RNDN);
}

/* sin^2 of pi over / under. */
static void set_sine_squared(mpfr_t x, unsigned long over, unsigned long under) {
    set_angle(x, over, under);
    mpfr_sin(x, x, MPFR_RNDN);
    mpfr_sqr(x, x, MPFR_RNDN);
}

bool px_gallery_kappa_2(const px_gallery *g, double *kappa) {
    unsigned long n = (unsigned long)g->n, over = 0, under = 0;
    switch (g->which) {
    case PX_GALLERY_diagonal:
    case PX_GALLERY_randsvd: return *kappa = g->kappa, true;
    case PX_GALLERY_orthogonal: return *kappa = 1, true;
    /* Eigenvalues 1 / (4 sin^2((2k-1) pi/(4n+2))) and 4 sin^2(k pi/(2n+2)), k = 1 .. n. */
    case PX_GALLERY_minij: over = 2 * n - 1, under = 4 * n + 2; break;
    case PX_GALLERY_tridiagonal: over = n, under = 2 * n + 2; break;
    default: return false;
    }
    mpfr_t largest, least;
    mpfr_inits2(166, largest, least, (mpfr_ptr)NULL);
    set_sine_squared(largest, over, under);
    set_sine_squared(least, 1, under);
    mpfr_div(largest, largest, least, MPFR_RNDN);
    *kappa = mpfr_get_d(largest, MPFR_RNDN);
    mpfr_clears(largest, least, (mpfr_ptr)NULL);
    return true;
}
