/* The kind cost: its axes, its columns, its rows. */
#include <math.h>
#include <string.h>

#include "kind/columns.h"
#include "kind/cost.h"

#define WORD(id, name, ...) name,
static const char *const passes[] = {PX_NN_PASS_LIST(WORD)[PX_COST_TRAINING] = "training", NULL};
static const char *const policies[] = {PX_NN_POLICY_LIST(WORD) NULL};
static const char *const optimizers[] = {PX_OPTIMIZER_LIST(WORD) NULL};
static const char *const accelerators[] = {PX_DEVICE_LIST(WORD) NULL};
static const char *const no_yes[] = {"no", "yes", NULL};

#define CHOICE(name, standard, words, text)                                                                            \
    { name, PX_PARAM_WORD, standard, words, NULL, 0, 0, false, text }
#define COUNT(name, standard, lo, hi, text)                                                                            \
    { name, PX_PARAM_INT, standard, NULL, NULL, lo, hi, true, text }

enum { MOST_CALLS = 1 << 20 };

static const px_param params[] = {
    CHOICE("pass", "training", passes,
           "training: forward, backward, update; forward; causal: forward without masked scores; decode: one new "
           "position a sequence, the T-th, with a cache of keys and values"),
    CHOICE("policy", "fp16_amp", policies, "precision policy: the formats of operands and results"),
    CHOICE("optimizer", "adam", optimizers, "pass training: who makes the update of the gradient"),
    COUNT("layers", "1", 1, 1 << 10, "L, blocks"),
    COUNT("batch", "1", 1, 1 << 16, "B, sequences"),
    COUNT("length", "8", 1, 1 << 20, "T, positions; decode: those that a query sees"),
    COUNT("width", "16", 1, 1 << 16, "C"),
    COUNT("heads", "1", 1, 1 << 10, "heads; divides C"),
    COUNT("vocab", "0", 0, 1 << 20, "V, with embedding, last norm and head; 0 stands for the blocks alone"),
    CHOICE("device", "a100", accelerators, "whose published peak figures give the times (`precx list devices`)"),
    COUNT("devices", "1", 1, 1 << 20, "that share what ZeRO partitions"),
    CHOICE("host", "no", no_yes, "yes: this machine's roofline, measured, in the library table"),
};

#define KEY_COLUMNS(X)                                                                                                 \
    X("stage", "", PX_COLUMN_TEXT, "of the program; all: the whole of it; memory: what lies in memory")                \
    X("operation", "", PX_COLUMN_TEXT,                                                                                 \
      "a product by the name of its result, any other by its name in the list of operations; products, total: sums")
#define COST_COLUMNS(X)                                                                                                \
    X("calls", "1", PX_COLUMN_INTEGER, "calls, of all layers")                                                         \
    X("flops", "operations", PX_COLUMN_NUMBER,                                                                         \
      "counted from the calls: + - * / sqrt and elementary functions of the definitions; 2 m n p for a product")       \
    X("flops_formula", "operations", PX_COLUMN_NUMBER,                                                                 \
      "products: 24 B T C^2 + 4 B T^2 C a layer (causal: 2 B T (T+1) C; decode: 24 B C^2 + 4 B T C; backward: twice)") \
    X("products_off", "operations", PX_COLUMN_NUMBER,                                                                  \
      "of products: flops less flops_formula, which leaves out the head")                                              \
    X("flops_other", "operations", PX_COLUMN_NUMBER, "of what is no product, which the formula leaves out, too")       \
    X("bytes", "bytes", PX_COLUMN_NUMBER, "operands and results of each call, once, in their formats; nothing cached") \
    X("bytes_formula", "bytes", PX_COLUMN_NUMBER,                                                                      \
      "forward products: M N + M K + K N numbers of the operands' format; it leaves out biases")                       \
    X("intensity", "operations/byte", PX_COLUMN_NUMBER, "flops / bytes")                                               \
    X("attention_share", "1", PX_COLUMN_NUMBER, "of the operations of the blocks' forward products: scores and z")     \
    X("attention_share_formula", "1", PX_COLUMN_NUMBER, "T / (6 C + T); causal: with (T + 1) / 2 for T")               \
    X("time_compute_s", "s", PX_COLUMN_NUMBER,                                                                         \
      "flops over the device's peak for these operands; fp32 but for products")                                        \
    X("time_memory_s", "s", PX_COLUMN_NUMBER, "bytes over the device's bandwidth")                                     \
    X("time_s", "s", PX_COLUMN_NUMBER, "the larger of the two; of a sum: the sum")                                     \
    X("bound_by", "", PX_COLUMN_TEXT, "compute or memory: what takes longer")                                          \
    X("bytes_per_parameter", "bytes", PX_COLUMN_NUMBER, "stage memory: bytes / parameters")                            \
    X("parameters", "1", PX_COLUMN_NUMBER, "stage memory: how many the program has")                                   \
    X("zero_0", "bytes", PX_COLUMN_NUMBER, "on each of `devices`: everything")                                         \
    X("zero_1", "bytes", PX_COLUMN_NUMBER, "ZeRO stage 1: master copy, unscaled gradients, state shared")              \
    X("zero_2", "bytes", PX_COLUMN_NUMBER, "ZeRO stage 2: gradients, too")                                             \
    X("zero_3", "bytes", PX_COLUMN_NUMBER, "ZeRO stage 3: everything shared")
