// The functions of kernels/vecmath-inl.h: their exact values, kernels and promised errors. The one
// place of the promises.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/kernels/exact.h"
#include "unroll/kernels/dispatch.h"

namespace unroll::test {

template <typename Real>
using Kernel = Unary<Real>*;

struct VectorFunction {
  std::string_view name;
  double (*library)(double);  ///< the standard library's, for ExactFloatFunction
  MpfrFunction exact;
  Kernel<float> KernelTable<float>::*float_kernel;
  Kernel<double> KernelTable<double>::*double_kernel;
  double lowest, highest;  ///< no result is outside
  double promised;         ///< largest error in units in the last place, on every instruction set
  double promised_avx512;  ///< of floats on AVX-512
};

/// exp, expm1, log, tanh, sigmoid.
std::span<const VectorFunction> vector_functions();

/// The kernels of one instruction set; AVX-512 has two sigmoids (divides_slowly).
struct Variant {
  std::string name;
  Isa isa;
  const KernelTable<float>* floats;
  const KernelTable<double>* doubles;

  template <typename Real>
  Kernel<Real> kernel_of(const VectorFunction& function) const {
    if constexpr (sizeof(Real) == sizeof(float)) return floats->*function.float_kernel;
    if constexpr (sizeof(Real) == sizeof(double)) return doubles->*function.double_kernel;
  }
  template <typename Real>
  double promised_of(const VectorFunction& function) const {
    const bool is_avx512_float = sizeof(Real) == sizeof(float) && isa == Isa::kAvx512;
    return is_avx512_float ? function.promised_avx512 : function.promised;
  }
};

/// All available ones that differ in this function.
std::vector<Variant> variants_of(const VectorFunction& function);

}  // namespace unroll::test
