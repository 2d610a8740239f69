/// The rivals' functions on arrays, one table for each file of this folder, which is compiled for
/// one instruction set (flags: cmake/UnrollIsa.cmake).
#pragma once

#include <cstddef>

namespace unroll {

struct FunctionTable {
  /// y (n) = f(x (n)); n a multiple of 16.
  using Unary = void(std::size_t n, const float* x, float* y) noexcept;

  Unary* exp;
  Unary* expm1;
  Unary* log;
  Unary* tanh;
  Unary* sigmoid;
  Unary* relu;
};

extern const FunctionTable kStandardLibrary;  ///< one value at a time
extern const FunctionTable kXsimdSse2;
extern const FunctionTable kXsimdAvx2;
extern const FunctionTable kXsimdAvx512;

}  // namespace unroll