#define HOST_COLUMNS(X)                                                                                                \
    X("host_flops_per_s", "operations/s", PX_COLUMN_NUMBER, "host = yes: OpenBLAS's sgemm on one thread")              \
    X("host_bytes_per_s", "bytes/s", PX_COLUMN_NUMBER, "host = yes: read and written by a copy on one thread")         \
    X("host_time_compute_s", "s", PX_COLUMN_NUMBER, "flops at that speed")                                             \
    X("host_time_memory_s", "s", PX_COLUMN_NUMBER, "bytes at that speed")                                              \
    X("host_bound_by", "", PX_COLUMN_TEXT, "compute or memory")

#define AS_KEY(name, unit, type, text) {name, unit, type, PX_CLASS_KEY, text},
static const px_column columns[] = {KEY_COLUMNS(AS_KEY) COST_COLUMNS(PX_AS_COLUMN) HOST_COLUMNS(PX_AS_LIBRARY_COLUMN)
                                        PX_COLUMNS_STATUS(PX_AS_COLUMN)};

static px_cost_plan plan_of(const px_case *c) {
    px_cost_plan plan = {.pass = px_case_word(c, "pass"),
                         .policy = px_nn_policy_of((px_nn_policy_id)px_case_word(c, "policy")),
                         .device = px_device_of((px_device_id)px_case_word(c, "device")),
                         .devices = (double)px_case_int(c, "devices")};
    int64_t vocab = px_case_int(c, "vocab");
    plan.model = (px_nn_model){.layers = px_case_int(c, "layers"),
                               .batch = px_case_int(c, "batch"),
                               .length = px_case_int(c, "length"),
                               .width = px_case_int(c, "width"),
                               .heads = px_case_int(c, "heads"),
                               .vocab = vocab,
                               .loss = vocab ? PX_NN_LOSS_CROSS_ENTROPY : PX_NN_LOSS_DOT,
                               .optimizer = (px_optimizer_id)px_case_word(c, "optimizer"),
                               .mask = -(double)INFINITY,
                               .clip = (double)INFINITY,
                               .norm_eps = 1e-5,
                               .micro = 1,
                               .ranks = 1};
    if (plan.pass != PX_COST_TRAINING) px_nn_policy_set_master(&plan.policy, false);
    return plan;
}

/* Calls of the two programs that are counted, about. */
static double calls_of(const px_cost_plan *plan) {
    const px_nn_model *m = &plan->model;
    double heads = (double)(m->batch * m->heads);
    double products = plan->pass == PX_NN_PASS_CAUSAL ? 3 * (double)m->length : plan->pass == PX_COST_TRAINING ? 6 : 3;
    return 300 + 3 * heads * products;
}

static const char *unsupported(px_arena *arena, const px_case *c) {
    px_cost_plan plan = plan_of(c);
    px_error err;
    if (px_nn_check(&plan.model, &err) != PX_OK) return px_arena_strdup(arena, err.text);
    if (plan.pass != PX_COST_TRAINING && plan.model.optimizer != PX_OPTIMIZER_ADAM)
        return "an optimizer belongs to pass training";
    if (calls_of(&plan) > MOST_CALLS) return "batch x heads (causal: x length) is too many calls to count one by one";
    return NULL;
}

typedef struct cell {
    const px_cost_plan *plan;
    px_arena *arena;
    px_sink *sink;
    px_cost_host host; /* 0: not asked for */
} cell;

/* Of lines; compute, memory, the larger of both: seconds. */
typedef struct sum {
    double calls, flops, bytes, compute, memory, both;
} sum;

static sum sum_of(const px_cost_plan *plan, const px_cost_line *l) {
    const px_device *d = plan->device;
    double rate = l->product ? px_device_products(d, l->operands) : px_device_single(d);
    sum s = {.calls = l->calls, .flops = l->flops, .bytes = l->bytes, .memory = l->bytes / d->bandwidth};
    s.compute = rate > 0 ? l->flops / rate : PX_UNDEFINED;
    s.both = rate > 0 ? fmax(s.compute, s.memory) : PX_UNDEFINED;
    return s;
}

