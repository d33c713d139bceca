#include "fiber.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>

#include "sanitizer.h"

/* Two ways to switch. swapcontext is everywhere and known to AddressSanitizer; but it asks the system for the mask of
 * signals at every switch, and emulated barriers are made of switches. Where a shadow stack may be kept, it has to be
 * libc's. */
#if defined(__x86_64__) && defined(__LP64__) && !(defined(__CET__) && __CET__ & 2)
#define OWN_SWITCH 1

/* Leaves in *here where this side goes on, and goes on where `there` says. To its caller it is a function like any
 * other, so that it need keep only what functions do, on the stack that is left: rbx, rbp, r12 to r15 and the control
 * words of SSE and x87 (System V ABI, AMD64 supplement, 3.2.1). It jumps where a function would return, since a processor
 * expects returns to where calls came from. */
extern "C" void px_cuda_emu_switch(void **here, void *there) __attribute__((visibility("hidden")));
asm(R"(
    .pushsection .text
    .globl  px_cuda_emu_switch
    .hidden px_cuda_emu_switch
    .type   px_cuda_emu_switch, @function
px_cuda_emu_switch:
    pushq   %rbp
    pushq   %rbx
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    subq    $8, %rsp
    stmxcsr (%rsp)
    fnstcw  4(%rsp)
    movq    %rsp, (%rdi)
    movq    %rsi, %rsp
    fldcw   4(%rsp)
    ldmxcsr (%rsp)
    addq    $8, %rsp
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbx
    popq    %rbp
    popq    %rcx
    jmp     *%rcx
    .size   px_cuda_emu_switch, . - px_cuda_emu_switch
    .popsection
)");

/* What the switch finds on a stack that nobody has left: today's control words, no registers, and `body` to return to,
 * which then sees the stack as after a call: 8 bytes off a multiple of 16, and no caller. */
static void *first_frame(char *end, void (*body)()) {
    uint64_t *frame = reinterpret_cast<uint64_t *>(end) - 9;
    uint16_t x87;
    asm("fnstcw %0" : "=m"(x87));
    frame[0] = __builtin_ia32_stmxcsr() | (uint64_t)x87 << 32;
    for (int i = 1; i < 7; i++) frame[i] = 0;
    frame[7] = reinterpret_cast<uint64_t>(body);
    frame[8] = 0;
    return frame;
}
#endif

namespace cuda_emu {

static void go(fiber::side *here, fiber::side *there) {
#if OWN_SWITCH
    if (!asan()) return px_cuda_emu_switch(&here->stack, there->stack);
#endif
    swapcontext(&here->context, &there->context);
}

static void begin(fiber::side *inside, char *stack, size_t bytes, void (*body)()) {
#if OWN_SWITCH
    inside->stack = first_frame(stack + bytes, body);
    if (!asan()) return;
#endif
    getcontext(&inside->context);
    inside->context.uc_stack.ss_sp = stack;
    inside->context.uc_stack.ss_size = bytes;
    inside->context.uc_link = nullptr;
    makecontext(&inside->context, body, 0);
}

/* The lowest page is a fence. */
fiber::fiber(void (*body)()) {
    stack_ = mmap(nullptr, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack_ == MAP_FAILED || mprotect(stack_, 4096, PROT_NONE) != 0) {
        std::fprintf(stderr, "cuda_emu: no memory for the stack of a thread\n");
        std::exit(4);
    }
    begin(&inside_, static_cast<char *>(stack_), STACK, body);
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
    go(&outside_, &inside_);
    if (tsan()) __tsan_switch_to_fiber(caller_, 1);
}

void fiber::pause() { go(&inside_, &outside_); }

} // namespace cuda_emu
