/* The command line: THE command table (commands.c) and THE option list (below). Parsing, `help`, -h, completion and the
 * test of the man page read these two and nothing else. */
#ifndef PX_CLI_CLI_H
#define PX_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "cli/table.h"

typedef enum px_option_type {
    PX_OPTION_FLAG,   /* no argument */
    PX_OPTION_TEXT,   /* any text */
    PX_OPTION_WORD,   /* one of `words` */
    PX_OPTION_NUMBER, /* a whole number >= 1 */
    PX_OPTION_MANY    /* any text, may be given again and again */
} px_option_type;

/* X(id, long name, short name or 0, type, argument, words, commands that take it (* for all), help). A long name may
 * stand twice when no command takes both. */
#define PX_OPTION_LIST(X)                                                                                              \
    X(DRY_RUN, "dry-run", 'n', FLAG, "", "", "run",                                                                    \
      "print the plan: axes, cells, memory, time; run and write nothing")                                              \
    X(FILTER, "filter", 'f', TEXT, "EXPR", "", "run check",                                                            \
      "only the cells that match, as in 'format in (fp16, bf16) and n <= 64'")                                         \
    X(SET, "set", 's', MANY, "KEY=VALUE", "", "run check",                                                             \
      "override a key of the file: an axis of [sweep], or SECTION.KEY")                                                \
    X(PROFILE, "profile", 'p', TEXT, "NAME", "", "run check", "apply [profile.NAME] of the file; ci is the small one") \
    X(JOBS, "jobs", 'j', NUMBER, "N", "", "run check", "worker threads; default: the cores this process may use")      \
    X(SHARD, "shard", 0, TEXT, "I/N", "", "run check", "only the cells of part I of N")                                \
    X(RESUME, "resume", 0, FLAG, "", "", "run check", "go on with an interrupted run")                                 \
    X(OUTPUT, "output", 'o', TEXT, "DIR", "", "run check accept report merge",                                         \
      "where results go; default: results; report: beside the first table; merge wants it")                            \
    X(EXPERIMENT, "experiment", 0, TEXT, "FILE", "", "report",                                                         \
      "the experiment of the results; default: experiments/NAME.ini, where it is")                                     \
    X(DUMP, "dump", 0, TEXT, "DIR", "", "run", "write inputs, result and reference of each cell as .npy")              \
    X(BECAUSE, "because", 0, TEXT, "TEXT", "", "accept", "the reason; it is kept with the baseline")                   \
    X(JUNIT, "junit", 0, TEXT, "FILE", "", "check", "write a JUnit file: a suite an experiment, a case a rule")        \
    X(TAP, "tap", 0, FLAG, "", "", "check", "print TAP 13 on stdout in place of the tables")                           \
    X(ANNOTATIONS, "annotations", 0, WORD, "FORGE", "github none", "check",                                            \
      "print what fails as the forge's annotations; github: a table for GITHUB_STEP_SUMMARY, too")                     \
    X(MAX_CELLS, "max-cells", 0, NUMBER, "N", "", "run check", "refuse larger plans; default: 100000")                 \
    X(PROGRESS, "progress", 0, WORD, "WHEN", "auto on off", "run check",                                               \
      "a progress line on stderr; auto: on a terminal")                                                                \
    X(TABLE, "format", 0, WORD, "STYLE", "csv json md latex tty", "run list describe formats inspect env report",      \
      "how a table is printed on stdout; default: tty on a terminal, else csv")                                        \
    X(NUMBER_FORMAT, "format", 0, TEXT, "F", "", "show eval", "the number format, as in fp16 or ieee_e5m2")            \
    X(ACCUM, "accum", 0, TEXT, "G", "", "eval", "the accumulator's format")                                            \
    X(PRODUCT, "product", 0, TEXT, "P", "", "eval", "dot: the products' format, or exact; default: the accumulator's") \
    X(OUT, "out", 0, TEXT, "H", "", "eval", "dot, mma: the result's format; dot's default: the accumulator's")         \
    X(MODEL, "model", 0, TEXT, "M", "", "eval", "mma: the model of a matrix unit, as `precx list models` has them")    \
    X(IN, "in", 0, TEXT, "F", "", "eval", "mma: the operands' format; e4m3 and e5m2 are the OCP ones")                 \
    X(IN_B, "in-b", 0, TEXT, "F", "", "eval", "mma: the second operand's format, where fp8 formats are mixed")         \
    X(FROM, "from", 0, TEXT, "F", "", "eval", "convert: the operand's format")                                         \
    X(TO, "to", 0, TEXT, "G", "", "eval", "convert: the result's format")                                              \
    X(ROUNDING, "rounding", 0, TEXT, "R", "", "show eval", "the rounding mode; default: nearest_even")                 \
    X(SR_BITS, "sr-bits", 0, NUMBER, "N", "", "eval", "random bits of stochastic rounding; default: 32")          \
    X(SUBNORMAL, "subnormal", 0, WORD, "S", "keep flush", "show eval", "subnormal numbers; default: keep")             \
    X(OVERFLOW, "overflow", 0, WORD, "O", "inf nan saturate", "show eval",                                             \
      "beyond the largest number; default: the format's own")                                                          \
    X(ORDER, "order", 0, TEXT, "O", "", "eval", "dot: order of summation, or exact; default: sequential")              \
    X(BLOCK, "block", 0, NUMBER, "B", "", "eval", "dot: block length of order blocked")                                \
    X(SPLITS, "splits", 0, NUMBER, "S", "", "eval", "dot: number of chunks of order splitk")                           \
    X(FUSED, "fused", 0, FLAG, "", "", "eval", "dot: products are not rounded, one rounding a step")                   \
    X(FLAGS, "flags", 0, FLAG, "", "", "eval", "print the IEEE exception flags after the result")                      \
    X(ECHO, "echo", 0, FLAG, "", "", "eval", "print the operands before the result")                                   \
    X(BACKEND, "backend", 0, WORD, "B", "cpu cuda cuda_emu", "selftest", "who is tested; default: cpu")                \
    X(QUICK, "quick", 0, FLAG, "", "", "selftest", "some seconds (the default)")                                       \
    X(FULL, "full", 0, FLAG, "", "", "selftest", "every size with every kind of data; on a GPU all of binary32")       \
    X(ONLY, "only", 0, TEXT, "NAME", "", "selftest", "checks of this name alone, in which * stands for any text")      \
    X(KEEP, "keep-mismatches", 0, NUMBER, "N", "", "selftest", "mismatches of a check that are told; default: 10")     \
    X(JSON, "json", 0, TEXT, "FILE", "", "selftest", "write a record, a line of JSON a check")                         \
    X(SEED, "seed", 0, TEXT, "N", "", "run check eval selftest", "seed of the random numbers; default: the file's, else 42")    \
    X(CHECK, "check", 0, FLAG, "", "", "env", "run the start-up probes; exit 4 when one fails")                        \
    X(COLOR, "color", 0, WORD, "WHEN", "auto always never", "*",                                                       \
      "colour; auto: on a terminal, unless NO_COLOR is set")                                                           \
    X(QUIET, "quiet", 'q', FLAG, "", "", "*", "errors only on stderr")                                                 \
    X(VERBOSE, "verbose", 'v', FLAG, "", "", "*", "more notes on stderr")                                              \
    X(HELP, "help", 'h', FLAG, "", "", "*", "print the usage of the command")                                          \
    X(VERSION, "version", 0, FLAG, "", "", "*", "print the version")

