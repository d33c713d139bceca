#include "spec/expr.h"

#include <string.h>

#include "base/text.h"
#include "spec/list.h"
#include "spec/range.h"
#include "spec/value.h"

enum { DEPTH_MAX = 64, COMPARISONS_MAX = 1000 }; /* depth: of parentheses and nots */

typedef enum node_kind {
    NODE_AND,
    NODE_OR,
    NODE_NOT,
    NODE_EQ,
    NODE_NE,
    NODE_LT,
    NODE_LE,
    NODE_GT,
    NODE_GE,
    NODE_IN,
    NODE_GLOB
} node_kind;

/* The right side of a comparison. */
typedef struct operand {
    const char *text; /* word axes, and the pattern of ~ */
    double number;    /* numeric axes */
    int axis;         /* another numeric axis; -1: none */
} operand;

struct px_expr {
    node_kind kind;
    const px_expr *left, *right; /* and, or; not has left */
    int axis;                    /* comparisons: the left side; -1 while the kind is not known */
    bool numeric;
    const operand *operands; /* one; `in` has n */
    int n_operands;
};

typedef struct parser {
    px_value_reader r;
    px_lexer l;
    int depth, n_comparisons;
} parser;

static px_expr *parse_or(parser *p);

static px_expr *node(parser *p, px_expr value) {
    px_expr *e = PX_NEW(p->r.arena, px_expr);
    *e = value;
    return e;
}

static bool is_numeric(const px_param *param) { return param->type == PX_PARAM_INT || param->type == PX_PARAM_REAL; }

/* A word on the right side of a numeric axis is another numeric axis. */
static bool parse_axis_operand(parser *p, const px_param *param, operand *o) {
    const px_token *t = &p->l.token;
    o->axis = px_param_find(p->r.params, p->r.n_params, t->text);
    if (o->axis < 0 || !is_numeric(&p->r.params[o->axis])) {
        px_diagnose(p->r.d, t->line, t->column, "%s is compared with numbers or with another numeric axis, not '%s'",
                    param->name, t->text);
        return false;
    }
    px_lexer_next(&p->l);
    return true;
}

static bool parse_operand(parser *p, const px_param *param, operand *o) {
    px_lexer *l = &p->l;
    *o = (operand){.axis = -1};
    bool word = px_lexer_is(l, PX_TOKEN_WORD) || px_lexer_is(l, PX_TOKEN_QUOTED);
    if (!word && !px_number_ahead(l)) return px_lexer_expected(l, "a value");
    if (word && param && is_numeric(param)) return parse_axis_operand(p, param, o);
    if (word) {
        px_value value = {.text = l->token.text};
        if (param && !px_value_of_word(&p->r, param, &l->token, &value)) return false;
        o->text = value.text;
        px_lexer_next(l);
        return true;
    }
    if (param && !is_numeric(param)) {
        px_diagnose(p->r.d, l->token.line, l->token.column, "%s is compared with words, not with numbers", param->name);
        return false;
    }
    return px_number_read(l, &o->number);
}

/* A pattern that fits none of an axis's words is a slip of the pen. The lexer stands at the ~. */
static bool parse_glob(parser *p, const px_param *param, operand *o) {
    px_lexer_next_pattern(&p->l);
    px_token t = p->l.token;
    if (t.kind != PX_TOKEN_WORD && t.kind != PX_TOKEN_QUOTED) return px_lexer_expected(&p->l, "a pattern such as s*");
    *o = (operand){.text = t.text, .axis = -1};
    px_lexer_next(&p->l);
    if (!param || param->type != PX_PARAM_WORD) return true;
    for (const char *const *w = param->words; *w; w++)
        if (px_glob(t.text, *w)) return true;
    px_diagnose(p->r.d, t.line, t.column, "no value of %s looks like '%s'", param->name, t.text);
    return false;
}

static bool parse_set(parser *p, const px_param *param, px_expr *e) {
    px_lexer *l = &p->l;
    if (!px_lexer_accept(l, PX_TOKEN_OPEN)) return px_lexer_expected(l, "'(' after in");
    operand *set = NULL;
    do {
        operand o;
        if (!parse_operand(p, param, &o)) return false;
        PX_ADD(p->r.arena, set, e->n_operands) = o;
    } while (px_lexer_accept(l, PX_TOKEN_COMMA));
    e->operands = set;
    return px_lexer_accept(l, PX_TOKEN_CLOSE) ? true : px_lexer_expected(l, "')' or a comma");
}

/* The operator at the lexer, or -1 with a mistake. */
static int comparison_kind(parser *p) {
    static const node_kind kinds[PX_TOKEN_COUNT] = {
        [PX_TOKEN_EQ] = NODE_EQ, [PX_TOKEN_NE] = NODE_NE, [PX_TOKEN_LT] = NODE_LT,     [PX_TOKEN_LE] = NODE_LE,
        [PX_TOKEN_GT] = NODE_GT, [PX_TOKEN_GE] = NODE_GE, [PX_TOKEN_TILDE] = NODE_GLOB};
    const px_token *t = &p->l.token;
    if (px_lexer_is_word(&p->l, "in")) return NODE_IN;
    if (kinds[t->kind]) return kinds[t->kind];
    if (t->kind == PX_TOKEN_ASSIGN)
        px_diagnose(p->r.d, t->line, t->column, "a comparison is written '==', not '='");
    else
        px_lexer_expected(&p->l, "a comparison (== != < <= > >= in ~)");
    return -1;
}

