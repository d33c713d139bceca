# CUDA: cuda_emu with a C++ compiler, the device's plug-in with nvcc. Sets PX_NVCC where nvcc is and wanted. Neither is needed
# by anything else.
set(PRECX_CUDA AUTO CACHE STRING "The plug-in for CUDA devices: AUTO (where nvcc is found), ON, OFF")
set_property(CACHE PRECX_CUDA PROPERTY STRINGS AUTO ON OFF)
include(CheckLanguage)
check_language(CXX)
if(CMAKE_CXX_COMPILER)
  enable_language(CXX)
  set(CMAKE_CXX_STANDARD 17)
  set(CMAKE_CXX_STANDARD_REQUIRED ON)
else()
  message(STATUS "No C++ compiler: no cuda_emu")
endif()

set(PX_NVCC OFF)
if(PRECX_CUDA AND CMAKE_CXX_COMPILER)
  find_program(PX_NVCC_PROGRAM nvcc HINTS ENV CUDA_PATH ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES bin)
  if(PX_NVCC_PROGRAM)
    set(CMAKE_CUDA_COMPILER ${PX_NVCC_PROGRAM} CACHE FILEPATH "")
    # Ampere, Hopper, Blackwell; PTX for what lies between them and after.
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 100-real 80-virtual CACHE STRING "")
    set(CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
    enable_language(CUDA)
    set(CMAKE_CUDA_STANDARD 17)
    set(CMAKE_CUDA_STANDARD_REQUIRED ON)
    find_package(CUDAToolkit REQUIRED)
    set(PX_NVCC ON)
  endif()
endif()
if(NOT PX_NVCC AND PRECX_CUDA STREQUAL "ON")
  message(FATAL_ERROR "PRECX_CUDA=ON, and no nvcc was found")
endif()

# What px_fp_strict is to C: no product and sum become one operation, no warning passes, no register is spilled and no local
# memory is used unseen. Device code stays uncompressed, for tests that look at it (tests/test_cuda_gates.c). Sources: nvcc
# 13's manual, -fmad and "Options for Passing Specific Phase Options".
set(PX_NVCC_FLAGS -fmad=false "-Werror all-warnings" "-Xptxas -warn-spills,-warn-lmem-usage,-Werror"
  "-Xcompiler -Wall,-Wextra,-Wno-missing-field-initializers" "-Xcompiler -ffp-contract=off"
  "-Xcompiler -fno-fast-math" --no-compress)
add_library(px_cuda_strict INTERFACE)
target_include_directories(px_cuda_strict INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/cuda)
foreach(flag IN LISTS PX_NVCC_FLAGS)
  target_compile_options(px_cuda_strict INTERFACE "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:${flag}>")
endforeach()
