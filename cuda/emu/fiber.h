/* cuda_emu: coroutines with stacks of their own. */
#ifndef PX_CUDA_EMU_FIBER_H
#define PX_CUDA_EMU_FIBER_H

#include <cstddef>
#include <ucontext.h>

namespace cuda_emu {

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

    /* Where one side of a switch goes on: of the two ways to switch (fiber.cpp) the one that is taken has its own. */
    struct side {
        void *stack;
        ucontext_t context;
    };

  private:
    enum : size_t { STACK = 256 << 10 }; /* untouched pages cost nothing; AddressSanitizer's frames are large */
    void *stack_ = nullptr;
    void *thread_ = nullptr, *caller_ = nullptr; /* ThreadSanitizer's */
    side inside_, outside_;
};

} // namespace cuda_emu

#endif
