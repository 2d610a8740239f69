# cmake -DNM=nm "-DOBJECTS=a.o;b.o" -P isa_symbols_test.cmake
#
# Fails if two of the objects of a folder isa/ define a weak function of the same name. Each is compiled for another
# instruction set, the linker keeps any one of the two, and on an older CPU that may be one that it cannot run.
# (cmake/UnrollIsa.cmake says where such functions come from.)
cmake_minimum_required(VERSION 3.25)
if(NOT NM OR NOT OBJECTS)
  message(FATAL_ERROR "needs -DNM and -DOBJECTS")
endif()

# W: a weak function. (V and u are weak and unique data, the same whatever it was compiled for.)
function(weak_functions OBJECT RESULT)
  execute_process(COMMAND ${NM} --defined-only ${OBJECT} OUTPUT_VARIABLE listing COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL " W [^\n]+" symbols "${listing}")
  list(REMOVE_ITEM symbols " W __clang_call_terminate")  # clang's own end of a noexcept function: no arithmetic
  set(${RESULT} ${symbols} PARENT_SCOPE)
endfunction()

set(seen "")
set(shared "")
set(checked 0)
foreach(object IN LISTS OBJECTS)
  if(NOT object MATCHES "/isa/[^/]+$")
    continue()
  endif()
  math(EXPR checked "${checked} + 1")
  weak_functions(${object} symbols)
  foreach(symbol IN LISTS symbols)
    if(symbol IN_LIST seen)
      list(APPEND shared "${symbol}")
    endif()
  endforeach()
  list(APPEND seen ${symbols})
endforeach()

if(checked EQUAL 0)
  message(FATAL_ERROR "no object of a folder isa/ among: ${OBJECTS}")
endif()
if(shared)
  list(JOIN shared "\n" shared)
  message(FATAL_ERROR "weak functions in the objects of several instruction sets:\n${shared}")
endif()
message(STATUS "${checked} objects share no function")
