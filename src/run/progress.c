#define _GNU_SOURCE
#include "run/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static const double redraw_seconds = 0.1;

double px_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void px_progress_begin(px_progress *p, bool drawing, int64_t n_cells, int64_t n_done, double work) {
    *p = (px_progress){.lock = PTHREAD_MUTEX_INITIALIZER,
                       .drawing = drawing,
                       .n_cells = n_cells,
                       .n_done = n_done,
                       .work = work,
                       .started = px_seconds()};
}

static void print_eta(double seconds) {
    long s = (long)(seconds + 0.5);
    if (s >= 3600)
        fprintf(stderr, "%ld h %02ld min left", s / 3600, s % 3600 / 60);
    else if (s >= 60)
        fprintf(stderr, "%ld min %02ld s left", s / 60, s % 60);
    else
        fprintf(stderr, "%ld s left", s);
}

static void erase(px_progress *p) {
    if (p->drawn) fputs("\r\033[K", stderr);
    p->drawn = false;
}

static void draw(px_progress *p, double now) {
    enum { WIDTH = 30 };
    double share = p->work > 0 ? p->work_done / p->work : 0;
    if (share > 1) share = 1;
    char bar[WIDTH + 1];
    int filled = (int)(share * WIDTH);
    for (int i = 0; i < WIDTH; i++) bar[i] = i < filled ? '#' : '.';
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r\033[K[%s] %" PRId64 "/%" PRId64 " cells, ", bar, p->n_done, p->n_cells);
    if (share > 0) print_eta((now - p->started) * (1 / share - 1));
    p->drawn = true;
    p->last_drawn = now;
    fflush(stderr);
}

void px_progress_cell(px_progress *p, double work) {
    pthread_mutex_lock(&p->lock);
    p->n_done++;
    p->work_done += work;
    double now = px_seconds();
    if (p->drawing && now - p->last_drawn >= redraw_seconds) draw(p, now);
    pthread_mutex_unlock(&p->lock);
}

static void say(px_progress *p, const char *prefix, const char *format, va_list args) {
    erase(p);
    fputs(prefix, stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void px_progress_note(px_progress *p, const char *format, ...) {
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&p->lock);
    say(p, "", format, args);
    pthread_mutex_unlock(&p->lock);
    va_end(args);
}

void px_progress_warn(px_progress *p, const char *format, ...) {
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&p->lock);
    if (p->n_warnings++ < PX_MAX_WARNINGS) say(p, "precx: warning: ", format, args);
    pthread_mutex_unlock(&p->lock);
    va_end(args);
}

void px_progress_end(px_progress *p) {
    erase(p);
    if (p->n_warnings > PX_MAX_WARNINGS)
        fprintf(stderr, "precx: %" PRId64 " more warnings of this kind\n", p->n_warnings - PX_MAX_WARNINGS);
    fflush(stderr);
    pthread_mutex_destroy(&p->lock);
}
