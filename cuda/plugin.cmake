# The plug-ins: the same kernels for the CPU, precx_cuda_emu.so, and, where nvcc is, for devices, precx_cuda.so. The program
# links neither; it loads what lies beside it (src/backend/plugin.h).
file(GLOB kernels CONFIGURE_DEPENDS *.cu)

# What a plug-in needs of the C house, once more: it sees nothing of the program's.
set(house base/error.c base/text.c base/arena.c base/room.c base/philox.c arith/fp.c arith/codec.c arith/exact.c arith/round.c arith/model.c
  arith/recipe.c arith/rounding.c kernel/mma.c matrix/mat.c op/op.c)
list(TRANSFORM house PREPEND ${CMAKE_SOURCE_DIR}/src/)
add_library(px_plugin_house OBJECT build.c ${house})
add_dependencies(px_plugin_house px_version)
target_include_directories(px_plugin_house PRIVATE ${CMAKE_BINARY_DIR}/generated)
target_link_libraries(px_plugin_house PUBLIC px_fp_strict m)
set_target_properties(px_plugin_house PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)

function(px_plugin_properties name)
  set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}
    CXX_VISIBILITY_PRESET hidden CUDA_VISIBILITY_PRESET hidden)
  target_link_options(${name} PRIVATE -Wl,-z,defs)
  add_dependencies(precx ${name})
  install(TARGETS ${name} LIBRARY DESTINATION lib/precx) # precx looks for it at ../lib/precx
endfunction()

if(PX_NVCC)
  add_library(precx_cuda MODULE ${kernels} $<TARGET_OBJECTS:px_plugin_house>)
  target_link_libraries(precx_cuda PRIVATE px_cuda_strict CUDA::cublas m) # cudart is static, by CMake's default
  px_plugin_properties(precx_cuda)
endif()

# A file has one language in a folder's CMakeLists.txt; emu/ is where these are C++.
add_subdirectory(emu)
