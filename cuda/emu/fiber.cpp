#include "fiber.h"

#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>

#include "sanitizer.h"

namespace cuda_emu {

void *fresh_pages(size_t bytes) {
    void *p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p != MAP_FAILED) return p;
    std::fprintf(stderr, "cuda_emu: no memory for a block of threads\n");
    std::exit(4);
}

void free_pages(void *p, size_t bytes) {
    permit(p, bytes);
    munmap(p, bytes);
}

/* The lowest page is a fence. */
void fiber::make() {
    stack_ = fresh_pages(STACK);
    mprotect(stack_, 4096, PROT_NONE);
    getcontext(&inside_);
    inside_.uc_stack.ss_sp = stack_;
    inside_.uc_stack.ss_size = STACK;
    inside_.uc_link = nullptr;
    makecontext(&inside_, body_, 0);
    if (tsan()) thread_ = __tsan_create_fiber(0);
}

void fiber::unmake() {
    if (tsan()) __tsan_destroy_fiber(thread_);
    free_pages(stack_, STACK);
}

fiber::fiber(void (*body)()) : body_(body) { make(); }
fiber::~fiber() { unmake(); }

void fiber::renew() {
    if (!tsan()) return;
    unmake();
    make();
}

/* Flag 1: the switch itself orders nothing. It is made on the caller's side only, so that each of ThreadSanitizer's
 * call stacks sees its own calls and returns. */
void fiber::resume() {
    if (tsan()) {
        caller_ = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(thread_, 1);
    }
    swapcontext(&outside_, &inside_);
    if (tsan()) __tsan_switch_to_fiber(caller_, 1);
}

void fiber::pause() { swapcontext(&inside_, &outside_); }

} // namespace cuda_emu
