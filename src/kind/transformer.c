/* The kind transformer: its axes, its columns. */
#include "kind/axes.h"
#include "kind/columns.h"
#include "kind/transformer.h"
#include "metric/tensor.h"

#define WORD(id, name, text) name,
static const char *const policies[] = {PX_NN_POLICY_LIST(WORD) NULL};
static const char *const quantizers[] = {PX_NN_QUANTIZE_LIST(WORD) NULL};
static const char *const losses[] = {PX_NN_LOSS_LIST(WORD) NULL};
static const char *const norms[] = {PX_NN_NORM_LIST(WORD) NULL};
static const char *const optimizers[] = {PX_OPTIMIZER_LIST(WORD) NULL};
static const char *const schedules[] = {PX_SCHEDULE_LIST(WORD) NULL};
static const char *const scalings[] = {PX_NN_SCALING_LIST(WORD) NULL};
static const char *const updates[] = {PX_NN_UPDATE_LIST(WORD) NULL};
static const char *const initials[] = {PX_INITIAL_LIST(WORD) NULL};
static const char *const tensors[] = {PX_TENSORS_LIST(WORD) NULL};
static const char *const masters[] = {"policy", "fp32", "none", NULL};
static const char *const as_policy[] = {"policy", NULL};
static const char *const gelus[] = {[PX_GELU_TANH] = "tanh", [PX_GELU_ERF] = "erf", NULL};
static const char *const softmaxes[] = {
    [PX_SOFTMAX_STABLE] = "stable", [PX_SOFTMAX_PLAIN] = "plain", [PX_SOFTMAX_ONLINE] = "online", NULL};
static const char *const places[] = {"after", "before", NULL};
static const char *const judges[] = {
    [PX_JUDGE_EXACT] = "exact", [PX_JUDGE_CERTIFIED] = "certified", [PX_JUDGE_NONE] = "none", NULL};
static const char *const reductions[] = {"ring", "tree", NULL};
static const char *const texts[] = {"house", "file:*", NULL};
static const char *const sources[] = {"random", "file:*", NULL};
static const char *const no_yes[] = {"no", "yes", NULL};

#define OVERRIDE(name, what)                                                                                           \
    { name, PX_PARAM_FORMAT, "policy", as_policy, NULL, 0, 0, false, what ": a format in the place of the policy's" }
#define CHOICE(name, standard, words, text)                                                                            \
    { name, PX_PARAM_WORD, standard, words, NULL, 0, 0, false, text }
#define COUNT(name, standard, lo, hi, input, text)                                                                     \
    { name, PX_PARAM_INT, standard, NULL, NULL, lo, hi, input, text }
#define NUMBER(name, standard, lo, hi, input, text)                                                                    \
    { name, PX_PARAM_REAL, standard, NULL, NULL, lo, hi, input, text }

