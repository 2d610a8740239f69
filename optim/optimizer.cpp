#include "unroll/optim/optimizer.h"

#include <cmath>

#include "unroll/core/parallel.h"
#include "unroll/kernels/ops.h"

namespace unroll {

namespace {

/// Values per thread from which a second one pays: some microseconds of work.
constexpr std::size_t kGrain = 1 << 14;

}  // namespace

template <typename Real>
void Optimizer<Real>::step(const ParameterList<Real>& parameters, double learning_rate) {
  ++steps_;
  for (Parameter<Real>* parameter : parameters) {
    if (!parameter->frozen) update(*parameter, learning_rate);
  }
}

template <typename Real>
void Sgd<Real>::update(Parameter<Real>& parameter, double learning_rate) {
  Tensor<Real>& velocity = velocity_[parameter.name];
  if (config_.momentum != 0 && velocity.empty()) velocity = Tensor<Real>(parameter.value.shape());
  const SgdStep<Real> step{.learning_rate = static_cast<Real>(learning_rate),
                           .momentum = static_cast<Real>(config_.momentum),
                           .weight_decay = static_cast<Real>(config_.weight_decay),
                           .nesterov = config_.nesterov};
  parallel_for(parameter.value.size(), kGrain, [&](Range range) {
    const auto part = [&](auto values) {
      return values.empty() ? values : values.subspan(range.begin, range.size());
    };
    sgd_update<Real>(step, part(std::span<const Real>(parameter.grad.values())),
                     part(velocity.values()), part(parameter.value.values()));
  });
}

template <typename Real>
void Adam<Real>::update(Parameter<Real>& parameter, double learning_rate) {
  Moments& moments = moments_[parameter.name];
  if (moments.m.empty())
    moments = {Tensor<Real>(parameter.value.shape()), Tensor<Real>(parameter.value.shape())};
  const auto n = static_cast<double>(this->steps());
  const AdamStep<Real> step{.learning_rate = static_cast<Real>(learning_rate),
                            .beta1 = static_cast<Real>(config_.beta1),
                            .beta2 = static_cast<Real>(config_.beta2),
                            .epsilon = static_cast<Real>(config_.epsilon),
                            .weight_decay = static_cast<Real>(config_.weight_decay),
                            .decoupled = config_.decoupled,
                            .correction1 = static_cast<Real>(1 / (1 - std::pow(config_.beta1, n))),
                            .correction2 = static_cast<Real>(1 / (1 - std::pow(config_.beta2, n)))};
  parallel_for(parameter.value.size(), kGrain, [&](Range range) {
    const auto part = [&](auto values) { return values.subspan(range.begin, range.size()); };
    adam_update<Real>(step, part(std::span<const Real>(parameter.grad.values())),
                      part(moments.m.values()), part(moments.v.values()),
                      part(parameter.value.values()));
  });
}

std::string_view to_string(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::kAdam:
      return "adam";
    case OptimizerKind::kAdamW:
      return "adamw";
    case OptimizerKind::kSgd:
      return "sgd";
  }
  return "?";
}

template <typename Real>
std::unique_ptr<Optimizer<Real>> make_optimizer(const OptimizerConfig& config) {
  if (config.kind == OptimizerKind::kSgd) {
    return std::make_unique<Sgd<Real>>(SgdConfig{.momentum = config.momentum,
                                                 .weight_decay = config.weight_decay,
                                                 .nesterov = config.nesterov});
  }
  return std::make_unique<Adam<Real>>(AdamConfig{
      .weight_decay = config.weight_decay, .decoupled = config.kind == OptimizerKind::kAdamW});
}

template class Optimizer<float>;
template class Optimizer<double>;
template class Sgd<float>;
template class Sgd<double>;
template class Adam<float>;
template class Adam<double>;
template std::unique_ptr<Optimizer<float>> make_optimizer(const OptimizerConfig&);
template std::unique_ptr<Optimizer<double>> make_optimizer(const OptimizerConfig&);

}  // namespace unroll