#define PX_OPTION_ENUM(id, ...) PX_OPT_##id,
typedef enum px_option_id { PX_OPTION_LIST(PX_OPTION_ENUM) PX_OPT_COUNT } px_option_id;
#undef PX_OPTION_ENUM

typedef struct px_option {
    const char *name;
    char letter; /* 0: none */
    px_option_type type;
    const char *argument, *words, *commands, *help;
} px_option;
extern const px_option px_options[PX_OPT_COUNT];

/* A parsed command line. */
typedef struct px_cli px_cli;

/* A command prints data on stdout, notes on stderr, and returns the exit code. Its error is printed once by main: as it
 * is when it names a place (file:line: error: ...), else behind "precx: error: "; an empty text prints nothing. */
typedef struct px_command {
    const char *name, *usage; /* usage: the operands, "EXPERIMENT.ini ..." */
    int least, most;          /* operands; most -1: any number */
    const char *help;         /* one line */
    const char *detail;       /* paragraphs and examples for `precx help COMMAND`; "" for none */
    bool computes;            /* the start-up probes run first */
    px_status (*run)(const px_cli *cli, px_error *err);
} px_command;
extern const px_command px_commands[];
extern const int px_n_commands;

struct px_cli {
    px_arena *arena;           /* lives as long as the command */
    const px_command *command; /* NULL: only --help or --version was given */
    const char *const *operands;
    int n_operands;
    const char *value[PX_OPT_COUNT]; /* the last one given; "" for a flag; NULL: not given */
    const char **set;                /* every --set */
    int n_set;
    const char *const *argv;
    int argc;
};