static const px_param params[] = {
    CHOICE("policy", "fp16_amp", policies, "precision policy: which format every operation computes in"),
    OVERRIDE("accum", "accumulators of matrix products"),
    OVERRIDE("softmax", "softmax and its gradient"),
    OVERRIDE("norm", "layer norm and its gradients"),
    OVERRIDE("gelu", "GELU and its gradient"),
    OVERRIDE("residual", "residual additions and the gradient along them"),
    OVERRIDE("optimizer_format", "unscaled gradients, optimizer and its state"),
    CHOICE("fp8_scaling", "none", quantizers, "policy fp8_amp: how operands come into the range of fp8"),
    COUNT("fp8_history", "1", 1, 1 << 12, false, "fp8_scaling delayed: the largest magnitude of so many steps counts"),
    PX_AXIS_MODEL,
    PX_AXIS_FUSED,
    CHOICE("master", "policy", masters, "master copy of the parameters; policy: fp32 for amp, else none"),
    CHOICE("update", "plain", updates, "how w + d is rounded to the format in which w is kept"),
    CHOICE("optimizer", "adam", optimizers, "who makes d of the gradient (`precx list optimizers`)"),
    NUMBER("lr", "0.001", 0, 1e6, false, "learning rate"),
    CHOICE("schedule", "constant", schedules, "learning rate from step to step (`precx list schedules`)"),
    COUNT("warmup", "0", 0, 1 << 20, false, "the learning rate rises in so many steps"),
    NUMBER("momentum", "0.9", 0, 1, false, "of momentum and nesterov"),
    NUMBER("beta1", "0.9", 0, 1, false, "decay of the first moment"),
    NUMBER("beta2", "0.999", 0, 1, false, "decay of the second moment"),
    NUMBER("eps", "1e-8", 0, 1, false, "beside, or under, the root"),
    NUMBER("decay", "0", 0, 1, false,
           "weight decay of the weight matrices: decoupled for adamw; for all others decay w is added to the clipped "
           "gradient, the one of an L2 penalty"),
    NUMBER("l1", "0", 0, 1, false, "l1 sign(w) is added to the clipped gradient of the weight matrices"),
    NUMBER("clip", "0", 0, 1e30, false, "largest norm of the unscaled gradient; 0 stands for no clipping"),
    CHOICE("scaling", "none", scalings, "loss scaling"),
    NUMBER("scale", "65536", 1e-30, 1e30, false, "scaling static or dynamic: the (first) scale S"),
    NUMBER("growth", "2", 1, 1024, false, "scaling dynamic: S times this after `interval` clean steps"),
    NUMBER("backoff", "0.5", 0, 1, false, "scaling dynamic: S times this after inf or nan"),
    COUNT("interval", "2000", 1, 1 << 30, false, "scaling dynamic: clean steps in a row before S grows"),
    CHOICE("activation", "tanh", gelus, "form of GELU"),
    CHOICE("attention", "stable", softmaxes, "softmax: less the largest score, as it is, or in one pass (flash)"),
    CHOICE("qk_scale", "after", places, "1/sqrt(head size): after the product of q and k, or on q before it"),
    NUMBER("mask", "0", -1e300, 0, false, "value of masked scores; 0 stands for -inf"),
    CHOICE("normalisation", "layer", norms,
           "layer norm; batch norm, of this batch, later positions included; or gain and bias alone"),
    NUMBER("dropout", "0", 0, 0.99, false, "probability"),
    COUNT("micro", "1", 1, 64, true, "micro-batches whose gradients a rank adds up"),
    COUNT("ranks", "1", 1, 64, true, "ranks of a simulated all-reduce"),
    OVERRIDE("reduce", "sum of the ranks' gradients"),
    CHOICE("reduce_order", "ring", reductions, "ranks are added one after another, or pairwise"),
    CHOICE("objective", "dot", losses, "dot: <dy, y> for given dy; mse; cross_entropy of the next character"),
    {"initial", PX_PARAM_WORD, "gpt2", initials, NULL, 0, 0, true, "how weight matrices begin (`precx list initials`)"},
    NUMBER("init", "0.02", 0, 1e6, true,
           "initial gpt2: standard deviation of weights; of the two that end a branch / sqrt(2 layers)"),
    NUMBER("grad", "1", 0, 1e30, true, "objective dot: standard deviation of dy"),
    NUMBER("held_out", "0", 0, 0.9, true,
           "objective cross_entropy: this part of the text, at its end, is not trained on"),
    COUNT("patience", "0", 0, 1 << 20, false,
          "early stopping: training ends when the least held-out loss is so many steps old; 0 stands for never"),
    NUMBER("alarm", "2", 1, 1e30, false, "a sign warns beyond so many times the mean of its first values"),
    COUNT("calm", "5", 1, 1 << 20, false, "so many values of a sign make that mean"),
    {"parameters", PX_PARAM_PATTERN, "random", sources, NULL, 0, 0, true,
     "of the first step; file:PATH: a .safetensors file with the names of nanoGPT's state dict, x and dy beside them"},
    {"text", PX_PARAM_PATTERN, "house", texts, NULL, 0, 0, true,
     "objective cross_entropy: the characters; house: a small text that precx has; file:PATH: yours"},
    COUNT("layers", "1", 1, 64, true, "blocks"),
    COUNT("batch", "1", 1, 1 << 12, true, "B, sequences in a batch"),
    COUNT("length", "8", 1, 1 << 12, true, "T, positions"),
    COUNT("width", "16", 1, 1 << 14, true, "C"),
    COUNT("heads", "2", 1, 1 << 10, true, "heads; divides C"),
    COUNT("steps", "1", 1, 1 << 20, false, "training steps"),
    COUNT("every", "1", 1, 1 << 20, false, "tensors have rows at steps 1, 1 + every, ..."),
    CHOICE("tensors", "gradients", tensors, "which tensors have rows"),
    CHOICE("histogram", "no", no_yes, "yes: a row for each exponent of a tensor, too"),
    CHOICE("judge", "exact", judges,
           "exact: the step again in exact arithmetic (MPFR); certified: forward and backward in double-double with "
           "proven radii, for wide layers; none: no reference"),
    CHOICE("local", "no", no_yes, "yes: every operation again on the inputs that it had: local and propagated error"),
    PX_AXIS_BACKEND,
    PX_AXIS_REP};

