# The version and the build's own description, for `precx --version`, `precx env` and the provenance of results. The commit is
# looked up at run time of the build (cmake/git.cmake), so that it never goes stale.
set(PX_VERSION_HEADER ${CMAKE_BINARY_DIR}/generated/px_version.h)
add_custom_target(px_version
  COMMAND ${CMAKE_COMMAND} -D OUT=${PX_VERSION_HEADER} -D SOURCE=${CMAKE_SOURCE_DIR} -D VERSION=${PROJECT_VERSION}
          -D COMPILER=${CMAKE_C_COMPILER_ID}\ ${CMAKE_C_COMPILER_VERSION} -D BUILD_TYPE=${CMAKE_BUILD_TYPE}
          -P ${CMAKE_SOURCE_DIR}/cmake/git.cmake
  BYPRODUCTS ${PX_VERSION_HEADER} VERBATIM)
