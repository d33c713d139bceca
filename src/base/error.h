/* Three kinds of trouble, three mechanisms. A bug of ours: PX_ASSERT, on in release too. The world (a file, the disk,
 * a library): px_status and px_error, passed upwards by PX_TRY and printed once by the command line. An event of the
 * numbers (overflow, a singular pivot): a value in the row's `status`, never an error. */
#ifndef PX_BASE_ERROR_H
#define PX_BASE_ERROR_H

/* A status is the exit code of the program: X(name, exit code, meaning). THE list; `precx help` prints it. */
#define PX_STATUS_LIST(X)                                                                                             \
    X(PX_OK, 0, "done, or within tolerance")                                                                          \
    X(PX_REGRESSION, 1, "check: a regression")                                                                        \
    X(PX_USAGE, 2, "wrong command line")                                                                              \
    X(PX_BAD_FILE, 3, "wrong experiment or data file")                                                                \
    X(PX_INCOMPLETE, 4, "the table was not completed")                                                                \
    X(PX_NO_BASELINE, 5, "no baseline, or one made for other settings")                                               \
    X(PX_SKIPPED, 77, "skipped: a device or library is not here")                                                     \
    X(PX_INTERRUPTED, 130, "interrupted")

#define PX_STATUS_ENUM(name, code, text) name = code,
typedef enum px_status { PX_STATUS_LIST(PX_STATUS_ENUM) } px_status;
#undef PX_STATUS_ENUM

/* What went wrong, ready to print; no trailing newline. A text may have several lines (one a mistake in a file). */
typedef struct px_error {
    px_status status;
    char text[2048];
} px_error;

/* Fills err (which may be NULL) and returns status, so that a caller can write `return px_fail(...)`. */
px_status px_fail(px_error *err, px_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A broken invariant: prints file, line and the condition, then aborts. */
__attribute__((noreturn)) void px_assert_failed(const char *file, int line, const char *condition);

/* Memory that the machine does not have: prints how much was wanted, then exits with PX_INCOMPLETE. What the journal
 * holds is on disk by then. */
__attribute__((noreturn)) void px_out_of_memory(unsigned long long bytes);

#define PX_TRY(call)                                                                                                  \
    do {                                                                                                              \
        px_status px_try_status = (call);                                                                             \
        if (px_try_status != PX_OK) return px_try_status;                                                             \
    } while (0)

#if defined(__CUDA_ARCH__) && defined(__CUDA__) /* clang, to which __trap is nothing for the host's functions */
#define PX_ASSERT(condition) ((condition) ? (void)0 : __builtin_trap())
#elif defined(__CUDA_ARCH__) /* device code: the launch ends in an error */
#define PX_ASSERT(condition) ((condition) ? (void)0 : __trap())
#else
#define PX_ASSERT(condition) ((condition) ? (void)0 : px_assert_failed(__FILE__, __LINE__, #condition))
#endif

#endif
