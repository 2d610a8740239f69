/// Averaging of parameters over steps (Polyak & Juditsky 1992): the average of the last steps lies
/// nearer to the minimum than any of them.
#pragma once

#include <cstdint>
#include <vector>

#include "unroll/core/memory_plan.h"
#include "unroll/core/parameter.h"
#include "unroll/kernels/ops.h"

namespace unroll {

class SavedState;

/// The exponential moving average of the parameters' values.
///
/// A row of a parameter that does not change costs nothing: its updates are only counted. They are
/// made up for, one by one, before the row changes or the average is read. So the average has the
/// bits that it would have without this delay.
template <typename Real>
class ParameterAverage {
 public:
  /// 0 ≤ decay < 1. Borrows the parameters.
  ParameterAverage(const ParameterList<Real>& parameters, double decay);

  /// Counts what an average of these parameters holds.
  static void count(const ParameterList<Real>& parameters, MemoryPlan& plan);

  /// Updates all averages: average ← d·average + (1 − d)·value. The n-th of the first updates uses
  /// a smaller d = n/(n + 9), so that the start is soon forgotten. The update takes the values that
  /// the parameters have at its end; code that changes some of them calls the next two functions.
  void begin_update();
  /// These rows of a parameter are about to change, for the only time in this update …
  void before_change(const Parameter<Real>& parameter, Range rows);
  /// … and have changed. Different rows may be told of on different threads at once.
  void after_change(const Parameter<Real>& parameter, Range rows);
  /// Exchanges the average and the parameters' values; a second call undoes it.
  void swap();
  /// Lists the averages.
  void list(SavedState& state);

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
