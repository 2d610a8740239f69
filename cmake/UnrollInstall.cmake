# The library unroll::unroll, made of all floors, and what `cmake --install` puts where.

set(floor_objects "")
foreach(floor IN LISTS UNROLL_FLOORS)
  list(APPEND floor_objects $<TARGET_OBJECTS:unroll_${floor}>)
endforeach()

add_library(unroll_library ${floor_objects})
add_library(unroll::unroll ALIAS unroll_library)
set_target_properties(unroll_library PROPERTIES
  OUTPUT_NAME unroll EXPORT_NAME unroll LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_compile_features(unroll_library PUBLIC cxx_std_20)
target_include_directories(unroll_library PUBLIC
  $<BUILD_INTERFACE:${UNROLL_INCLUDE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(unroll_library PRIVATE
  OpenMP::OpenMP_CXX fmt::fmt ICU::uc ICU::i18n ZLIB::ZLIB ${UNROLL_SENTENCEPIECE_LIBRARIES})

if(BUILD_SHARED_LIBS)  # helper threads run its code until the process ends: dlclose must leave it there
  target_link_options(unroll_library PRIVATE -Wl,-z,nodelete)
endif()

install(TARGETS unroll_library EXPORT unroll-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET unroll)
  install(TARGETS unroll RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
foreach(floor IN LISTS UNROLL_FLOORS)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${floor}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/unroll/${floor}
    FILES_MATCHING PATTERN "*.h" PATTERN "*-inl.h" EXCLUDE PATTERN "isa" EXCLUDE PATTERN "program" EXCLUDE)
endforeach()

install(FILES ${PROJECT_SOURCE_DIR}/tools/classifier/unroll.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/unroll)

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/unroll)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/unroll-config.cmake.in
  ${PROJECT_BINARY_DIR}/unroll-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/unroll-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(EXPORT unroll-targets NAMESPACE unroll:: DESTINATION ${package_dir})
install(FILES ${PROJECT_BINARY_DIR}/unroll-config.cmake ${PROJECT_BINARY_DIR}/unroll-config-version.cmake
  DESTINATION ${package_dir})
