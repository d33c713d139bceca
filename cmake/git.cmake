# Writes px_version.h, and touches it only when something changed.
cmake_policy(VERSION 3.25)
set(commit "unknown")
set(dirty 0)
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${SOURCE}/.git)
  execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE} rev-parse --short=12 HEAD OUTPUT_VARIABLE head
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(commit ${head})
    execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE} status --porcelain --untracked-files=no -- src cmake CMakeLists.txt
                    OUTPUT_VARIABLE changes ERROR_QUIET)
    if(NOT changes STREQUAL "")
      set(dirty 1)
    endif()
  endif()
endif()
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT "/* Written by the build. */
#define PX_VERSION \"@VERSION@\"
#define PX_GIT_COMMIT \"@commit@\"
#define PX_GIT_DIRTY @dirty@
#define PX_COMPILER \"@COMPILER@\"
#define PX_BUILD_TYPE \"@BUILD_TYPE@\"
#define PX_BUILD_ID \"@VERSION@ @commit@ @dirty@\"
")
