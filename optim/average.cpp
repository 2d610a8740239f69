#include "unroll/optim/average.h"

#include <algorithm>
#include <span>
#include <utility>

#include "unroll/core/saved_state.h"

namespace unroll {

namespace {

/// Steps after which every row is brought up to date: so seldom that it costs nothing, so often
/// that the steps need no memory to speak of.
constexpr std::size_t kMostSteps = 1024;

}  // namespace

template <typename Real>
ParameterAverage<Real>::ParameterAverage(const ParameterList<Real>& parameters, double decay)
    : parameters_(parameters), decay_(decay) {
  MemoryPlan reserve(MemoryPlan::Mode::kReserve);
  plan(parameters, averages_, steps_, reserve);
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    averages_[k].values = parameters[k]->value;
    averages_[k].taken.resize(parameters[k]->value.matrix().rows());
  }
}

template <typename Real>
void ParameterAverage<Real>::count(const ParameterList<Real>& parameters, MemoryPlan& plan) {
  std::vector<Average> averages;
  std::vector<AverageStep<Real>> steps;
  ParameterAverage::plan(parameters, averages, steps, plan);
}

template <typename Real>
void ParameterAverage<Real>::plan(const ParameterList<Real>& parameters,
                                  std::vector<Average>& averages,
                                  std::vector<AverageStep<Real>>& steps, MemoryPlan& plan) {
  averages.resize(parameters.size());
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    plan.add(averages[k].values, parameters[k]->value.shape());
    plan.add(averages[k].taken, parameters[k]->value.matrix().rows());
  }
  plan.add(steps, kMostSteps);
}

template <typename Real>
void ParameterAverage<Real>::begin_update() {
  if (steps_.size() == kMostSteps) take_all_steps();
  const double decay = std::min(decay_, updates_ / (updates_ + 9));
  ++updates_;
  steps_.push_back({.keep = static_cast<Real>(decay), .take = static_cast<Real>(1 - decay)});
}

template <typename Real>
void ParameterAverage<Real>::before_change(const Parameter<Real>& parameter, Range rows) {
  take_steps(parameter, rows, steps_.size() - 1);
}

template <typename Real>
void ParameterAverage<Real>::after_change(const Parameter<Real>& parameter, Range rows) {
  take_steps(parameter, rows, steps_.size());
}

template <typename Real>
void ParameterAverage<Real>::take_steps(const Parameter<Real>& parameter, Range rows,
                                        std::size_t count) {
  const auto index = std::ranges::find(parameters_, &parameter) - parameters_.begin();
  Average& average = averages_[static_cast<std::size_t>(index)];
  const std::size_t columns = parameter.value.matrix().columns();
  for (std::size_t first = rows.begin; first < rows.end;) {
    // Neighbours mostly have the same steps before them.
    const std::size_t taken = average.taken[first];
    std::size_t end = first;
    for (; end < rows.end && average.taken[end] == taken; ++end) {
      average.taken[end] = static_cast<std::uint16_t>(count);
    }
    if (taken < count) {
      const std::size_t size = (end - first) * columns;
      update_average<Real>(std::span(steps_).subspan(taken, count - taken),
                           parameter.value.values().subspan(first * columns, size),
                           average.values.values().subspan(first * columns, size));
    }
    first = end;
  }
}

template <typename Real>
void ParameterAverage<Real>::take_all_steps() {
  for (std::size_t k = 0; k < averages_.size(); ++k) {
    const Parameter<Real>& parameter = *parameters_[k];
    for_each_run(RowSet(), parameter.value.matrix().shape(),
                 [&](Range rows) { take_steps(parameter, rows, steps_.size()); });
    std::ranges::fill(averages_[k].taken, std::uint16_t{0});
  }
  steps_.clear();
}

template <typename Real>
void ParameterAverage<Real>::swap() {
  take_all_steps();
  for (std::size_t k = 0; k < averages_.size(); ++k) {
    std::swap(averages_[k].values, parameters_[k]->value);
  }
}

template <typename Real>
void ParameterAverage<Real>::list(SavedState& state) {
  take_all_steps();
  state.add("average.updates", updates_);
  for (std::size_t k = 0; k < averages_.size(); ++k) {
    state.add("average." + parameters_[k]->name, averages_[k].values);
  }
}

template class ParameterAverage<float>;
template class ParameterAverage<double>;

}  // namespace unroll