static void accumulate(sum *s, const sum *x) {
    s->calls += x->calls;
    s->flops += x->flops;
    s->bytes += x->bytes;
    s->compute += x->compute;
    s->memory += x->memory;
    s->both += x->both;
}

static px_row new_row(const cell *w, const char *stage, const char *operation) {
    px_row row = px_row_new(w->arena, columns, PX_KIND_COUNT_OF(columns));
    px_row_text(&row, "stage", stage);
    px_row_text(&row, "operation", operation);
    px_columns_status(&row, PX_CELL_OK);
    return row;
}

static void set_bound(px_row *row, const char *column, double compute, double memory) {
    if (!isnan(compute)) px_row_text(row, column, compute > memory ? "compute" : "memory");
}

static void set_host(px_row *row, const px_cost_host *h, const sum *s) {
    if (h->products == 0) return;
    double compute = s->flops / h->products, memory = s->bytes / h->bandwidth;
    px_row_number(row, "host_flops_per_s", h->products);
    px_row_number(row, "host_bytes_per_s", h->bandwidth);
    px_row_number(row, "host_time_compute_s", compute);
    px_row_number(row, "host_time_memory_s", memory);
    set_bound(row, "host_bound_by", compute, memory);
}

static px_row sum_row(const cell *w, const char *stage, const char *operation, const sum *s) {
    px_row row = new_row(w, stage, operation);
    px_row_integer(&row, "calls", (int64_t)s->calls);
    px_row_number(&row, "flops", s->flops);
    px_row_number(&row, "bytes", s->bytes);
    px_columns_figure(&row, "intensity", s->flops / s->bytes);
    px_columns_figure(&row, "time_compute_s", s->compute);
    px_columns_figure(&row, "time_memory_s", s->memory);
    px_columns_figure(&row, "time_s", s->both);
    set_bound(&row, "bound_by", s->compute, s->memory);
    set_host(&row, &w->host, s);
    return row;
}

static void set_formula(px_row *row, double products, double formula) {
    px_row_number(row, "flops_formula", formula);
    px_row_number(row, "products_off", products - formula);
}

static px_status emit_line(const cell *w, const px_cost_line *l, px_error *err) {
    sum s = sum_of(w->plan, l);
    px_row row = sum_row(w, l->stage, l->operation, &s);
    double bytes = PX_UNDEFINED, formula = PX_UNDEFINED;
    if (l->product && strcmp(l->stage, px_nn_stage_name(PX_NN_STAGE_FORWARD)) == 0)
        formula = px_cost_formula_of(w->plan, l->operation, l->operands.width / 8.0, &bytes);
    set_formula(&row, l->flops, formula);
    px_row_number(&row, "bytes_formula", bytes);
    return w->sink->emit(w->sink, &row, err);
}

/* The products of a stage (NULL: of all), whose formula is `times` that of a forward pass. */
static px_status emit_products(const cell *w, const px_cost_sheet *sheet, const char *stage, double times,
                               px_error *err) {
    sum all = {0};
    double attention = 0, head = 0, share;
    bool forward = stage && strcmp(stage, px_nn_stage_name(PX_NN_STAGE_FORWARD)) == 0;
    for (int i = 0; i < sheet->n; i++) {
        const px_cost_line *l = &sheet->lines[i];
        if (!l->product || (stage && strcmp(l->stage, stage) != 0)) continue;
        sum s = sum_of(w->plan, l);
        accumulate(&all, &s);
        if (strcmp(l->operation, "attn.scores") == 0 || strcmp(l->operation, "attn.z") == 0) attention += l->flops;
        if (strcmp(l->operation, "logits") == 0) head += l->flops;
    }
    px_row row = sum_row(w, stage ? stage : "all", "products", &all);
    set_formula(&row, all.flops, times * px_cost_formula(w->plan, &share));
    if (forward) {
        px_columns_figure(&row, "attention_share", attention / (all.flops - head));
        px_columns_figure(&row, "attention_share_formula", share);
    }
    return w->sink->emit(w->sink, &row, err);
}

static px_status emit_sums(const cell *w, const px_cost_sheet *sheet, px_error *err) {
    const char *forward = px_nn_stage_name(PX_NN_STAGE_FORWARD), *backward = px_nn_stage_name(PX_NN_STAGE_BACKWARD);
    bool training = w->plan->pass == PX_COST_TRAINING;
    PX_TRY(emit_products(w, sheet, forward, 1, err));
    if (training) PX_TRY(emit_products(w, sheet, backward, 2, err));
    if (training) PX_TRY(emit_products(w, sheet, NULL, 3, err));
    sum all = {0};
    double share, other = 0;
    for (int i = 0; i < sheet->n; i++) {
        sum s = sum_of(w->plan, &sheet->lines[i]);
        accumulate(&all, &s);
        if (!sheet->lines[i].product) other += s.flops;
    }
    px_row row = sum_row(w, "all", "total", &all);
    set_formula(&row, all.flops - other, (training ? 3 : 1) * px_cost_formula(w->plan, &share));
    px_row_number(&row, "flops_other", other);
    return w->sink->emit(w->sink, &row, err);
}

