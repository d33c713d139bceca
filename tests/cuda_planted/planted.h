/* Kernels and host code with a defect each, and the same without it. Every case runs one of the two and compares what
 * comes out with plain C++. tests/test_cuda_planted.c knows what catches which. */
#ifndef PX_TESTS_CUDA_PLANTED_H
#define PX_TESTS_CUDA_PLANTED_H

#include <cstdio>
#include <vector>

#include "px_cuda.h"

/* Ends the program with exit code 3: the case itself is broken. */
void must(cudaError_t error, const char *what);

/* An array on the device. */
template <class T> class device_array {
  public:
    explicit device_array(size_t n) : n_(n) { must(cudaMalloc(&at_, n * sizeof(T)), "cudaMalloc"); }
    explicit device_array(const std::vector<T> &v) : device_array(v.size()) {
        must(cudaMemcpy(at_, v.data(), n_ * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy");
    }
    ~device_array() { cudaFree(at_); }
    device_array(const device_array &) = delete;
    device_array &operator=(const device_array &) = delete;
    T *get() const { return at_; }
    std::vector<T> read() const {
        std::vector<T> v(n_);
        must(cudaMemcpy(v.data(), at_, n_ * sizeof(T), cudaMemcpyDeviceToHost), "cudaMemcpy");
        return v;
    }

  private:
    T *at_ = nullptr;
    size_t n_;
};

/* Values whose bits differ; says so. */
template <class T> long differing(const std::vector<T> &got, const std::vector<T> &want) {
    long n = 0;
    for (size_t i = 0; i < want.size(); i++) n += std::memcmp(&got[i], &want[i], sizeof(T)) != 0;
    std::printf("%ld of %zu values differ\n", n, want.size());
    return n;
}

/* Small numbers with rounding errors in their sums. */
float sample(size_t i);
std::vector<float> samples(size_t n);

/* A case: 0 when all is as it should be. */
struct planted_case {
    const char *name;
    long (*run)(bool wrong);
};
extern const planted_case kernel_cases[], host_cases[]; /* a NULL name ends them */

#endif