#define KEY_COLUMNS(X)                                                                                                 \
    X("step", "1", PX_COLUMN_INTEGER, "training step, from 1; skipped ones count")                                     \
    X("tensor", "", PX_COLUMN_TEXT, "name as in nanoGPT's state dict, .grad for gradients; step: the whole step")      \
    X("exponent", "1", PX_COLUMN_INTEGER, "rows of a histogram: floor(log2 |x|) of the entries counted in `entries`")
#define STEP_COLUMNS(X)                                                                                                \
    X("loss", "1", PX_COLUMN_NUMBER, "before the update, not scaled")                                                  \
    X("loss_ref", "1", PX_COLUMN_NUMBER, "the same from the same parameters and data in exact arithmetic")             \
    X("grad_norm", "1", PX_COLUMN_NUMBER, "2-norm of the gradient, unscaled, before clipping; empty if skipped")       \
    X("weight_norm", "1", PX_COLUMN_NUMBER, "2-norm of all parameters before the step")                                \
    X("kappa_2_max", "1", PX_COLUMN_NUMBER, "largest kappa_2 of the step's weight matrices")                           \
    X("lr_t", "1", PX_COLUMN_NUMBER, "learning rate of this step")                                                     \
    X("loss_scale", "1", PX_COLUMN_NUMBER, "S of this step")                                                           \
    X("found_inf", "entries", PX_COLUMN_INTEGER, "infinite or undefined entries of the unscaled gradient")             \
    X("skipped", "1", PX_COLUMN_INTEGER, "1: no update was made, because of them")                                     \
    X("clip_factor", "1", PX_COLUMN_NUMBER, "what the gradient was multiplied by")                                     \
    X("loss_held", "1", PX_COLUMN_NUMBER, "loss of the held-out batch, before the update, nothing dropped out")        \
    X("stopped", "1", PX_COLUMN_INTEGER, "1: the last step, the least held-out loss is `patience` steps old")          \
    X("loss_warned", "1", PX_COLUMN_INTEGER,                                                                           \
      "first step at which loss was not finite or above `alarm` times the mean of its first `calm` values")            \
    X("grad_warned", "1", PX_COLUMN_INTEGER, "the same of grad_norm")                                                  \
    X("weight_warned", "1", PX_COLUMN_INTEGER, "the same of weight_norm")                                              \
    X("kappa_warned", "1", PX_COLUMN_INTEGER, "the same of kappa_2_max")                                               \
    X("foretold", "", PX_COLUMN_TEXT,                                                                                  \
      "of loss, grad_norm and weight_norm those that had warned when kappa_2_max did; none; empty while it has not")   \
    X("lost", "1", PX_COLUMN_NUMBER, "fraction of the updates d other than 0 that left w as it was")                   \
    X("flops_products", "operations", PX_COLUMN_NUMBER, "of matrix products, counted from the calls: 2 m n k each")    \
    X("flops_formula", "operations", PX_COLUMN_NUMBER,                                                                 \
      "3 (24 B T C^2 + 4 B T^2 C) a layer and micro-batch: forward, and twice that backward")                          \
    X("flops_other", "operations", PX_COLUMN_NUMBER, "of everything else, by the list of operations")                  \
    X("bytes_moved", "bytes", PX_COLUMN_NUMBER, "operands and results of all calls, once each, in their formats")      \
    X("bytes_per_parameter", "bytes", PX_COLUMN_NUMBER,                                                                \
      "master copy, copy in the products' format, gradients as they come and unscaled, optimizer state")