/* A row of terms, chosen by bits. */
static px_status emit_memory(const cell *w, const px_cost_memory *m, const char *name, unsigned terms, px_error *err) {
    px_row row = new_row(w, "memory", name);
    double bytes = 0, device[4] = {0};
    for (px_cost_term t = 0; t < PX_COST_TERMS; t++) {
        if (!(terms & 1u << t)) continue;
        bytes += m->bytes[t];
        for (int stage = 0; stage < 4; stage++) device[stage] += px_cost_share(t, m->bytes[t], stage, w->plan->devices);
    }
    if (bytes == 0) return PX_OK;
    px_row_number(&row, "bytes", bytes);
    px_row_number(&row, "parameters", m->parameters);
    px_columns_figure(&row, "bytes_per_parameter", bytes / m->parameters);
    for (int stage = 0; stage < 4; stage++)
        px_columns_figure(&row, px_arena_printf(w->arena, "zero_%d", stage), device[stage]);
    return w->sink->emit(w->sink, &row, err);
}

static px_status emit_terms(const cell *w, px_error *err) {
    px_cost_memory m;
    PX_TRY(px_cost_remember(w->arena, w->plan, &m, err));
    for (px_cost_term t = 0; t < PX_COST_TERMS; t++) PX_TRY(emit_memory(w, &m, px_cost_term_name(t), 1u << t, err));
    unsigned all = (1u << PX_COST_TERMS) - 1, unscaled = 1u << PX_COST_UNSCALED;
    if (m.bytes[PX_COST_UNSCALED] > 0) PX_TRY(emit_memory(w, &m, "without_unscaled", all & ~unscaled, err));
    return emit_memory(w, &m, "total", all, err);
}

static px_status run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    px_cost_plan plan = plan_of(c);
    cell w = {.plan = &plan, .arena = lab->arena, .sink = sink};
    px_cost_sheet sheet;
    if (px_case_word(c, "host") == 1) PX_TRY(px_cost_host_measure(&w.host, err));
    PX_TRY(px_cost_count(lab->arena, &plan, &sheet, err));
    for (int i = 0; i < sheet.n; i++) PX_TRY(emit_line(&w, &sheet.lines[i], err));
    PX_TRY(emit_sums(&w, &sheet, err));
    return emit_terms(&w, err);
}

static px_cost cost(const px_case *c) {
    px_cost_plan plan = plan_of(c);
    double calls = calls_of(&plan);
    return (px_cost){.work = 2e3 * calls + (px_case_word(c, "host") ? 3e8 : 0), .bytes = 6 * sizeof(px_call) * calls};
}

const px_kind px_kind_cost = {
    .spec = {.name = "cost",
             .params = params,
             .n_params = PX_KIND_COUNT_OF(params),
             .columns = columns,
             .n_columns = PX_KIND_COUNT_OF(columns),
             .unsupported = unsupported},
    .question = "What does a Transformer cost, in operations, bytes, memory and time on a roofline?",
    .detail =
        "The program of a training step, of a forward pass or of decoding one position is built from sizes and a "
        "precision policy, as kind transformer runs it, and its calls are counted: operations by the definition of "
        "each, bytes by the formats of its operands and results. Beside them stand the formulas: 24 B T C^2 + 4 B T^2 "
        "C "
        "and its relatives for products, which leave out the head and all that is no product; M N + M K + K N numbers "
        "for a product's traffic, which leaves out biases. Each operation takes the larger of its operations over the "
        "device's peak and its bytes over the bandwidth: every call reads and writes memory once, nothing is fused. "
        "Rows of stage memory hold what lies there: parameters, copies, gradients, state, and how ZeRO spreads them; "
        "activations are left out.",
    .sources = (const char *const[]){"Williams, Waterman & Patterson, Roofline, CACM 52(4), 2009",
                                     "Narayanan et al., Efficient large-scale language model training, SC 2021",
                                     "Rajbhandari et al., ZeRO, SC 2020, arXiv 1910.02054",
                                     "Pope et al., Efficiently scaling Transformer inference, arXiv 2211.05102", NULL},
    .highlights = (const char *const[]){"flops", "flops_formula", "bytes", "intensity", "time_s", "bound_by",
                                        "bytes_per_parameter", NULL},
    .cost = cost,
    .run = run,
};
