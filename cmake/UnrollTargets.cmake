# Everything our own targets share: the C++ standard, the warnings, and the tree of include paths.

add_library(unroll_options INTERFACE)
target_compile_features(unroll_options INTERFACE cxx_std_20)
target_compile_options(unroll_options INTERFACE
  -Wall -Wextra -Werror=switch-enum -Wconversion -Wno-sign-conversion -Wshadow  # clang counts signs under -Wconversion, GCC does not
  $<$<BOOL:${UNROLL_WERROR}>:-Werror>
  # The same arithmetic whatever the optimizer inlines: there is an FMA where the source says so.
  -ffp-contract=off
  -fno-math-errno)

# The preset release compiles eight files of a target as one, for most of the time is spent on headers and on
# templates that the files share. The other presets compile each file by itself, and find an include that it lacks.
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(unroll_options INTERFACE -Wno-subobject-linkage)  # GCC takes files that are included for headers
endif()

# Headers are written `#include "unroll/layers/recurrent.h"`, in the tree as when installed: the build folder
# holds include/unroll/<floor>, a link to each floor's folder.
set(UNROLL_INCLUDE_DIR ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${UNROLL_INCLUDE_DIR}/unroll)
# The front door has no floor in its name.
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/tools/classifier/unroll.h ${UNROLL_INCLUDE_DIR}/unroll/unroll.h SYMBOLIC)

# unroll_add_floor(NAME SOURCES... [LINK targets...]): the target unroll_NAME of the top-level folder NAME.
# An object library: all floors together are the one library that is installed (UnrollInstall.cmake).
set(UNROLL_FLOORS "")
function(unroll_add_floor NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(unroll_${NAME} OBJECT ${ARG_SOURCES})
  set_target_properties(unroll_${NAME} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF)
  target_include_directories(unroll_${NAME} PUBLIC $<BUILD_INTERFACE:${UNROLL_INCLUDE_DIR}>)
  target_link_libraries(unroll_${NAME} PRIVATE $<BUILD_INTERFACE:unroll_options> ${ARG_LINK})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${NAME} ${UNROLL_INCLUDE_DIR}/unroll/${NAME} SYMBOLIC)
  list(APPEND UNROLL_FLOORS ${NAME})
  set(UNROLL_FLOORS "${UNROLL_FLOORS}" PARENT_SCOPE)
endfunction()
