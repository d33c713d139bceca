/* The threads of a block: who runs, who waits for whom, and what is wrong with that. */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <vector>

#include "control.h"
#include "device.h"
#include "fiber.h"
#include "language.h"
#include "memory.h"
#include "sanitizer.h"

namespace cuda_emu {
namespace {

enum state { READY, AT_BARRIER, AT_COLLECTIVE, DONE };

struct thread {
    place where;
    state now = DONE;
    site at = {};
    fiber *on = nullptr; /* NULL before it has begun */
    unsigned mask = 0, barriers = 0, collectives = 0;
    bool predicate = false;
    int count = 0;
    uint64_t given = 0, received[32];
};

struct array {
    const void *tag;
    const char *name;
    unsigned char *at;
    size_t bytes;
};

enum schedule { FORWARD, REVERSED, SHUFFLED };
schedule schedule_chosen = FORWARD;
uint64_t seed_chosen = 1;

bool read_schedule(const char *word) {
    char *end = nullptr;
    if (std::strcmp(word, "forward") == 0)
        schedule_chosen = FORWARD;
    else if (std::strcmp(word, "reversed") == 0)
        schedule_chosen = REVERSED;
    else if (std::strncmp(word, "shuffled", 8) == 0 && (word[8] == '\0' || word[8] == ':')) {
        schedule_chosen = SHUFFLED;
        seed_chosen = word[8] ? std::strtoull(word + 9, &end, 10) : 1;
        return !end || (*end == '\0' && end != word + 9);
    } else
        return false;
    return true;
}

void read_environment() {
    static const bool good = [] {
        const char *word = std::getenv("PRECX_CUDA_ORDER");
        return !word || read_schedule(word);
    }();
    if (good) return;
    std::fprintf(stderr, "cuda_emu: PRECX_CUDA_ORDER=%s: it is forward, reversed, shuffled or shuffled:SEED\n",
                 std::getenv("PRECX_CUDA_ORDER"));
    std::exit(2);
}

/* The grid that this thread of the machine runs. */
struct grid_run {
    std::vector<thread> threads;
    std::vector<std::unique_ptr<fiber>> fibers;
    std::vector<fiber *> idle[2]; /* by `set` */
    std::vector<size_t> order;
    size_t cursor = 0; /* in order */
    thread *current = nullptr;
    const std::function<void()> *body = nullptr;
    const char *kernel = "";
    const void *kernel_address = nullptr;
    uint64_t random = 1;

    /* Shared memory, by set; FRESH but for the arrays that the block has asked for. */
    std::vector<unsigned char> room[2];
    unsigned char *room_next = nullptr, *dynamic = nullptr;
    size_t dynamic_bytes = 0, static_bytes = 0;
    std::vector<array> arrays;

    /* Fibers and shared memory of a block are those of its set, for ThreadSanitizer: blocks of a set follow one
     * another, blocks of different sets know nothing of each other, as is the case of all blocks of a grid. */
    unsigned set = 0, turn = 0; /* of the set: 0 and 1 alternate */

