// What accuracy.cpp sees of a function's kernels at very many numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tests/kernels/vector_functions.h"

namespace unroll::test {

/// What was seen of one kernel.
template <typename Real>
struct Seen {
  double worst = 0;  ///< largest error in units in the last place, by MPFR; 0 if never above ½
  Real at = 0;       ///< the lowest such number
  std::uint64_t numbers = 0;
  std::uint64_t not_nearest = 0;  ///< another Real is nearer to the exact value
  std::uint64_t falls = 0;        ///< less than at the number before, though the function rises
  std::uint64_t outside = 0;      ///< outside the function's range
  std::uint64_t unsteady = 0;     ///< other bits at another position of another array

  void merge(const Seen& other);
};

/// One function on all its variants. Not for two threads at once.
template <typename Real>
class Sweep {
 public:
  explicit Sweep(const VectorFunction& function);
  /// The same with variants_of(function), which not two threads may call at once.
  Sweep(const VectorFunction& function, std::vector<Variant> variants);

  /// Looks at these numbers, ascending ones; `before` is the one before them, or the first again.
  void look_at(std::span<const Real> x, Real before);
  void merge(const Sweep& other);
  /// In the order of variants_of(function).
  const std::vector<Seen<Real>>& seen() const { return seen_; }

 private:
  void look_at_kernel(Kernel<Real> kernel, std::span<const Real> x, Real before, Seen<Real>& seen);
  void measure(std::size_t i, Real x, Seen<Real>& seen);
  ExactValue<Real> exact(Real x);

  const VectorFunction* function_;
  std::vector<Variant> variants_;
  std::vector<Seen<Real>> seen_;
  ExactFunction exact_;
  ExactFloatFunction exact_float_;
  std::vector<ExactValue<Real>> exact_values_;
  std::vector<Real> y_, again_;
};

/// Every stride-th float, from −∞ over −0 and 0 to ∞; all of them with stride 1.
std::vector<Seen<float>> sweep_floats(const VectorFunction& function, std::uint64_t stride);
/// How many floats that are.
std::uint64_t swept_floats(std::uint64_t stride);

/// Doubles, ascending: `density` in each binade of both signs, 1000·density evenly over each of the
/// ranges where a function is neither trivial nor constant, those around each threshold, 0, ∞.
std::vector<double> doubles_to_sweep(std::size_t density);
std::vector<Seen<double>> sweep_doubles(const VectorFunction& function,
                                        std::span<const double> ascending);

/// Whether NaN stays NaN, for every stride-th pattern of a NaN's bits.
bool keeps_nan(const VectorFunction& function, const Variant& variant, std::uint64_t stride);

/// Whether ReLU of every stride-th float is 0 below 0 and x itself otherwise, bit for bit: −0 and
/// NaN with its payload among them.
bool relu_is_exact(Isa isa, std::uint64_t stride);

}  // namespace unroll::test
