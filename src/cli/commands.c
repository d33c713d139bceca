/* THE command table. */
#include "cli/cli.h"

const px_command px_commands[] = {
    {"run", "EXPERIMENT.ini ...", 1, -1, "run a sweep; writes results/NAME.csv and its side files",
     "EXPERIMENT is a file, or a bare name that stands for experiments/NAME.ini.\n\n"
     "  precx run gemm_error --dry-run\n"
     "  precx run gemm_error --profile ci --format tty\n"
     "  precx run gemm_error --set n=16..64*2 --filter 'format == bf16' --jobs 4",
     true, px_command_run},
    {"check", "EXPERIMENT.ini ...", 1, -1, "run, compare with the baseline and with theory; exit 1 on a regression",
     "Every value is judged by the rules of the file's [tolerance] sections, theory first, then against\n"
     "results/baseline/NAME.csv, or NAME.PROFILE.csv for a profile. The worst rows are shown with their limit, the\n"
     "baseline and the rule's place. Without a rule, status (and in a file without any rule everything) is exact.\n\n"
     "  precx check gemm_error --profile ci\n"
     "  precx check experiments/*.ini --profile ci",
     true, px_command_check},
    {"accept", "NAME", 1, 1, "make the last results the baseline",
     "NAME is the experiment, as in `precx run NAME`. Results that are edited, partial, failed, of other settings or "
     "of a\n"
     "modified build are refused, and so is everything under CI=true.\n\n"
     "  precx accept gemm_error --because \"blocked summation is the default now\"",
     false, px_command_accept},
    {"compare", "OLD.csv NEW.csv", 2, 2, "compare any two result files, value by value; exit 1 when they differ", "",
     false, px_command_compare},
    {"report", "RESULT.csv ...", 1, -1, "tables, plots and one self-contained page of results that are there",
     "For each [plot.NAME] of the experiment: DIR/RESULT/NAME.svg and .pdf, and the numbers behind it as NAME.md and\n"
     ".tex (three digits) and NAME.csv and .json (all digits, with the smallest and largest of the rows behind each).\n"
     "DIR/RESULT.html has it all with the question, the expected answer and where the numbers come from;\n"
     "DIR/report.html where several results are given. With --format a table goes to stdout, too.\n\n"
     "  precx run gemm_error --profile ci && precx report results/gemm_error.csv\n"
     "  precx report results/harmonic.csv --format md",
     false, px_command_report},
    {"merge", "PART.csv ...", 1, -1, "join the parts that runs with --shard have written; wants -o DIR",
     "run --shard I/N writes NAME.IofN.csv and its side files. The table that they become has the bytes of an\n"
     "undivided run. Parts that are missing, stand twice, were edited or made with other settings are refused.\n\n"
     "  for i in 1 2 3 4; do precx run gemm_error --shard $i/4 -o parts; done\n"
     "  precx merge parts/gemm_error.*.csv -o results",
     false, px_command_merge},
    {"list", "[WHAT]", 0, 1,
     "kinds, formats, backends, models, matrices, data, pairs, metrics, roundings, orders, bounds", "", false,
     px_command_list},
    {"describe", "KIND", 1, 1, "its question, axes, columns and sources, printed from the program's own tables", "",
     false, px_command_describe},
    {"formats", "[NAME]", 0, 1,
     "p, emin, emax, largest, smallest, u, infinities, overflow rule and other names of formats",
     "NAME is a format of the table or a custom one, ieee_eXmY: X exponent bits, Y stored significand bits.", false,
     px_command_formats},
    {"show", "VALUE", 1, 1, "one number: its bits, its neighbours and the error of rounding it",
     "VALUE is a decimal number of any length, 0x1.8p-3, 2^-10, inf or nan, and is meant exactly: 0.1 is the decimal\n"
     "0.1. With --format F its fields are drawn; without, there is a row for each format.\n"
     "\n"
     "  precx show 0.1 --format bf16",
     false, px_command_show},
    {"inspect", "FILE", 1, 1, "the tensors of a file and what fp16, bf16 and fp8 would lose of them",
     "FILE ends in .safetensors, .npy or .mtx. A row a tensor and format: shape, smallest and largest magnitude, norm,\n"
     "condition number of matrices (kappa_2 with a certified relative radius; of larger ones LAPACK's alone), and of its\n"
     "entries, rounded to nearest and not scaled, how many become 0, subnormal or overflow, and the relative error of\n"
     "the rest, ||rounded - x|| / ||x||. `(all)` is the file as a whole.\n\n"
     "  precx inspect model.safetensors --format md",
     false, px_command_inspect},
    {"eval", "add|sub|mul|div|sqrt|fma|convert|dot|mma", 1, 1,
     "the arithmetic as a filter, from standard input to standard output",
     "add sub mul div sqrt fma read one case a line, the operands as hexadecimal words of --format F, and print the\n"
     "result's word: one rounding to F; with --accum G rounded to G, then to F. Further words on a line are ignored.\n"
     "convert rounds words of --from F to --to G. dot reads CSV with columns a and b (words of F separated by\n"
     "blanks), optional c (the start value, a word of G) and id, and prints CSV with id and d. mma reads the same\n"
     "columns, c required, and computes as the matrix unit M does, bit for bit.\n"
     "\n"
     "  printf '3C00 3C00\\n' | precx eval add --format fp16            prints 4000\n"
     "  testfloat_gen f16_add | precx eval add --format fp16 --echo --flags | testfloat_ver f16_add\n"
     "  printf 'a,b\\n3c00 3c00,3c00 4000\\n' | precx eval dot --format fp16 --accum fp32\n"
     "  printf 'a,b,c\\n3c00 1000,3c00 1000,3f800000\\n' | precx eval mma --model h100 --in fp16 --out fp32",
     true, px_command_eval},
    {"selftest", "", 0, 0, "this build on this machine: rounding, every operation, models, a training step, bit for bit",
     "Compares an executor with the plain definitions, from the simplest check on. A mismatch is a line with the call,\n"
     "size, seed, place, both words and the operands; counts by kind follow. Exit code 1 when something differs, 77\n"
     "where the device is missing.\n"
     "\n"
     "  precx selftest\n"
     "  precx selftest --backend cuda --full --json record.jsonl\n"
     "  precx selftest --backend cuda_emu --only 'operation/soft*'",
     true, px_command_selftest},
    {"env", "", 0, 0, "what is loaded here: versions, CPU, instruction set, BLAS core in use", "", false,
     px_command_env},
    {"help", "[COMMAND | KIND | KEY]", 0, 1, "a command, a kind, or a key of experiment files", "", false,
     px_command_help},
};
const int px_n_commands = (int)(sizeof px_commands / sizeof *px_commands);
