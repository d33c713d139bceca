/* An array on the device; the program ends when the runtime refuses. */
#ifndef PX_TESTS_CUDA_EMU_DEVICE_VECTOR_H
#define PX_TESTS_CUDA_EMU_DEVICE_VECTOR_H

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "px_cuda.h"

inline void need(cudaError_t error) {
    if (error == cudaSuccess) return;
    std::fprintf(stderr, "%s\n", cudaGetErrorString(error));
    std::abort();
}

template <class T> class device_vector {
  public:
    explicit device_vector(size_t n) : n_(n) { need(cudaMalloc(&at_, n * sizeof(T))); }
    explicit device_vector(const std::vector<T> &v) : device_vector(v.size()) {
        need(cudaMemcpy(at_, v.data(), n_ * sizeof(T), cudaMemcpyHostToDevice));
    }
    ~device_vector() { need(cudaFree(at_)); }
    device_vector(const device_vector &) = delete;
    device_vector &operator=(const device_vector &) = delete;
    T *get() const { return at_; }
    void read(T *to) const {
        need(cudaGetLastError()); /* of the kernel */
        need(cudaMemcpy(to, at_, n_ * sizeof(T), cudaMemcpyDeviceToHost));
    }

  private:
    T *at_ = nullptr;
    size_t n_;
};

#endif
