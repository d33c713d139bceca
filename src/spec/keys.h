/* The sections and keys of an experiment file, THE lists: the reader accepts these and no others, `precx help KEY` and
 * the manual print them. A key of [sweep] is an axis of the kind (px_param) and stands there. */
#ifndef PX_SPEC_KEYS_H
#define PX_SPEC_KEYS_H

typedef enum px_label { PX_LABEL_NONE, PX_LABEL_OPTIONAL, PX_LABEL_REQUIRED } px_label; /* of [section.LABEL] */

/* X(section, label, help) */
#define PX_SECTION_LIST(X)                                                                                             \
    X("experiment", PX_LABEL_NONE, "what is asked: the kind, its title, the seed, which cells")                        \
    X("sweep", PX_LABEL_NONE, "the kind's axes: one value is a constant, a list is an axis; axes are crossed")         \
    X("reference", PX_LABEL_NONE, "how the truth is computed")                                                         \
    X("measure", PX_LABEL_NONE, "what is measured")                                                                    \
    X("tolerance", PX_LABEL_OPTIONAL, "what `check` accepts; the last matching section wins, metric by metric")        \
    X("profile", PX_LABEL_REQUIRED, "other values for keys of [sweep], chosen by --profile; ci is the small one")      \
    X("plot", PX_LABEL_REQUIRED, "a figure of the report")                                                             \
    X("output", PX_LABEL_NONE, "where results go")

/* X(section, key, values, default, help). Key "*": any name that the values column describes. */
#define PX_KEY_LIST(X)                                                                                                 \
    X("experiment", "kind", "a name of `precx list kinds`", "required", "the kind of experiment")                      \
    X("experiment", "title", "text", "the file's name", "one line for tables and figures")                             \
    X("experiment", "seed", "0 .. 2^64 - 1", "42", "every random number is a function of it")                          \
    X("experiment", "only", "an expression over axes", "all cells", "keep the cells for which it holds")               \
    X("experiment", "exclude", "an expression over axes", "none", "leave out the cells for which it holds")            \
    X("sweep", "*", "an axis of the kind", "the axis's own", "`precx describe KIND` lists the axes")                   \
    X("reference", "engine", "auto | mpfr", "auto", "which engine finds the truth; both print the same digits")        \
    X("reference", "bits", "64 .. 65536", "as many as it takes", "digits of a reference that cannot be exact")         \
    X("measure", "metrics", "names of `precx describe KIND`", "all", "the metrics to write")                           \
    X("tolerance", "where", "an expression over axes", "all cells", "the cells that these rules are for")              \
    X("tolerance", "floor", "F x u, or a number", "0", "no limit is smaller than this")                                \
    X("tolerance", "*", "a metric, or median(METRIC), max(METRIC), mean(METRIC)", "no rule",                           \
      "exact; at most X; at least X; between A and B; X is a number, F x baseline, F x bound, F x u, baseline + D")    \
    X("tolerance", "expect", "fail", "the rules hold", "a known failure: that the rules hold is then reported")        \
    X("tolerance", "because", "text", "none", "the reason, wanted beside expect")                                     \
    X("profile", "*", "an axis of the kind", "as in [sweep]", "replaces the values of [sweep]")                        \
    X("plot", "x", "an axis or a column", "required", "horizontal; words are taken in the order of the table")         \
    X("plot", "y", "columns", "required", "vertical; a line each")                                                     \
    X("plot", "guide", "columns", "none", "bounds and rules of thumb: a dashed line each, without marks")              \
    X("plot", "by", "axes", "none",                                                                                    \
      "a line for each combination; of more than 8 the first axis sets the colour")                              \
    X("plot", "facet", "axes", "none", "a panel for each combination")                                                 \
    X("plot", "where", "an expression over axes and further keys", "all rows", "the rows to draw")                    \
    X("plot", "scale", "linear | semilogx | semilogy | loglog", "linear", "of the two directions")                     \
    X("plot", "style", "auto | line | points | steps | bars | map", "auto",                                            \
      "auto: a line over an axis of numbers, else points; map: a row for each combination of by, y as colour")         \
    X("plot", "statistic", "median | mean | max | sum", "median",                                                      \
      "of the rows that share a place, as those of rep do; a band shows the others")                                   \
    X("plot", "lines", "numbers, each with or without \"TEXT\"", "none", "reference lines at values of x")             \
    X("plot", "levels", "numbers, each with or without \"TEXT\"", "none", "reference lines at values of y")            \
    X("plot", "title", "text", "the experiment's", "above the figure")                                                 \
    X("plot", "xlabel", "text", "the name of x", "below the panels")                                                   \
    X("plot", "ylabel", "text", "the names of y", "beside the panels")                                                 \
    X("output", "dir", "a folder", "results", "where results go; --output wins")                                       \
    X("output", "baseline", "a folder", "results/baseline", "where accepted tables are")                               \
    X("output", "tables", "md, latex, csv, json", "all", "the tables that `report` writes for each plot")

#endif
