#define _GNU_SOURCE /* memfd_create */
#include "backend/blas_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

extern char **environ;

enum { TIMEOUT = 30 }; /* seconds: any start, any small product, on a loaded machine */

/* The environment variables by which libraries take their number of threads. */
static const char *const thread_variables[] = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS",
                                               "BLIS_NUM_THREADS", "MKL_NUM_THREADS"};
enum { N_VARIABLES = sizeof thread_variables / sizeof *thread_variables };

static void *allocate(size_t bytes) {
    void *p = calloc(1, bytes);
    if (!p) px_out_of_memory(bytes);
    return p;
}

static bool sets_threads(const char *entry) {
    for (int i = 0; i < N_VARIABLES; i++) {
        size_t n = strlen(thread_variables[i]);
        if (strncmp(entry, thread_variables[i], n) == 0 && entry[n] == '=') return true;
    }
    return false;
}

typedef struct variables {
    char own[N_VARIABLES][48];
    char **list; /* NULL-terminated; freed by the caller */
} variables;

static void set_variables(variables *v, int threads) {
    size_t n = 0, kept = 0;
    while (environ[n]) n++;
    v->list = allocate((n + N_VARIABLES + 1) * sizeof *v->list);
    for (size_t i = 0; i < n; i++)
        if (!sets_threads(environ[i])) v->list[kept++] = environ[i];
    for (int i = 0; i < N_VARIABLES; i++) {
        snprintf(v->own[i], sizeof v->own[i], "%s=%d", thread_variables[i], threads);
        v->list[kept++] = v->own[i];
    }
}

/* The helper lies beside precx, above the test programs, or where it is installed. */
static px_status find_program(char found[static PATH_MAX], px_error *err) {
    static const char *const places[] = {"precx-blas-host", "../precx-blas-host", "../libexec/precx/precx-blas-host"};
    char self[PATH_MAX - 64];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash) slash[1] = '\0';
    for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
        snprintf(found, PATH_MAX, "%s%s", self, places[i]);
        if (access(found, X_OK) == 0) return PX_OK;
    }
    return px_fail(err, PX_SKIPPED, "the helper program precx-blas-host is not beside precx: it loads the library");
}

/* Descriptors that no other helper inherits, above those that the child gets. */
static int move_up(int fd) {
    int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 16);
    if (fd >= 0) close(fd);
    return high;
}

static px_status spawn(px_blas_process *p, const char *program, int socket, px_error *err) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    variables v;
    set_variables(&v, p->threads);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, 2, 1); /* what a library prints is no data of ours */
    posix_spawn_file_actions_adddup2(&files, socket, PX_BLAS_SOCKET);
    posix_spawn_file_actions_adddup2(&files, p->memory_fd, PX_BLAS_MEMORY);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0); /* ^C is for precx, which ends its cells first */
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    int failed = posix_spawn(&p->pid, program, &files, &attributes, (char *[]){(char *)program, p->path, NULL}, v.list);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    free(v.list);
    if (failed) return px_fail(err, PX_INCOMPLETE, "%s cannot be started: %s", program, strerror(failed));
    p->alive = true;
    return PX_OK;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double timeout(void) {
    const char *text = getenv("PRECX_BLAS_TIMEOUT");
    double seconds;
    return text && px_double_parse(text, &seconds) && seconds > 0 && seconds < 1e6 ? seconds : TIMEOUT;
}

/* Ends the helper and waits for it; says how it ended. */
static px_status bury(px_blas_process *p, bool late, const char *doing, px_error *err) {
    int status = 0;
    kill(p->pid, SIGKILL); /* no effect on one that has ended: it is still there to be waited for */
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR) continue;
    p->alive = false;
    if (late) return px_fail(err, PX_INCOMPLETE, "the library does not return (%s)", doing);
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        return px_fail(err, PX_INCOMPLETE, "the library crashed (%s): %s", doing, strsignal(WTERMSIG(status)));
    return px_fail(err, PX_INCOMPLETE, "the library ended its process (%s)", doing);
}

