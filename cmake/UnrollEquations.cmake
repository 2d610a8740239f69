# unroll_add_equation_places(TARGET): makes equation_places.cpp from the IDs in the sources and in the
# derivations, anew whenever one of them changes, and adds it to TARGET.
function(unroll_add_equation_places TARGET)
  find_program(UNROLL_AWK awk REQUIRED)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
    ${PROJECT_SOURCE_DIR}/core/*.h ${PROJECT_SOURCE_DIR}/core/*.cpp
    ${PROJECT_SOURCE_DIR}/kernels/*.h ${PROJECT_SOURCE_DIR}/kernels/*.cpp
    ${PROJECT_SOURCE_DIR}/layers/*.h ${PROJECT_SOURCE_DIR}/layers/*.cpp
    ${PROJECT_SOURCE_DIR}/optim/*.h ${PROJECT_SOURCE_DIR}/optim/*.cpp
    ${PROJECT_SOURCE_DIR}/tools/*.h ${PROJECT_SOURCE_DIR}/tools/*.cpp
    ${PROJECT_SOURCE_DIR}/docs/mathematics/*.md)
  set(script ${PROJECT_SOURCE_DIR}/cmake/equation_places.awk)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/equation_places.cpp)
  list(TRANSFORM files PREPEND ${PROJECT_SOURCE_DIR}/ OUTPUT_VARIABLE depends)
  add_custom_command(OUTPUT ${output}
    COMMAND ${UNROLL_AWK} -f ${script} ${files} > ${output}
    DEPENDS ${depends} ${script} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    COMMENT "Finding the equations" VERBATIM)
  target_sources(${TARGET} PRIVATE ${output})
endfunction()