#define TENSOR_COLUMNS(X)                                                                                              \
    X("role", "", PX_COLUMN_TEXT, "parameter_gradient, activation, ...")                                               \
    X("entries", "entries", PX_COLUMN_INTEGER,                                                                         \
      "of the tensor (step: of all gradients of parameters); rows of a histogram: with this exponent")                 \
    X("norm_2", "1", PX_COLUMN_NUMBER, "2-norm of the computed tensor")                                                \
    X("kappa_2", "1", PX_COLUMN_NUMBER,                                                                                \
      "condition number of a weight matrix (tensors weights: before, updates: after the update) or an activation, "    \
      "smaller side at most 256")                                                                                      \
    X("kappa_2_radius", "1", PX_COLUMN_NUMBER,                                                                         \
      "certificate: |kappa_2 / exact - 1| is at most this; empty where the analysis says nothing")                     \
    X("kappa_2_theory", "1", PX_COLUMN_NUMBER,                                                                         \
      "of random weights before the first step, for large sizes: (sqrt m + sqrt n)/|sqrt m - sqrt n|; square: 3.671 "  \
      "n, "                                                                                                            \
      "Edelman's median; orthogonal: 1")                                                                               \
    X("kappa_2_law", "1", PX_COLUMN_NUMBER,                                                                            \
      "square random weights before the first step: the probability of a smaller kappa_2 for large n, "                \
      "exp(-2/x - 2/x^2), x = kappa_2/n: uniform over rep (Edelman 1988)")
#define LOCAL_COLUMNS(X)                                                                                               \
    X("err_local_2", "1", PX_COLUMN_NUMBER,                                                                            \
      "||computed - redone||_2 / ||redone||_2, redone: its operations in exact arithmetic on the inputs they had")     \
    X("err_propagated_2", "1", PX_COLUMN_NUMBER,                                                                       \
      "||redone - exact||_2 / ||exact||_2: what the errors of the inputs have become")                                 \
    X("n_flushed_local", "entries", PX_COLUMN_INTEGER, "0 although the redone value is not")                           \
    X("judged_by", "", PX_COLUMN_TEXT,                                                                                 \
      "who knew the exact step: exact, certified, or open: radii leave some figure of the row without 8 digits, "      \
      "which "                                                                                                         \
      "is empty, and the exact step is too long")
