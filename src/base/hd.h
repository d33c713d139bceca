/* One text for the processor and for CUDA devices. In C these words are the usual ones. In C++, which only plug-ins are
 * written in, the functions are static and usable on both sides; a plug-in includes the .c files that define them
 * (cuda/arith.cuh), so that each of its files has its own copy, compiled by its own flags. */
#ifndef PX_BASE_HD_H
#define PX_BASE_HD_H

#if defined(__CUDACC__)
#define PX_HD                                                                                                          \
    static __noinline__ __attribute__((unused)) __host__ __device__ /* a function of a header, defined in a .c file */
#define PX_HD_STATIC static inline __host__ __device__              /* a function of that .c file alone */
#define PX_HD_INLINE static inline __host__ __device__              /* a function defined in a header */
#define PX_HD_TABLE  static __device__ const /* numbers that only functions of such a .c file read */
#elif defined(__cplusplus)
#define PX_HD        static inline
#define PX_HD_STATIC static inline
#define PX_HD_INLINE static inline
#define PX_HD_TABLE  static const
#else
#define PX_HD
#define PX_HD_STATIC static
#define PX_HD_INLINE static inline
#define PX_HD_TABLE  static const
#endif

#endif
