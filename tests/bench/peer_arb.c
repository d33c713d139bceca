/* Arb (Johansson, IEEE Trans. Computers 66(8), 2017): products of matrices of balls, an enclosure of each entry. */
#include "bench/bench.h"

#include <stdlib.h>

#ifdef PX_HAS_ARB
#include <arb_mat.h>
#include <flint/flint.h>

enum { BITS = 128 };

struct peer_arb {
    arb_mat_t a, b, c;
};

bool peer_arb_is_here(void) { return true; }

static void fill(arb_mat_t m, int64_t n, const double *x) {
    arb_mat_init(m, n, n);
    for (int64_t i = 0; i < n * n; i++) arb_set_d(arb_mat_entry(m, i / n, i % n), x[i]);
}

peer_arb *peer_arb_new(int64_t n, const double *a, const double *b, int threads) {
    peer_arb *p = malloc(sizeof *p);
    if (!p) abort();
    flint_set_num_threads(threads);
    fill(p->a, n, a);
    fill(p->b, n, b);
    arb_mat_init(p->c, n, n);
    return p;
}

void peer_arb_multiply(peer_arb *p) { arb_mat_mul(p->c, p->a, p->b, BITS); }

void peer_arb_free(peer_arb *p) {
    arb_mat_clear(p->a);
    arb_mat_clear(p->b);
    arb_mat_clear(p->c);
    free(p);
    flint_cleanup();
}
#else
bool peer_arb_is_here(void) { return false; }
peer_arb *peer_arb_new(int64_t n, const double *a, const double *b, int threads) {
    (void)n, (void)a, (void)b, (void)threads;
    abort();
}
void peer_arb_multiply(peer_arb *p) { (void)p; }
void peer_arb_free(peer_arb *p) { (void)p; }
#endif