#define COUNT_COLUMNS(X)                                                                                               \
    X("n_sign_flips", "entries", PX_COLUMN_INTEGER, "computed and exact value have opposite signs")                    \
    X("n_zero", "entries", PX_COLUMN_INTEGER, "zeros")                                                                 \
    X("n_subnormal", "entries", PX_COLUMN_INTEGER, "subnormal numbers of the tensor's format")                         \
    X("n_inf", "entries", PX_COLUMN_INTEGER, "infinities")                                                             \
    X("n_nan", "entries", PX_COLUMN_INTEGER, "not a number")                                                           \
    X("n_ref_zero", "entries", PX_COLUMN_INTEGER, "exact value 0")                                                     \
    X("n_flushed", "entries", PX_COLUMN_INTEGER, "0 although the exact value is not")                                  \
    X("flushed", "1", PX_COLUMN_NUMBER, "n_flushed / entries")                                                         \
    X("overflowed", "1", PX_COLUMN_NUMBER, "fraction that is infinite or not a number")

#define AS_KEY(name, unit, type, text) {name, unit, type, PX_CLASS_KEY, text},
#define AS_METRIC(field, column, text) {column, "1", PX_COLUMN_NUMBER, PX_CLASS_EXACT, text ", against the exact step"},

static const px_column columns[] = {KEY_COLUMNS(AS_KEY) STEP_COLUMNS(PX_AS_COLUMN) TENSOR_COLUMNS(PX_AS_COLUMN)
                                        PX_TENSOR_METRICS(AS_METRIC) LOCAL_COLUMNS(PX_AS_COLUMN)
                                            COUNT_COLUMNS(PX_AS_COLUMN) PX_COLUMNS_STATUS(PX_AS_COLUMN)};

const px_kind px_kind_transformer = {
    .spec = {.name = "transformer",
             .params = params,
             .n_params = PX_KIND_COUNT_OF(params),
             .columns = columns,
             .n_columns = PX_KIND_COUNT_OF(columns),
             .unsupported = px_transformer_unsupported},
    .question = "What does mixed precision do to a Transformer's training step, tensor by tensor?",
    .detail =
        "nanoGPT's block (layer norm, causal attention, layer norm, MLP with GELU), stacked, is trained for some steps "
        "in "
        "a precision policy: forward, loss, backward from the scaled loss, unscale, check for inf and nan, clip, "
        "update. "
        "Every operation is rounded as the policy says. Each step writes a row (tensor = step) with loss, norms, "
        "scale, "
        "skipped and lost updates, and a row for each tensor asked for, compared with the same step, from the same "
        "parameters and data, in exact arithmetic: relative error, cosine, sign flips, flushed and overflowed entries. "
        "Gradients are compared as they stand, times the loss scale. Four signs of health stand side by side in the "
        "row of the step: loss, grad_norm, weight_norm and (tensors = weights) kappa_2_max; a sign warns when "
        "it is not finite or above `alarm` times the mean of its first `calm` values, and `foretold` says which of "
        "the first three had warned by the time kappa_2_max did. What the radii of judge certified do not decide (a step "
        "in fp64, losses other than dot, updates) is settled by the exact judge where a step has at most 1e9 operations "
        "of matrix products and 1e6 parameters, else it is empty; the column judged_by says who decided.",
    .sources =
        (const char *const[]){"Micikevicius et al., Mixed precision training, ICLR 2018, arXiv 1710.03740",
                              "Kalamkar et al., A study of bfloat16 for deep learning training, arXiv 1905.12322",
                              "Zamirai et al., Revisiting bfloat16 training, arXiv 2010.06192",
                              "Kingma & Ba, Adam: a method for stochastic optimization, ICLR 2015",
                              "Vaswani et al., Attention is all you need, 2017; Karpathy, nanoGPT",
                              "Edelman, Eigenvalues and condition numbers of random matrices, SIMAX 9(4), 1988",
                              "Bai & Yin, Limit of the smallest eigenvalue of a sample covariance matrix, 1993", NULL},
    .highlights = (const char *const[]){"loss", "grad_norm", "loss_scale", "skipped", "kappa_2_max", "foretold", "lost",
                                        "err_rel_2", "cosine", "flushed", "overflowed", NULL},
    .check = px_transformer_check,
    .cost = px_transformer_cost,
    .run = px_transformer_run,
};
