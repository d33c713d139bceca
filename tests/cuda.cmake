# What the tests of CUDA's part need besides (included by CMakeLists.txt).
target_sources(test_cuda_emu PRIVATE cuda_emu/subject.cpp cuda_emu/products.cpp cuda_emu/mistakes.cpp)
target_link_libraries(test_cuda_emu PRIVATE px_cuda_emu)

# ThreadSanitizer of gcc 12 does not start where the kernel scatters addresses more than it knows (vm.mmap_rnd_bits > 28).
include(CheckCXXSourceRuns)
set(CMAKE_REQUIRED_FLAGS -fsanitize=thread)
check_cxx_source_runs("int main() { return 0; }" PX_TSAN_RUNS)
unset(CMAKE_REQUIRED_FLAGS)

if(NOT PRECX_SANITIZE) # which is ASan and UBSan for all of it; the emulation itself is never instrumented here
  # Kernels with defects (test_cuda_planted.c), under each sanitizer.
  foreach(options "plain" "asan;-fsanitize=address,undefined;-fno-sanitize-recover=all" "tsan;-fsanitize=thread")
    list(POP_FRONT options flavour)
    if(flavour STREQUAL "tsan" AND NOT PX_TSAN_RUNS)
      continue()
    endif()
    add_executable(cuda_planted_${flavour} cuda_planted/kernels.cpp cuda_planted/host.cpp)
    target_link_libraries(cuda_planted_${flavour} PRIVATE px_cuda_emu px)
    set_target_properties(cuda_planted_${flavour} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_compile_options(cuda_planted_${flavour} PRIVATE -O1 -g ${options})
    target_link_options(cuda_planted_${flavour} PRIVATE ${options})
  endforeach()

  # Every kernel under the other schedules, too; forward is test_cuda_kernels itself.
  foreach(order reversed shuffled)
    add_test(NAME test_cuda_kernels_${order} COMMAND test_cuda_kernels)
    set_tests_properties(test_cuda_kernels_${order} PROPERTIES LABELS fast SKIP_RETURN_CODE 77
      ENVIRONMENT "OMP_WAIT_POLICY=passive;PRECX_CUDA_ORDER=${order}")
  endforeach()

  # The matrix units of other devices.
  foreach(model a100 b200)
    foreach(test test_selftest_probes test_cuda_units)
      add_test(NAME ${test}_${model} COMMAND ${test})
      set_tests_properties(${test}_${model} PROPERTIES LABELS fast SKIP_RETURN_CODE 77
        ENVIRONMENT "OMP_WAIT_POLICY=passive;PRECX_CUDA_MODEL=${model}")
    endforeach()
  endforeach()
endif()

# Every kernel under ThreadSanitizer: test_cuda_kernels and the plug-in once more, beside each other.
if(PX_TSAN_RUNS AND NOT PRECX_SANITIZE)
  file(GLOB kernels CONFIGURE_DEPENDS ../cuda/*.cu)
  set_source_files_properties(${kernels} PROPERTIES LANGUAGE CXX
    COMPILE_OPTIONS "-x;c++;-Wno-pedantic;-Wno-missing-field-initializers")
  add_library(precx_cuda_emu_tsan MODULE ${kernels})
  target_link_libraries(precx_cuda_emu_tsan PRIVATE px_cuda_emu px_plugin_house)
  target_compile_options(precx_cuda_emu_tsan PRIVATE -O1 -g1 -fsanitize=thread)
  set_target_properties(precx_cuda_emu_tsan PROPERTIES PREFIX "" OUTPUT_NAME precx_cuda_emu CXX_STANDARD 20
    CXX_VISIBILITY_PRESET hidden LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/tsan)
  add_executable(test_cuda_kernels_tsan test_cuda_kernels.c)
  target_include_directories(test_cuda_kernels_tsan PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(test_cuda_kernels_tsan PRIVATE px_test_support)
  target_link_options(test_cuda_kernels_tsan PRIVATE -fsanitize=thread)
  add_dependencies(test_cuda_kernels_tsan precx_cuda_emu_tsan)
  set_target_properties(test_cuda_kernels_tsan PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/tsan)
  add_test(NAME test_cuda_kernels_tsan COMMAND test_cuda_kernels_tsan)
  set_tests_properties(test_cuda_kernels_tsan PROPERTIES LABELS fast SKIP_RETURN_CODE 77
    ENVIRONMENT "OMP_WAIT_POLICY=passive;TSAN_OPTIONS=halt_on_error=1")
endif()

# What nvcc makes of the kernels. The probes' instructions are known; clang 19, where it is, reads the kernels, too. It
# includes a header that CUDA 13 no longer has.
target_sources(test_cuda_gates PRIVATE cuda_gates/cubin.c)
set(second_front_end "")
if(TARGET precx_cuda)
  add_library(cuda_probes MODULE cuda_gates/probes.cu)
  target_link_libraries(cuda_probes PRIVATE px_cuda_strict)
  set_target_properties(cuda_probes PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_dependencies(test_cuda_gates precx_cuda cuda_probes)
  find_program(PX_CLANG_CUDA NAMES clang++-19)
  if(PX_CLANG_CUDA)
    file(WRITE ${CMAKE_BINARY_DIR}/tests/stub/texture_fetch_functions.h "")
    set(second_front_end "${PX_CLANG_CUDA} --cuda-path=${CUDAToolkit_BIN_DIR}/.. -I${CMAKE_BINARY_DIR}/tests/stub")
  endif()
endif()
list(JOIN PX_NVCC_FLAGS " " flags)
target_compile_definitions(test_cuda_gates PRIVATE PX_SECOND_FRONT_END="${second_front_end}"
  PX_NVCC_PROGRAM="$<$<TARGET_EXISTS:precx_cuda>:${CMAKE_CUDA_COMPILER}>"
  PX_NVCC_VERSION="${CMAKE_CUDA_COMPILER_VERSION}" PX_NVCC_FLAGS="${flags}")

# cuda_emu's headers against NVIDIA's: one text built with either.
if(PX_CUDA_HEADERS)
  foreach(whose own vendor)
    add_library(cuda_numbers_${whose} OBJECT cuda_headers/numbers.cpp)
    target_link_libraries(cuda_numbers_${whose} PRIVATE px_fp_strict)
    target_include_directories(cuda_numbers_${whose} PRIVATE . ../cuda)
    target_sources(test_cuda_headers PRIVATE $<TARGET_OBJECTS:cuda_numbers_${whose}>)
  endforeach()
  target_compile_definitions(cuda_numbers_vendor PRIVATE PX_VENDOR)
  target_include_directories(cuda_numbers_vendor SYSTEM PRIVATE ${PX_CUDA_HEADERS})
  target_compile_definitions(test_cuda_headers PRIVATE PX_CUDA_HEADERS="${PX_CUDA_HEADERS}")
  add_test(NAME slow_cuda_headers COMMAND test_cuda_headers)
  set_tests_properties(slow_cuda_headers PROPERTIES LABELS slow TIMEOUT 14400 ENVIRONMENT PX_EXHAUSTIVE=1)
else()
  add_test(NAME test_cuda_headers COMMAND ${CMAKE_COMMAND} -E echo "skipped: no headers of a CUDA toolkit (cublas_api.h)")
  set_tests_properties(test_cuda_headers PROPERTIES LABELS fast SKIP_REGULAR_EXPRESSION skipped)
endif()
