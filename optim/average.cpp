#include "unroll/optim/average.h"

#include <algorithm>
#include <span>
#include <utility>

#include "unroll/core/parallel.h"
#include "unroll/kernels/ops.h"

namespace unroll {

namespace {

/// Values per thread from which a second one pays.
constexpr std::size_t kGrain = 1 << 14;

}  // namespace

template <typename Real>
ParameterAverage<Real>::ParameterAverage(const ParameterList<Real>& parameters, double decay)
    : parameters_(parameters), decay_(decay) {
  for (const Parameter<Real>* parameter : parameters) averages_.push_back(parameter->value);
}

template <typename Real>
void ParameterAverage<Real>::update() {
  const double decay = std::min(decay_, updates_ / (updates_ + 9));
  ++updates_;
  for (std::size_t k = 0; k < averages_.size(); ++k) {
    parallel_for(averages_[k].size(), kGrain, [&](Range range) {
      const auto average = averages_[k].values().subspan(range.begin, range.size());
      const std::span<const Real> value = parameters_[k]->value.values();
      scale<Real>(static_cast<Real>(decay), average);
      add_scaled<Real>(static_cast<Real>(1 - decay), value.subspan(range.begin, range.size()),
                       average);
    });
  }
}

template <typename Real>
void ParameterAverage<Real>::swap() {
  for (std::size_t k = 0; k < averages_.size(); ++k) std::swap(averages_[k], parameters_[k]->value);
}

template class ParameterAverage<float>;
template class ParameterAverage<double>;

}  // namespace unroll
