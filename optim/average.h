/// Averaging of parameters over steps (Polyak & Juditsky 1992): the average of the last steps lies
/// nearer to the minimum than any of them.
#pragma once

#include <cstdint>
#include <vector>

#include "unroll/core/memory_plan.h"
#include "unroll/core/parameter.h"
#include "unroll/kernels/ops.h"

namespace unroll {

/// The exponential moving average of the parameters' values.
///
/// A row of a parameter that stays as it is costs nothing: its updates are only counted, and made
/// up for, one by one, before its value changes or the average is seen. So the bits are those of an
/// average that never waits.
template <typename Real>
class ParameterAverage {
 public:
  /// 0 ≤ decay < 1. Borrows the parameters.
  ParameterAverage(const ParameterList<Real>& parameters, double decay);

  /// Counts what an average of these parameters holds.
  static void count(const ParameterList<Real>& parameters, MemoryPlan& plan);

  /// An update of all averages: average ← d·average + (1 − d)·value. The first ones use a smaller
  /// d = n/(n + 9) at the n-th, so that the start is soon forgotten. The values are those at the
  /// end of the update; whoever changes some of them says so by the next two functions.
  void begin_update();
  /// These rows of a parameter are about to change, for the only time in this update …
  void before_change(const Parameter<Real>& parameter, Range rows);
  /// … and have changed. Different rows may be told of on different threads at once.
  void after_change(const Parameter<Real>& parameter, Range rows);
  /// Exchanges the average and the parameters' values; a second call undoes it.
  void swap();

 private:
  struct Average {
    Tensor<Real> values;
    std::vector<std::uint16_t> taken;  ///< how many of steps_, by each row
  };
  static void plan(const ParameterList<Real>& parameters, std::vector<Average>& averages,
                   std::vector<AverageStep<Real>>& steps, MemoryPlan& plan);
  void take_steps(const Parameter<Real>& parameter, Range rows, std::size_t count);
  void take_all_steps();

  const ParameterList<Real>& parameters_;
  double decay_;
  double updates_ = 0;
  std::vector<Average> averages_;         ///< of parameters_, in their order
  std::vector<AverageStep<Real>> steps_;  ///< since all rows were last brought up to date
};

}  // namespace unroll
