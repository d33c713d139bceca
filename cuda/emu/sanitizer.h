/* cuda_emu: what it tells the sanitizers, and whether they are there. The functions are theirs; in other programs they
 * are absent. The files that include this are never instrumented by ThreadSanitizer, which thus does not see the
 * scheduler. */
#ifndef PX_CUDA_EMU_SANITIZER_H
#define PX_CUDA_EMU_SANITIZER_H

#include <cstddef>

extern "C" {
void __asan_poison_memory_region(const void volatile *p, size_t n) __attribute__((weak));
void __asan_unpoison_memory_region(const void volatile *p, size_t n) __attribute__((weak));
void *__tsan_get_current_fiber() __attribute__((weak));
void *__tsan_create_fiber(unsigned flags) __attribute__((weak));
void __tsan_destroy_fiber(void *fiber) __attribute__((weak));
void __tsan_switch_to_fiber(void *fiber, unsigned flags) __attribute__((weak));
void __tsan_acquire(void *key) __attribute__((weak));
void __tsan_release(void *key) __attribute__((weak));
}

namespace cuda_emu {

inline bool asan() { return __asan_poison_memory_region != nullptr; }
inline bool tsan() { return __tsan_create_fiber != nullptr; }

/* What happened before release(key) happens before what follows acquire(key). */
inline void release(void *key) {
    if (tsan()) __tsan_release(key);
}
inline void acquire(void *key) {
    if (tsan()) __tsan_acquire(key);
}

/* Memory that nobody may touch: AddressSanitizer names the place that does. */
inline void forbid(const void *p, size_t bytes) {
    if (asan()) __asan_poison_memory_region(p, bytes);
}
inline void permit(const void *p, size_t bytes) {
    if (asan()) __asan_unpoison_memory_region(p, bytes);
}

} // namespace cuda_emu

#endif
