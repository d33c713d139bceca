#include "memory.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "device.h"
#include "sanitizer.h"

namespace cuda_emu {

void open_zones(void *p, size_t bytes) {
    unsigned char *at = static_cast<unsigned char *>(p);
    forbid(at - ZONE, ZONE);
    forbid(at + bytes, stride_of(bytes) - bytes);
}

bool close_zones(void *p, size_t bytes) {
    unsigned char *at = static_cast<unsigned char *>(p);
    permit(at - ZONE, ZONE);
    permit(at + bytes, stride_of(bytes) - bytes);
    const auto fresh = [](unsigned char c) { return c == FRESH; };
    return std::all_of(at - ZONE, at, fresh) && std::all_of(at + bytes, at + stride_of(bytes), fresh);
}

namespace {
std::mutex lock;
std::map<uintptr_t, size_t> pieces; /* device memory: address, bytes */
size_t total;                       /* bytes of them */
int running;                        /* kernels */

typedef std::map<uintptr_t, size_t>::iterator piece;

/* The piece that p lies in, its end included. */
piece find(const void *p) {
    piece next = pieces.upper_bound((uintptr_t)p);
    if (next == pieces.begin()) return pieces.end();
    --next;
    return (uintptr_t)p <= next->first + next->second ? next : pieces.end();
}

void for_all(void (*what)(const void *, size_t)) {
    for (const auto &p : pieces) what(reinterpret_cast<void *>(p.first), p.second);
}
} // namespace

void device_memory_open() {
    std::lock_guard<std::mutex> guard(lock);
    if (running++ == 0) for_all(permit);
}

void device_memory_close() {
    std::lock_guard<std::mutex> guard(lock);
    if (--running == 0) for_all(forbid);
}

void *allocate(size_t bytes) {
    if (bytes > GLOBAL_MEMORY || allocated() > GLOBAL_MEMORY - bytes) return nullptr;
    const size_t whole = ZONE + stride_of(bytes);
    unsigned char *base = static_cast<unsigned char *>(std::aligned_alloc(ZONE, whole));
    if (!base) return nullptr;
    std::memset(base, FRESH, whole);
    std::lock_guard<std::mutex> guard(lock);
    open_zones(base + ZONE, bytes);
    if (!running) forbid(base + ZONE, bytes);
    pieces[(uintptr_t)(base + ZONE)] = bytes;
    total += bytes;
    made(+1);
    return base + ZONE;
}

bool release_memory(void *p) {
    std::lock_guard<std::mutex> guard(lock);
    const piece found = pieces.find((uintptr_t)p);
    if (found == pieces.end()) return false;
    permit(p, found->second);
    if (!close_zones(p, found->second)) {
        std::fprintf(stderr, "cuda_emu: a kernel wrote beyond an allocation of %zu bytes\n", found->second);
        std::abort();
    }
    total -= found->second;
    pieces.erase(found);
    made(-1);
    std::free(static_cast<unsigned char *>(p) - ZONE);
    return true;
}

size_t allocated() {
    std::lock_guard<std::mutex> guard(lock);
    return total;
}

bool owns(const void *p, size_t bytes) {
    std::lock_guard<std::mutex> guard(lock);
    const piece found = find(p);
    return found != pieces.end() && bytes <= found->first + found->second - (uintptr_t)p;
}

bool is_device(const void *p) {
    std::lock_guard<std::mutex> guard(lock);
    return find(p) != pieces.end();
}

void copy(void *to, const void *from, size_t bytes) {
    device_memory_open();
    std::memmove(to, from, bytes);
    device_memory_close();
}

void fill(void *to, int byte, size_t bytes) {
    device_memory_open();
    std::memset(to, byte, bytes);
    device_memory_close();
}

} // namespace cuda_emu