    /* ThreadSanitizer's keys. Two, in turn, for what happens again: with one, a thread that has left a barrier would
     * seem to happen before another that leaves it later. */
    char started, ended[2][2] /* set, turn */, barrier_key[2][2] /* set */, warp_key[2][MAX_THREADS / 32][2];
};
thread_local grid_run storage;

/* &storage, found without the call that a loaded library's variables of a thread take: 8 bytes have room beside the
 * program's own. */
__attribute__((tls_model("initial-exec"))) thread_local grid_run *run = nullptr;

void print_thread(const char *before, const thread &t) {
    std::fprintf(stderr, "%sthread (%u,%u,%u) ", before, t.where.thread.x, t.where.thread.y, t.where.thread.z);
    if (t.now == DONE)
        std::fprintf(stderr, "has returned");
    else
        std::fprintf(stderr, "is at %s, %s:%d", t.at.what ? t.at.what : "the start", t.at.file ? t.at.file : "",
                     t.at.line);
}

[[noreturn]] void die(const char *what, const thread &a, const thread *b) {
    std::fprintf(stderr, "cuda_emu: %s in kernel %s, block (%u,%u,%u)", what, run->kernel, a.where.block.x,
                 a.where.block.y, a.where.block.z);
    print_thread(": ", a);
    if (b) print_thread("; ", *b);
    std::fprintf(stderr, "\n");
    std::abort();
}

bool same(const site &a, const site &b) {
    const auto alike = [](const char *x, const char *y) { return x == y || std::strcmp(x, y) == 0; };
    return a.line == b.line && alike(a.file, b.file) && alike(a.what, b.what);
}

/* ---- on a fiber ---- */

/* The next thread of this round that has not begun may be taken over without a switch. */
bool take_next() {
    while (run->cursor < run->order.size() && run->threads[run->order[run->cursor]].now != READY) run->cursor++;
    if (tsan() || run->cursor == run->order.size()) return false;
    thread &next = run->threads[run->order[run->cursor]];
    if (next.on) return false;
    run->cursor++;
    next.on = run->current->on;
    run->current = &next;
    return true;
}

void fiber_body() {
    for (;;) {
        acquire(&run->started);
        acquire(&run->ended[run->set][run->turn ^ 1]);
        do {
            (*run->body)();
            run->current->now = DONE;
        } while (take_next());
        release(&run->ended[run->set][run->turn]);
        fiber *mine = run->current->on;
        if (!tsan()) run->idle[run->set].push_back(mine); /* there, two threads of a block on one fiber would be one */
        mine->pause();
    }
}

/* ---- the scheduler ---- */

fiber *idle_fiber() {
    std::vector<fiber *> &idle = run->idle[run->set];
    if (idle.empty()) {
        run->fibers.emplace_back(new fiber(fiber_body));
        return run->fibers.back().get();
    }
    fiber *f = idle.back();
    idle.pop_back();
    return f;
}

uint64_t draw() { /* xorshift64*, Vigna 2016 */
    run->random ^= run->random >> 12;
    run->random ^= run->random << 25;
    run->random ^= run->random >> 27;
    return run->random * 0x2545f4914f6cdd1du;
}

template <class T> void arrange(std::vector<T> &order) {
    std::iota(order.begin(), order.end(), T(0));
    if (schedule_chosen == REVERSED) std::reverse(order.begin(), order.end());
    if (schedule_chosen == SHUFFLED)
        for (size_t i = order.size(); i > 1; i--) std::swap(order[i - 1], order[draw() % i]);
}

/* Runs every thread that can run until it waits or returns. */
void run_round() {
    arrange(run->order);
    for (run->cursor = 0; run->cursor < run->order.size();) {
        thread &t = run->threads[run->order[run->cursor++]];
        if (t.now != READY) continue;
        if (!t.on) t.on = idle_fiber();
        run->current = &t;
        t.on->resume();
    }
    run->current = nullptr;
}

/* A lane of t's mask that is not at t's collective, or NULL. Nobody is READY, but for lanes that were just let go. */
const thread *absent_lane(size_t first, const thread &t) {
    for (size_t lane = 0; lane < 32; lane++) {
        if (!(t.mask >> lane & 1)) continue;
        if (first + lane >= run->threads.size())
            die("the mask of a collective has lanes that the block lacks", t, nullptr);
        const thread &other = run->threads[first + lane];
        if (other.now != AT_COLLECTIVE || other.mask != t.mask || !same(other.at, t.at)) return &other;
    }
    return nullptr;
}

/* Lets those lanes go on whose mask is complete. */
bool resolve_collectives() {
    bool any = false;
    for (size_t i = 0; i < run->threads.size(); i++) {
        const size_t first = i / 32 * 32;
        const thread &t = run->threads[i];
        if (t.now != AT_COLLECTIVE || absent_lane(first, t)) continue;
        uint64_t all[32] = {0};
        const unsigned mask = t.mask;
        for (size_t lane = 0; lane < 32; lane++)
            if (mask >> lane & 1) all[lane] = run->threads[first + lane].given;
        for (size_t lane = 0; lane < 32; lane++) {
            if (!(mask >> lane & 1)) continue;
            std::memcpy(run->threads[first + lane].received, all, sizeof all);
            run->threads[first + lane].now = READY;
        }
        any = true;
    }
    return any;
}

/* Lets all threads go on if all are at one barrier; false also when all have returned. What else there is, is an
 * error. */
bool resolve_barrier() {
    const thread *first = nullptr;
    int count = 0;
    for (size_t i = 0; i < run->threads.size(); i++) {
        const thread &t = run->threads[i];
        if (t.now == AT_COLLECTIVE) die("divergent warp collective", t, absent_lane(i / 32 * 32, t));
        if (!first && t.now == AT_BARRIER) first = &t;
        count += t.now == AT_BARRIER && t.predicate;
    }
    if (!first) return false;
    for (const thread &t : run->threads)
        if (t.now != AT_BARRIER || !same(t.at, first->at)) die("divergent barrier", *first, &t);
    for (thread &t : run->threads) {
        t.count = count;
        t.now = READY;
    }
    return true;
}

void begin_block(uint3 block, dim3 block_dim, dim3 grid_dim) {
    for (size_t i = 0; i < run->threads.size(); i++) {
        thread &t = run->threads[i];
        const unsigned n = (unsigned)i;
        t.where = {{n % block_dim.x, n / block_dim.x % block_dim.y, n / block_dim.x / block_dim.y},
                   block,
                   block_dim,
                   grid_dim};
        t.now = READY;
        t.at = {};
        t.on = nullptr;
        t.barriers = t.collectives = 0;
    }
    if (run->room[run->set].empty()) run->room[run->set].assign(SHARED_ROOM + ZONE, FRESH);
    unsigned char *room = run->room[run->set].data();
    run->room_next = room + (2 * ZONE - (uintptr_t)room % ZONE);
    run->static_bytes = 0;
    run->dynamic = nullptr;
    if (run->dynamic_bytes)
        run->dynamic = static_cast<unsigned char *>(shared_array(run, run->dynamic_bytes, 16, "dynamic shared memory"));
}

void make_fresh(unsigned char *at, size_t bytes) {
    if (!tsan()) {
        std::memset(at, FRESH, bytes);
        return;
    }
    /* volatile: not by memset, which ThreadSanitizer would see */
    for (size_t i = 0; i < bytes; i++) *static_cast<volatile unsigned char *>(at + i) = FRESH;
}

void end_block() {
    for (const array &a : run->arrays) {
        if (!close_zones(a.at, a.bytes)) {
            std::fprintf(stderr, "cuda_emu: kernel %s wrote beyond its shared array %s\n", run->kernel, a.name);
            std::abort();
        }
        make_fresh(a.at, a.bytes);
    }
    run->arrays.clear();
    if (!tsan()) return;
    for (const thread &t : run->threads) run->idle[run->set].push_back(t.on);
    run->turn ^= run->set;
    run->set ^= 1;
}

void run_block(uint3 block, dim3 block_dim, dim3 grid_dim) {
    begin_block(block, block_dim, grid_dim);
    do run_round();
    while (resolve_collectives() || resolve_barrier());
    end_block();
}

} // namespace

const place &self() {
    if (!run || !run->current) {
        std::fprintf(stderr, "cuda_emu: device code was called by the host\n");
        std::abort();
    }
    return run->current->where;
}

static size_t index_of_self() { return (size_t)(run->current - run->threads.data()); }
int lane_of_self() { return (int)(index_of_self() % 32); }

static void wait(state now, site at, char (*keys)[2], unsigned *phase) {
    thread *t = run->current;
    char *key = &(*keys)[(*phase)++ & 1];
    t->now = now;
    t->at = at;
    release(key);
    t->on->pause();
    acquire(key);
}

int barrier(site at, bool predicate) {
    self();
    thread *t = run->current;
    t->predicate = predicate;
    wait(AT_BARRIER, at, &run->barrier_key[run->set], &t->barriers);
    return t->count;
}

const uint64_t *gather(site at, unsigned mask, uint64_t given) {
    self();
    thread *t = run->current;
    t->at = at;
    if (!(mask >> lane_of_self() & 1)) die("a lane is not in the mask of its own collective", *t, nullptr);
    t->mask = mask;
    t->given = given;
    wait(AT_COLLECTIVE, at, &run->warp_key[run->set][index_of_self() / 32], &t->collectives);
    return t->received;
}

void absent_source(site at, int lane) {
    const size_t source = index_of_self() / 32 * 32 + (size_t)lane;
    run->current->at = at;
    die("a shuffle reads a lane outside the mask", *run->current,
        source < run->threads.size() ? &run->threads[source] : nullptr);
}

void *shared_array(const void *tag, size_t bytes, size_t alignment, const char *name) {
    for (const array &a : run->arrays)
        if (a.tag == tag) return a.at;
    const bool dynamic = tag == run;
    if (!dynamic) run->static_bytes = (run->static_bytes + alignment - 1) / alignment * alignment + bytes;
    const size_t limit = run->dynamic_bytes ? dynamic_limit(run->kernel_address) : (size_t)MAX_SHARED;
    if (run->static_bytes > MAX_SHARED || run->static_bytes + run->dynamic_bytes > limit ||
        (size_t)(run->room_next - run->room[run->set].data()) + stride_of(bytes) > SHARED_ROOM) {
        std::fprintf(
            stderr,
            "cuda_emu: kernel %s: shared array %s makes it %zu bytes a block, and %zu dynamic ones; the limit is %zu\n",
            run->kernel, name, run->static_bytes, run->dynamic_bytes, limit);
        std::abort();
    }
    unsigned char *at = run->room_next;
    run->room_next += stride_of(bytes);
    open_zones(at, bytes);
    run->arrays.push_back({tag, name, at, bytes});
    return at;
}

void *dynamic_shared() { return run->dynamic; }

void run_grid(const void *kernel, const char *name, dim3 grid, dim3 block, size_t dynamic_bytes,
              const std::function<void()> &body) {
    read_environment();
    if (start_error(kernel, grid, block, dynamic_bytes) != cudaSuccess) return;
    run = &storage;
    run->body = &body;
    run->kernel = name;
    run->kernel_address = kernel;
    run->dynamic_bytes = dynamic_bytes;
    run->random = seed_chosen * 0x9e3779b97f4a7c15u | 1;
    run->threads.resize((size_t)block.x * block.y * block.z);
    run->order.resize(run->threads.size());
    std::vector<uint64_t> blocks((size_t)grid.x * grid.y * grid.z);
    arrange(blocks);
    device_memory_open();
    release(&run->started);
    for (uint64_t b : blocks)
        run_block({(unsigned)(b % grid.x), (unsigned)(b / grid.x % grid.y), (unsigned)(b / grid.x / grid.y)}, block,
                  grid);
    device_memory_close();
    for (auto &set : run->ended)
        for (char &turn : set) acquire(&turn);
    run->body = nullptr;
}

} // namespace cuda_emu

int px_cuda_emu_order(const char *order) { return cuda_emu::read_schedule(order); }
