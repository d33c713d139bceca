/* Random calls: recipes over the formats of the list and others, operands of every kind at any stride; and the
 * comparison of their results, bit for bit. What is drawn depends on the calls before alone. */
#ifndef PX_TESTS_RANDOM_TASK_H
#define PX_TESTS_RANDOM_TASK_H

#include <stdint.h>

#include "base/arena.h"
#include "emu/emu.h"

uint64_t draw(void);
int64_t below(int64_t n); /* 0 .. n-1 */

/* Before anything else: the list, some with other rules, some custom. */
void make_formats(void);
/* The plain formats half of the time, so that they meet each other often. */
px_fp some_format(void);
px_fp some_format_or_exact(void);
double round_to(px_fp f, double x); /* to nearest even */

typedef enum data_kind { ORDINARY, ANY_BITS, TINY, HUGE_ONES, SPECIAL, SMALL_INTEGERS, ZEROS, KINDS } data_kind;

/* A view of rows x cols of a larger block, at random strides, transposed half of the time. */
px_view make_view(px_arena *arena, px_fp f, int64_t rows, int64_t cols, data_kind kind);
px_view result_view(px_arena *arena, px_fp f, int64_t rows, int64_t cols);

px_recipe some_recipe(void);
/* A row of the list of matrix units; *in: a format that it multiplies. */
px_recipe some_unit(px_fp *in);

void describe_task(char text[512], const px_task *t, const char *path);
/* Fails, and says where, unless all results of got are want's; path: by which got was made. */
void compare_tasks(const px_task *want, const px_task *got, const char *path);

#endif