/* One message of exactly n bytes, or the end of the helper. */
static px_status receive(px_blas_process *p, void *message, size_t n, double seconds, const char *doing,
                         px_error *err) {
    double end = now() + seconds;
    for (;;) {
        double left = end - now();
        struct pollfd f = {.fd = p->socket, .events = POLLIN};
        int ready = poll(&f, 1, left > 0 ? (int)(left * 1e3) + 1 : 0);
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0 && left > 0) continue;
        if (ready <= 0) return bury(p, true, doing, err);
        ssize_t got = recv(p->socket, message, n, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got == (ssize_t)n) return PX_OK;
        /* A crash closes the socket while the process ends: it is given time to say why before it is killed. */
        struct timespec moment = {.tv_nsec = 1000000};
        siginfo_t info = {0};
        for (int i = 0;
             i < 2000 && waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && !info.si_pid; i++)
            nanosleep(&moment, NULL);
        return bury(p, false, doing, err);
    }
}

static px_status greet(px_blas_process *p, px_error *err) {
    PX_TRY(receive(p, &p->hello, sizeof p->hello, timeout(), "when it was loaded", err));
    p->hello.text[sizeof p->hello.text - 1] = p->hello.environment[sizeof p->hello.environment - 1] = '\0';
    if (p->hello.loaded == PX_BLAS_LOADED) return PX_OK;
    bool missing = p->hello.loaded == PX_BLAS_NOT_HERE;
    return px_fail(err, missing ? PX_SKIPPED : PX_INCOMPLETE, "%s: %s",
                   missing ? "the library is not here" : "the library cannot be loaded", p->hello.text);
}

static px_status start(px_blas_process *p, px_error *err) {
    char program[PATH_MAX];
    PX_TRY(find_program(program, err));
    int pair[2];
    p->memory_fd = move_up(memfd_create("precx-blas", MFD_CLOEXEC));
    if (p->memory_fd < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return px_fail(err, PX_INCOMPLETE, "no memory or socket for a helper: %s", strerror(errno));
    p->socket = move_up(pair[0]);
    int other = move_up(pair[1]);
    px_status status =
        p->socket < 0 || other < 0 ? px_fail(err, PX_INCOMPLETE, "too many open files") : spawn(p, program, other, err);
    if (other >= 0) close(other);
    PX_TRY(status);
    return greet(p, err);
}

px_status px_blas_process_start(const char *path, int threads, px_blas_process **out, px_error *err) {
    px_blas_process *p = allocate(sizeof *p);
    *p = (px_blas_process){.path = allocate(strlen(path) + 1), .threads = threads, .socket = -1, .memory_fd = -1};
    strcpy(p->path, path);
    px_status status = start(p, err);
    if (status == PX_OK)
        *out = p;
    else
        px_blas_process_free(p);
    return status;
}

px_status px_blas_process_reserve(px_blas_process *p, size_t bytes, px_error *err) {
    if (bytes <= p->mapped) return PX_OK;
    if (p->memory) munmap(p->memory, p->mapped);
    p->memory = NULL;
    p->mapped = 0;
    size_t wanted = bytes + bytes / 2; /* grows seldom */
    void *memory = ftruncate(p->memory_fd, (off_t)wanted) == 0
                       ? mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_SHARED, p->memory_fd, 0)
                       : MAP_FAILED;
    if (memory == MAP_FAILED) return px_fail(err, PX_INCOMPLETE, "no %zu bytes to share with a library", bytes);
    p->memory = memory;
    p->mapped = wanted;
    return PX_OK;
}

px_status px_blas_process_ask(px_blas_process *p, px_blas_request *q, double seconds, px_error *err) {
    px_blas_reply reply = {0};
    seconds += timeout();
    q->seconds = (int32_t)(seconds < 1e9 ? seconds : 1e9) + 10;
    if (send(p->socket, q, sizeof *q, MSG_NOSIGNAL) != sizeof *q) return bury(p, false, "before a product", err);
    return receive(p, &reply, sizeof reply, seconds, "during a product", err);
}

void px_blas_process_free(px_blas_process *p) {
    px_error ignored;
    if (p->alive) bury(p, false, "", &ignored);
    if (p->socket >= 0) close(p->socket);
    if (p->memory_fd >= 0) close(p->memory_fd);
    if (p->memory) munmap(p->memory, p->mapped);
    free(p->path);
    free(p);
}
