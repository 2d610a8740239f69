/// Dropout (Srivastava et al. 2014), inverted: a value survives with probability 1 − p and is then
/// divided by it, so that nothing is to do when predicting.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "unroll/core/tensor.h"

namespace unroll {

/// Which random numbers a training step draws: a function of the seed and the step's number alone.
struct DropoutSource {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  /// A part of what a step drops out says here which row of the whole each of its rows is, and
  /// draws what these would. Empty: it is the whole.
  std::span<const std::int32_t> rows = {};
};

template <typename Real>
class Dropout {
 public:
  /// 0 ≤ p < 1. `name` is the random stream's name.
  Dropout(std::string_view name, double p) : stream_(std::string(name) + "/"), p_(p) {}

  bool active() const { return p_ > 0; }
  /// x ← x ⊙ mask, the mask drawn anew; saved in `mask` for the backward pass. Throws ShapeError if
  /// the source's rows are neither none nor as many as x has.
  void forward(const DropoutSource& source, Tensor<Real>& mask, MatrixView<Real> x) const;
  /// dx ← dx ⊙ mask.
  void backward(const Tensor<Real>& mask, MatrixView<Real> dx) const;

 private:
  std::string stream_;
  double p_;
};

}  // namespace unroll
