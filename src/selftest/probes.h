/* What a matrix unit does, asked of it by a few products each, and the same asked of the model that is said to be its
 * own. The answers are recorded, not judged: where they differ, the model's parameters are not this chip's, which is a
 * finding.
 *
 * After Fasi, Higham, Mikaitis, Pranesh, Numerical behavior of NVIDIA tensor cores, PeerJ CS 7:e330 (2021). */
#ifndef PX_SELFTEST_PROBES_H
#define PX_SELFTEST_PROBES_H

#include "base/text.h"
#include "op/plugin.h"

/* THE questions: X(enumerator, name, what is answered). */
#define PX_UNIT_QUESTION_LIST(X)                                                                                       \
    X(PX_UNIT_FRACTION, "fraction", "bits kept below the largest exponent of a block")                                 \
    X(PX_UNIT_WIDTH, "width", "products a block")                                                                      \
    X(PX_UNIT_ROUNDS, "rounds", "what lies below those bits is cut: 0; rounded: 1")                                    \
    X(PX_UNIT_DOWN, "down", "that of a negative product goes toward zero: 0; down: 1")                                 \
    X(PX_UNIT_SUBNORMAL, "subnormals", "subnormal operands are flushed: 0; kept: 1")                                   \
    X(PX_UNIT_RESULT, "result", "a block's result is rounded to the format of the sums: px_rounding_mode; -1: none")   \
    X(PX_UNIT_NAN_MADE, "nan made", "word of 0 times infinity")                                                        \
    X(PX_UNIT_NAN_MET, "nan met", "word of 1 times a negative NaN with a payload")
#define PX_UNIT_QUESTION_ENUM(id, name, text) id,
typedef enum px_unit_question { PX_UNIT_QUESTION_LIST(PX_UNIT_QUESTION_ENUM) PX_UNIT_QUESTIONS } px_unit_question;
#undef PX_UNIT_QUESTION_ENUM

typedef struct px_unit_answers {
    int64_t of[PX_UNIT_QUESTIONS];
} px_unit_answers;

/* Asks the unit that exec reaches by recipes of the model: operands of format `in` (fp16 or bf16), sums in `out` (fp32 or
 * fp16). words: the same unit's; NULL: a model, whose NaNs have the words of px_mma_encode. *known: 0 when exec has no
 * such unit; then there are no answers. */
px_status px_unit_ask(const px_exec *exec, px_unit_function *words, int model, const char *in, const char *out,
                      px_unit_answers *answers, int *known, px_error *err);

/* "fraction 25, width 16, ..." */
void px_unit_add_answers(px_text *text, const px_unit_answers *answers);

#endif
