/// How exact a contender is.
#pragma once

#include <vector>

#include "unroll/core/tensor.h"
#include "unroll/tools/lab/race/activation_race.h"

namespace unroll {

/// The largest error over every 1009th float there is, of both signs (positive ones where the
/// function is for these), denormals and infinities included. 1009 is a prime: all patterns of low
/// bits occur.
class FloatSweep {
 public:
  explicit FloatSweep(const ActivationFunction& function);

  /// In units in the last place; an infinity out of place counts as 2¹²⁸, a NaN as infinitely far.
  double max_ulp(const ArrayFunction& f) const;

 private:
  Tensor<float> x_;
  std::vector<double> exact_;
};

/// The largest |f(x) − exact| / max(|exact|, 0.1) of these values, as many as a multiple of 16;
/// infinite where one is NaN. Near its zero a function that is meant to be exact to so many
/// decimals has no relative error to speak of (of oneDNN's log: 24 at 0.999), and is not wrong.
double relative_error(const ActivationFunction& function, const ArrayFunction& f,
                      const Tensor<float>& x);

}  // namespace unroll