/* Reports an unknown axis; sets the axis (-1 while the kind is not known). */
static bool parse_axis(parser *p, int *axis) {
    px_lexer *l = &p->l;
    if (!px_lexer_is(l, PX_TOKEN_WORD)) return px_lexer_expected(l, "the name of an axis");
    *axis = px_param_find(p->r.params, p->r.n_params, l->token.text);
    if (*axis < 0 && p->r.params) {
        px_unknown_axis(&p->r, &l->token);
        return false;
    }
    px_lexer_next(l);
    return true;
}

static px_expr *parse_comparison(parser *p) {
    px_expr e = {0};
    if (++p->n_comparisons > COMPARISONS_MAX) {
        px_diagnose(p->r.d, p->l.token.line, p->l.token.column, "the expression has more than %d comparisons",
                    COMPARISONS_MAX);
        return NULL;
    }
    if (!parse_axis(p, &e.axis)) return NULL;
    const px_param *param = e.axis < 0 ? NULL : &p->r.params[e.axis];
    px_token operator= p->l.token;
    int kind = comparison_kind(p);
    if (kind < 0) return NULL;
    e.kind = (node_kind)kind;
    e.numeric = param && is_numeric(param);
    if (param && !e.numeric && e.kind >= NODE_LT && e.kind <= NODE_GE) {
        px_diagnose(p->r.d, operator.line, operator.column, "'%s' compares numbers; %s has words", operator.text,
                    param->name);
        return NULL;
    }
    operand *o = PX_NEW(p->r.arena, operand);
    e.operands = o;
    if (e.kind == NODE_GLOB) {
        e.n_operands = 1;
        return parse_glob(p, param, o) ? node(p, e) : NULL;
    }
    px_lexer_next(&p->l);
    if (e.kind == NODE_IN) return parse_set(p, param, &e) ? node(p, e) : NULL;
    e.n_operands = 1;
    return parse_operand(p, param, o) ? node(p, e) : NULL;
}

static px_expr *parse_not(parser *p) {
    px_lexer *l = &p->l;
    bool is_not = px_lexer_is_word(l, "not"), open = px_lexer_is(l, PX_TOKEN_OPEN);
    if (!is_not && !open) return parse_comparison(p);
    if (p->depth == DEPTH_MAX) {
        px_diagnose(p->r.d, l->token.line, l->token.column, "the expression is nested deeper than %d", DEPTH_MAX);
        return NULL;
    }
    px_lexer_next(l);
    p->depth++;
    px_expr *inner = is_not ? parse_not(p) : parse_or(p);
    p->depth--;
    if (!inner) return NULL;
    if (is_not) return node(p, (px_expr){.kind = NODE_NOT, .left = inner});
    if (!px_lexer_accept(l, PX_TOKEN_CLOSE)) return px_lexer_expected(l, "and, or, or ')'"), NULL;
    return inner;
}

static px_expr *parse_and(parser *p) {
    px_expr *left = parse_not(p);
    while (left && px_lexer_accept_word(&p->l, "and")) {
        px_expr *right = parse_not(p);
        left = right ? node(p, (px_expr){.kind = NODE_AND, .left = left, .right = right}) : NULL;
    }
    return left;
}

static px_expr *parse_or(parser *p) {
    px_expr *left = parse_and(p);
    while (left && px_lexer_accept_word(&p->l, "or")) {
        px_expr *right = parse_and(p);
        left = right ? node(p, (px_expr){.kind = NODE_OR, .left = left, .right = right}) : NULL;
    }
    return left;
}

px_expr *px_expr_parse(px_arena *arena, const px_span *parts, int n_parts, const px_param *params, int n_params,
                       px_diagnostics *d) {
    if (n_parts == 0) return NULL; /* reported when the file was split */
    parser p = {.r = {arena, d, params, n_params, ""}, .l = px_lexer_new(arena, parts, n_parts, d)};
    px_expr *e = parse_or(&p);
    if (e && !px_lexer_is(&p.l, PX_TOKEN_END)) return px_lexer_expected(&p.l, "and, or, or the end"), NULL;
    return e;
}

static bool compare(node_kind kind, double a, double b) {
    switch (kind) {
    case NODE_NE: return a != b;
    case NODE_LT: return a < b;
    case NODE_LE: return a <= b;
    case NODE_GT: return a > b;
    case NODE_GE: return a >= b;
    default: return a == b;
    }
}

static bool comparison_holds(const px_expr *e, const px_case *c) {
    const px_value *value = &c->values[e->axis];
    if (e->kind == NODE_GLOB) return px_glob(e->operands->text, value->text);
    for (int i = 0; i < e->n_operands; i++) {
        const operand *o = &e->operands[i];
        bool holds = e->numeric ? compare(e->kind, value->real, o->axis < 0 ? o->number : c->values[o->axis].real)
                                : (strcmp(value->text, o->text) == 0) == (e->kind != NODE_NE);
        if (holds) return true;
    }
    return false;
}

bool px_expr_holds(const px_expr *e, const px_case *c) {
    if (!e) return true;
    switch (e->kind) {
    case NODE_AND: return px_expr_holds(e->left, c) && px_expr_holds(e->right, c);
    case NODE_OR: return px_expr_holds(e->left, c) || px_expr_holds(e->right, c);
    case NODE_NOT: return !px_expr_holds(e->left, c);
    default: return comparison_holds(e, c);
    }
}
