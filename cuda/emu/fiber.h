/* cuda_emu: coroutines with stacks of their own (ucontext). */
#ifndef PX_CUDA_EMU_FIBER_H
#define PX_CUDA_EMU_FIBER_H

#include <cstddef>
#include <ucontext.h>

namespace cuda_emu {

/* Whole pages from the system: for the sanitizers, memory that no thread has touched. */
void *fresh_pages(size_t bytes);
void free_pages(void *p, size_t bytes);

/* Runs `body` on its own stack, from resume() to pause(). The body never returns: it pauses, and is resumed with other
 * work or never again. */
class fiber {
  public:
    explicit fiber(void (*body)());
    ~fiber();
    fiber(const fiber &) = delete;
    fiber &operator=(const fiber &) = delete;

    void resume(); /* called by who is on no fiber */
    void pause();  /* called on this fiber */

    /* Its stack is as good as new; for ThreadSanitizer the next body is another thread. */
    void renew();

  private:
    enum : size_t { STACK = 256 << 10 }; /* untouched pages cost nothing; AddressSanitizer's frames are large */
    void (*body_)();
    void *stack_ = nullptr;
    void *thread_ = nullptr, *caller_ = nullptr; /* ThreadSanitizer's */
    ucontext_t inside_, outside_;
    void make();
    void unmake();
};

} // namespace cuda_emu

#endif
