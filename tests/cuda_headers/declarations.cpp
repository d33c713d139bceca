/* Our declarations beside NVIDIA's: compiles only where they agree. names.h, made from our headers by
 * tests/test_cuda_headers.c, lists what they declare. */
#include <cstddef>
#include <type_traits>

#include <cublas_v2.h> /* some names are macros, so they are in ours, too */
#include <cuda_runtime_api.h>

namespace ours {
#include "emu/runtime.h"

#include "emu/cublas.h"
} // namespace ours

/* Theirs in the place of a type of ours. */
template <class T> struct their { typedef T type; };
template <class T> struct their<T *> { typedef typename their<T>::type *type; };
template <class R, class... P> struct their<R(P...)> {
    typedef typename their<R>::type type(typename their<P>::type...);
};
#define PX_TYPE(name)                                                                                                  \
    template <> struct their<ours::name> { typedef ::name type; };

/* One of their overloads has exactly our parameters and result. */
#define PX_FUNCTION(name) constexpr their<decltype(ours::name)>::type *their_##name = &::name;
#define PX_VALUE(name)    static_assert((long long)ours::name == (long long)::name, #name);
#define PX_MEMBER(record, name)                                                                                        \
    static_assert(std::is_same<decltype(ours::record::name), decltype(::record::name)>::value, #record "::" #name);
#define PX_LAYOUT(name)                                                                                                \
    static_assert(sizeof(ours::name) == sizeof(::name) && alignof(ours::name) == alignof(::name), #name);

#include "names.h"
