# unroll_add_isa_sources(TARGET FOLDER): adds FOLDER/<isa>.cpp for every instruction set of the target CPU,
# each with its own flags and no others: kernels/isa, and the rivals of tools/lab/race/isa. The file detects nothing: kernels/isa.cpp chooses at run time.
#
# These files are optimized in every build type: at -O0 the compiler emits weak copies of inline functions
# (std::exp, xsimd's helpers) in each of them, compiled for different instruction sets under one name, and
# the linker keeps any one (tests/isa_symbols_test.cmake). For the same reason no link-time optimization.
include(CheckCXXCompilerFlag)

function(unroll_add_isa_sources TARGET FOLDER)
  target_sources(${TARGET} PRIVATE ${FOLDER}/scalar.cpp)
  set(optimized -O3 -fno-lto)
  set_source_files_properties(${FOLDER}/scalar.cpp PROPERTIES COMPILE_OPTIONS "${optimized};-fno-tree-vectorize")
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    target_sources(${TARGET} PRIVATE ${FOLDER}/sse2.cpp ${FOLDER}/avx2.cpp ${FOLDER}/avx512.cpp)
    set(with_bf16 ${FOLDER}/avx512bf16.cpp)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${with_bf16})
      target_sources(${TARGET} PRIVATE ${with_bf16})
    endif()
    target_compile_definitions(${TARGET} PRIVATE UNROLL_ISA_X86)
    # Every such CPU has SSE2, and nearly every one AVX2: what they do not use need not compile for long.
    set_source_files_properties(${FOLDER}/scalar.cpp PROPERTIES COMPILE_OPTIONS "-O1;-fno-lto")
    set_source_files_properties(${FOLDER}/sse2.cpp PROPERTIES COMPILE_OPTIONS "-O2;-fno-lto;-msse2")
    set_source_files_properties(${FOLDER}/avx2.cpp PROPERTIES COMPILE_OPTIONS "${optimized};-mavx2;-mfma")
    # GCC up to 13 warns about the `undefined` operands inside its own avx512fintrin.h (its bug 105593).
    set(header_warnings $<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    set(avx512 "${optimized};-mavx2;-mfma;-mavx512f;-mavx512cd;-mavx512dq;-mavx512bw;-mavx512vl;-mprefer-vector-width=512;${header_warnings}")
    set_source_files_properties(${FOLDER}/avx512.cpp PROPERTIES COMPILE_OPTIONS "${avx512}")
    set_source_files_properties(${with_bf16} PROPERTIES COMPILE_OPTIONS "${avx512};-mavx512bf16")
    # GCC knows AVX512-FP16 from 12 on, clang from 14 on.
    check_cxx_compiler_flag(-mavx512fp16 UNROLL_KNOWS_AVX512FP16)
    set(with_fp16 ${FOLDER}/avx512fp16.cpp)
    if(UNROLL_KNOWS_AVX512FP16 AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${with_fp16})
      target_sources(${TARGET} PRIVATE ${with_fp16})
      target_compile_definitions(${TARGET} PRIVATE UNROLL_ISA_FLOAT16)
      set_source_files_properties(${with_fp16} PROPERTIES COMPILE_OPTIONS "${avx512};-mavx512fp16")
    endif()
  endif()
  # A precompiled header belongs to one set of flags.
  foreach(isa IN ITEMS scalar sse2 avx2 avx512 avx512bf16 avx512fp16)
    set_source_files_properties(${FOLDER}/${isa}.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  endforeach()
endfunction()