/* Parses; PX_USAGE with a suggestion after a mistake. Options and operands may be mixed; -- ends the options; a word
 * that reads as a number (-0.5, -inf) is an operand. */
px_status px_cli_parse(px_arena *arena, int argc, const char *const *argv, px_cli *cli, px_error *err);

const px_command *px_command_find(const char *name); /* NULL: unknown */
bool px_option_taken(const px_option *option, const px_command *command);

static inline bool px_cli_given(const px_cli *cli, px_option_id id) { return cli->value[id] != NULL; }
const char *px_cli_text(const px_cli *cli, px_option_id id, const char *fallback);
int64_t px_cli_count(const px_cli *cli, px_option_id id, int64_t fallback);
bool px_cli_color(const px_cli *cli, FILE *stream); /* --color, NO_COLOR, TERM=dumb, terminal */
px_style px_cli_style(const px_cli *cli);           /* --format, else tty on a terminal and csv elsewhere */

/* "unknown WHAT 'WORD'; did you mean 'X'?" as PX_USAGE. */
px_status px_cli_unknown(px_error *err, const char *what, const char *word, const char *const *names, size_t n);

/* The commands, a file each. */
px_status px_command_run(const px_cli *cli, px_error *err);
px_status px_command_check(const px_cli *cli, px_error *err);
px_status px_command_accept(const px_cli *cli, px_error *err);
px_status px_command_compare(const px_cli *cli, px_error *err);
px_status px_command_report(const px_cli *cli, px_error *err);
px_status px_command_merge(const px_cli *cli, px_error *err);
px_status px_command_list(const px_cli *cli, px_error *err);
px_status px_command_describe(const px_cli *cli, px_error *err);
px_status px_command_inspect(const px_cli *cli, px_error *err);
px_status px_command_formats(const px_cli *cli, px_error *err);
px_status px_command_show(const px_cli *cli, px_error *err);
px_status px_command_eval(const px_cli *cli, px_error *err);
px_status px_command_selftest(const px_cli *cli, px_error *err);
px_status px_command_env(const px_cli *cli, px_error *err);
px_status px_command_help(const px_cli *cli, px_error *err);

/* Prints the error on stderr, in the form that px_command describes; nothing when its text is empty. */
void px_print_error(const px_error *err);

/* The usage of a command (-h), or of precx when NULL. */
void px_print_usage(FILE *stream, const px_command *command);

/* Prints what may stand in the place of the last of n words behind "precx", one candidate a line. */
void px_complete(int n, const char *const *words);

/* The whole program but main(): parses, probes, runs, flushes stdout (a full disk there is PX_INCOMPLETE). */
int px_cli_main(int argc, const char *const *argv);

#endif
