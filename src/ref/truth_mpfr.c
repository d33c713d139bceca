/* The second way to the truth: every product an MPFR number of 106 bits, all of them added by mpfr_sum. */
#include "ref/fill.h"
#include "ref/truth.h"

typedef struct operands {
    px_op op;
    double sign; /* of gemm */
    px_mat in[3];
    int64_t terms; /* of one entry, c apart */
} operands;

/* Term t of entry (i, j). */
static void set_term(mpfr_t x, const operands *o, int64_t i, int64_t j, int64_t t) {
    const px_mat *a = &o->in[0], *b = &o->in[1];
    switch (o->op) {
    case PX_OP_ADD: mpfr_set_d(x, px_mat_get(t == 0 ? a : b, i, j), MPFR_RNDN); return;
    case PX_OP_ROUND: mpfr_set_d(x, px_mat_get(a, i, j), MPFR_RNDN); return;
    case PX_OP_SUM: mpfr_set_d(x, px_mat_get(a, i, t), MPFR_RNDN); return;
    case PX_OP_MUL:
        mpfr_set_d(x, px_mat_get(a, i, j), MPFR_RNDN);
        mpfr_mul_d(x, x, px_mat_get(b, i, j), MPFR_RNDN);
        return;
    case PX_OP_GEMM:
        mpfr_set_d(x, o->sign * px_mat_get(a, i, t), MPFR_RNDN);
        mpfr_mul_d(x, x, px_mat_get(b, t, j), MPFR_RNDN);
        return;
    default: break;
    }
    PX_ASSERT(!"an operation with terms");
}

enum {
    PRODUCT_BITS = 106,
    SUM_BITS = 4352, /* products lie between 2^-2148 and 2^2048; room for 2^63 of them and carries */
    PIECE = 256,     /* terms summed at a time, on the stack */
    TERM_LIMBS = (PRODUCT_BITS + GMP_NUMB_BITS - 1) / GMP_NUMB_BITS,
};

/* total += sum of the n terms; exact. */
static void add_terms(mpfr_t total, mpfr_t piece, const mpfr_ptr *terms, int n) {
    int inexact = mpfr_sum(piece, terms, (unsigned long)n, MPFR_RNDN);
    inexact |= mpfr_add(total, total, piece, MPFR_RNDN);
    PX_ASSERT(inexact == 0);
}

static void entry_by_mpfr(const void *operands_, int64_t i, int64_t j, mpfr_t sum, mpfr_t magnitudes) {
    const operands *o = operands_;
    mp_limb_t limbs[PIECE][TERM_LIMBS];
    __mpfr_struct numbers[PIECE];
    mpfr_ptr terms[PIECE];
    for (int t = 0; t < PIECE; t++) {
        terms[t] = &numbers[t];
        mpfr_custom_init_set(terms[t], MPFR_ZERO_KIND, 0, PRODUCT_BITS, limbs[t]);
    }
    mpfr_t piece;
    mpfr_init2(piece, SUM_BITS);
    mpfr_set_prec(sum, SUM_BITS);
    mpfr_set_prec(magnitudes, SUM_BITS);
    mpfr_set_zero(sum, -1); /* -0 is what leaves the other terms' sign of zero alone */
    mpfr_set_zero(magnitudes, 1);
    if (o->in[2].data) {
        mpfr_set_d(sum, px_mat_get(&o->in[2], i, j), MPFR_RNDN);
        mpfr_abs(magnitudes, sum, MPFR_RNDN);
    } else if (o->terms == 0) {
        mpfr_set_zero(sum, 1);
    }
    for (int64_t done = 0; done < o->terms; done += PIECE) {
        int n = (int)(o->terms - done < PIECE ? o->terms - done : PIECE);
        for (int t = 0; t < n; t++) set_term(terms[t], o, i, j, done + t);
        add_terms(sum, piece, terms, n);
        for (int t = 0; t < n; t++) mpfr_abs(terms[t], terms[t], MPFR_RNDN);
        add_terms(magnitudes, piece, terms, n);
    }
    mpfr_clear(piece);
}

px_status px_ref_truth_mpfr(px_arena *arena, const px_call *call, const px_mat *in, int n_in, px_truth *truth,
                            px_error *err) {
    operands *o = PX_NEW(arena, operands);
    *o = (operands){.op = call->op, .sign = call->attr[0]};
    int64_t rows = in[0].rows, cols = in[0].cols;
    switch (call->op) {
    case PX_OP_ADD: o->terms = 2; break;
    case PX_OP_MUL:
    case PX_OP_ROUND: o->terms = 1; break;
    case PX_OP_SUM:
        o->terms = cols;
        cols = 1;
        break;
    case PX_OP_GEMM:
        o->terms = cols;
        cols = in[1].cols;
        if (n_in > 2) o->in[2] = in[2];
        break;
    default: return px_fail(err, PX_INCOMPLETE, "no exact reference for operation %d", (int)call->op);
    }
    for (int t = 0; t < n_in && t < 2; t++) o->in[t] = in[t];
    px_ref_fill(arena, rows, cols, entry_by_mpfr, o, truth);
    return PX_OK;
}
