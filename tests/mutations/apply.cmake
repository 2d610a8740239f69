cmake_minimum_required(VERSION 3.25)

# cmake -D MUTATION=<file> -D ROOT=<source tree> -D OUTPUT=<copy to write> -P apply.cmake
#
# Writes a copy of the source that a mutation names, with its one line replaced. A line that is not there, or there
# more than once, is an error: the source has changed, and the mistake must be seeded anew.

file(READ "${MUTATION}" mutation)
foreach(field IN ITEMS file original mutated)
  if(NOT "\n${mutation}" MATCHES "\n${field}: ([^\n]+)\n")
    message(FATAL_ERROR "${MUTATION}: there is no line `${field}: …`")
  endif()
  set(${field} "${CMAKE_MATCH_1}")
endforeach()

file(READ "${ROOT}/${file}" source)
string(FIND "${source}" "${original}" first)
string(FIND "${source}" "${original}" last REVERSE)
if(first EQUAL -1 OR NOT first EQUAL last)
  message(FATAL_ERROR "${MUTATION}: expected exactly one place in ${file} that reads\n  ${original}\n"
    "Seed the mistake anew in the line that has taken its place.")
endif()
string(REPLACE "${original}" "${mutated}" source "${source}")
file(WRITE "${OUTPUT}" "${source}")
