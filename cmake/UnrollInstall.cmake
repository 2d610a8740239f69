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
  $<BUILD_INTERFACE:${UNROLL_INCLUDE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/unroll/detail>)
target_link_libraries(unroll_library PRIVATE
  OpenMP::OpenMP_CXX fmt::fmt ICU::uc ICU::i18n ZLIB::ZLIB ${UNROLL_UNPACKERS} ${UNROLL_SENTENCEPIECE_LIBRARIES})

if(BUILD_SHARED_LIBS)  # helper threads run its code until the process ends: dlclose must leave it there
  target_link_options(unroll_library PRIVATE -Wl,-z,nodelete)
endif()

install(TARGETS unroll_library EXPORT unroll-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET unroll)
  install(TARGETS unroll RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  # What shells and man(1) read; the program has written them when it was built.
  set(shells ${PROJECT_BINARY_DIR}/shells)
  install(FILES ${shells}/unroll.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME unroll)
  install(FILES ${shells}/unroll.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _unroll)
  install(FILES ${shells}/unroll.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  install(FILES ${shells}/unroll.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
# The headers. Those that are meant to be opened are include/unroll/<floor>/<file>; those that they include are under
# include/unroll/detail, where the same names find them: nobody needs to open them. tests/cli/installed_package_test.sh
# checks that both lists together include nothing else.
set(UNROLL_PUBLIC_HEADERS
  core/error.h
  core/parallel.h
  core/parameter.h
  core/ragged.h
  core/shape.h
  core/tensor.h
  kernels/gemm.h
  kernels/ops.h
  layers/cells/cell.h
  layers/dropout.h
  layers/embedding.h
  layers/init.h
  layers/linear.h
  layers/pooling.h
  layers/recurrent.h
  layers/recurrent_stack.h
  layers/sequence_classifier.h
  layers/sigmoid_cross_entropy.h
  layers/softmax_cross_entropy.h
  layers/squared_error.h
  optim/clip.h
  optim/optimizer.h
  optim/schedule.h
  optim/training_loop.h
  text/encoder.h
  text/records.h
  text/stop_words.h
  text/tokenizer.h
  text/vocabulary.h
  tools/classifier/attribution.h
  tools/classifier/evaluation.h
  tools/classifier/prediction_session.h
  tools/classifier/run_folder.h
  tools/classifier/text_classifier.h
  tools/classifier/text_predictor.h
  tools/classifier/train_classifier.h)
set(UNROLL_DETAIL_HEADERS
  core/bfloat16.h
  core/float16.h
  core/function_ref.h
  core/memory_plan.h
  core/precision.h
  core/range.h
  core/row_set.h
  kernels/half.h
  kernels/packed.h
  kernels/recurrent_step.h
  layers/distinct.h
  layers/row_part.h)

function(unroll_install_headers DESTINATION)
  foreach(header IN LISTS ARGN)
    get_filename_component(folder ${header} DIRECTORY)
    install(FILES ${PROJECT_SOURCE_DIR}/${header} DESTINATION ${DESTINATION}/${folder})
  endforeach()
endfunction()
set(include_dir ${CMAKE_INSTALL_INCLUDEDIR}/unroll)
install(FILES ${PROJECT_SOURCE_DIR}/tools/classifier/unroll.h DESTINATION ${include_dir})
unroll_install_headers(${include_dir} ${UNROLL_PUBLIC_HEADERS})
unroll_install_headers(${include_dir}/detail/unroll ${UNROLL_DETAIL_HEADERS})

# Headers of 0.1 that have moved; their old names go after the next release.
foreach(name IN ITEMS evaluation prediction_session text_classifier text_predictor train_classifier)
  set(forward ${PROJECT_BINARY_DIR}/forward/${name}.h)
  file(WRITE ${forward} "#pragma once\n#pragma message(\"unroll/tools/${name}.h is now unroll/tools/classifier/${name}.h\")\n"
    "#include \"unroll/tools/classifier/${name}.h\"\n")
  install(FILES ${forward} DESTINATION ${include_dir}/detail/unroll/tools)
endforeach()

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/unroll)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/unroll-config.cmake.in
  ${PROJECT_BINARY_DIR}/unroll-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/unroll-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(EXPORT unroll-targets NAMESPACE unroll:: DESTINATION ${package_dir})
install(FILES ${PROJECT_BINARY_DIR}/unroll-config.cmake ${PROJECT_BINARY_DIR}/unroll-config-version.cmake
  DESTINATION ${package_dir})
