#include "fiber.h"

#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>

#include "sanitizer.h"

namespace cuda_emu {

/* The lowest page is a fence. */
fiber::fiber(void (*body)()) {
    stack_ = mmap(nullptr, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack_ == MAP_FAILED || mprotect(stack_, 4096, PROT_NONE) != 0) {
        std::fprintf(stderr, "cuda_emu: no memory for the stack of a thread\n");
        std::exit(4);
    }
    getcontext(&inside_);
    inside_.uc_stack.ss_sp = stack_;
    inside_.uc_stack.ss_size = STACK;
    inside_.uc_link = nullptr;
    makecontext(&inside_, body, 0);
    if (tsan()) thread_ = __tsan_create_fiber(0);
}

fiber::~fiber() {
    if (tsan()) __tsan_destroy_fiber(thread_);
    permit(stack_, STACK);
    munmap(stack_, STACK);
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
