/// OpenBLAS, loaded when it is first called, not by the linker.
///
/// OpenBLAS reads its environment when it is loaded, and never again: it makes its threads then,
/// one for each processor, and chooses its kernels then, of which older versions know none for
/// newer CPUs (0.3.21 runs a Pentium 4's on an Emerald Rapids). Loaded by us, it is told first to
/// make no threads, and which kernels fit if it has chosen lesser ones itself. The environment is
/// as before afterwards; a program whose other threads read it should call openblas() before it
/// makes them.
///
/// Debian's flavour libopenblas0-openmp makes threads all the same; `unroll doctor` says so. Where
/// the program has loaded the same OpenBLAS before, that one is used, and held to one thread.
///
/// This header is the one place that sees cblas.h.
#pragma once

#include <cblas.h>

#include <cstddef>

namespace unroll {

/// The functions of OpenBLAS that are used here.
struct OpenBlas {
  decltype(&cblas_sgemm) sgemm;
  decltype(&cblas_dgemm) dgemm;
  decltype(&cblas_sgemv) sgemv;
  decltype(&cblas_dgemv) dgemv;
  decltype(&openblas_get_config) config;
  decltype(&openblas_get_corename) core_name;
  decltype(&openblas_set_num_threads) set_num_threads;

  // LAPACK's, as Fortran names them: Debian's package has no header for these. The lengths of the
  // letters follow the arguments, as gfortran passes them.
  void (*dgesvd)(const char* jobu, const char* jobvt, const int* m, const int* n, double* a,
                 const int* lda, double* s, double* u, const int* ldu, double* vt, const int* ldvt,
                 double* work, const int* lwork, int* info, std::size_t, std::size_t);
  void (*dgeev)(const char* jobvl, const char* jobvr, const int* n, double* a, const int* lda,
                double* wr, double* wi, double* vl, const int* ldvl, double* vr, const int* ldvr,
                double* work, const int* lwork, int* info, std::size_t, std::size_t);
};

/// Loads it at the first call. Throws Error, with what to install, where it can't be loaded.
const OpenBlas& openblas();

}  // namespace unroll
