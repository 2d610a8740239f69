/// The multiply-add units at work on registers alone, one loop for each file of this folder, which
/// is compiled for one instruction set (flags: cmake/UnrollIsa.cmake).
#pragma once

#include <cstddef>

namespace unroll {

struct MultiplyAddLoop {
  /// x ← factor·x + term on every chain, so many times. The numbers are arguments, and something
  /// that depends on all of them is returned, so that no compiler can know it beforehand.
  float (*run)(std::size_t rounds, float factor, float term) noexcept;
  std::size_t flop_per_round;
};

extern const MultiplyAddLoop kMultiplyAddScalar;  ///< a product and a sum, as on SSE2
extern const MultiplyAddLoop kMultiplyAddSse2;
extern const MultiplyAddLoop kMultiplyAddAvx2;
extern const MultiplyAddLoop kMultiplyAddAvx512;

}  // namespace unroll
