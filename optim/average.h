/// Averaging of parameters over steps (Polyak & Juditsky 1992): the average of the last steps lies
/// nearer to the minimum than any of them.
#pragma once

#include <vector>

#include "unroll/core/parameter.h"

namespace unroll {

/// The exponential moving average of the parameters' values.
template <typename Real>
class ParameterAverage {
 public:
  /// 0 ≤ decay < 1. Borrows the parameters.
  ParameterAverage(const ParameterList<Real>& parameters, double decay);

  /// Takes in the parameters' values: average ← d·average + (1 − d)·value. The first steps use a
  /// smaller d = n/(n + 9) at the n-th, so that the start is soon forgotten.
  void update();
  /// Exchanges the average and the parameters' values; a second call undoes it.
  void swap();

 private:
  const ParameterList<Real>& parameters_;
  double decay_;
  double updates_ = 0;
  std::vector<Tensor<Real>> averages_;
};

}  // namespace unroll
