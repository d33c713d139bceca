/* The one pool of threads. Results never depend on the number of threads: work is split by index and nothing is reduced
 * across threads in floating point. */
#ifndef PX_BASE_PARALLEL_H
#define PX_BASE_PARALLEL_H

#include <stdint.h>

/* Threads to use from now on; 0: the cores this process may run on (sched_getaffinity). */
void px_parallel_set_jobs(int jobs);
int px_parallel_jobs(void);

/* body(context, i) for i = 0 .. n-1, in any order, on the pool; returns when all are done. Inside itself it is serial, so
 * that a cell that runs on one thread of the pool may call code that would like to be parallel. A thread begins with the
 * same part of the indices each time, which lie together, and helps others when it is through: what it wrote in the loop
 * before is in its own cache still. (Where cores do not share a cache, a line of another core's costs 160 ns.) */
void px_parallel_for(int64_t n, void (*body)(void *context, int64_t i), void *context);

/* px_parallel_for, but indices are begun in their order: where the dearest come first. */
void px_parallel_in_order(int64_t n, void (*body)(void *context, int64_t i), void *context);

/* px_parallel_for, but a plain loop where the whole of it takes less than some 0.1 ms, so that what is small does not wake the
 * threads. work: in multiply-adds, or about nanoseconds. */
void px_parallel_for_work(double work, int64_t n, void (*body)(void *context, int64_t i), void *context);

/* In how many parts to look through n numbers, one a thread; no part is so small that it would not pay. */
enum { PX_MOST_PARTS = 64 };
int64_t px_parallel_parts(int64_t n);

#endif
