#include "unroll/optim/optimizer.h"

#include <cmath>
#include <span>

#include "unroll/core/row_set.h"
#include "unroll/core/saved_state.h"
#include "unroll/kernels/ops.h"
#include "unroll/optim/average.h"

namespace unroll {

namespace {

const RowSet kAllRows;

/// What a row here and there takes, in rows of a pass over all (measured: 8 on Zen 4): memory comes
/// ahead of who reads it in order.
constexpr std::size_t kScatteredCost = 8;

/// In the memory that was planned, if it was.
template <typename Real>
void set_zero(const Shape& shape, Tensor<Real>& tensor) {
  tensor.resize(shape);
  tensor.fill(0);
}

/// Calls update_values(values) for these rows, and has the average follow while they are in the
/// cache.
template <typename Real>
void update_rows(Parameter<Real>& parameter, const RowSet& rows, ParameterAverage<Real>* average,
                 FunctionRef<Range> update_values) {
  const Shape matrix = parameter.value.matrix().shape();
  for_each_run(rows, matrix, [&](Range run) {
    if (average != nullptr) average->before_change(parameter, run);
    update_values({run.begin * matrix[1], run.end * matrix[1]});
    if (average != nullptr) average->after_change(parameter, run);
  });
}

/// Some of a tensor's values, or nothing of an empty one.
template <typename Values>
Values slice(Values values, Range range) {
  return values.empty() ? values : values.subspan(range.begin, range.size());
}

}  // namespace

template <typename Real>
void Optimizer<Real>::step(const ParameterList<Real>& parameters, double learning_rate,
                           ParameterAverage<Real>* average) {
  ++steps_;
  if (average != nullptr) average->begin_update();
  for (Parameter<Real>* parameter : parameters) {
    if (parameter->frozen) continue;
    parameter->make_grad();  // zeros, where no backward pass has added to it
    update(*parameter, learning_rate, average);
  }
}

template <typename Real>
void Optimizer<Real>::plan(const ParameterList<Real>& parameters, MemoryPlan& plan) {
  for (const Parameter<Real>* parameter : parameters) {
    if (!parameter->frozen) plan_state(*parameter, plan);
  }
}

template <typename Real>
void Optimizer<Real>::list(const ParameterList<Real>& parameters, SavedState& state) {
  state.add("optimizer.steps", steps_);
  for (const Parameter<Real>* parameter : parameters) {
    if (!parameter->frozen) list_state(*parameter, state);
  }
}

template <typename Real>
void Sgd<Real>::plan_state(const Parameter<Real>& parameter, MemoryPlan& plan) {
  if (config_.momentum != 0) plan.add(velocity_[parameter.name], parameter.value.shape());
}

template <typename Real>
void Sgd<Real>::list_state(const Parameter<Real>& parameter, SavedState& state) {
  if (config_.momentum != 0) state.add("velocity." + parameter.name, velocity_of(parameter));
}

template <typename Real>
Tensor<Real>& Sgd<Real>::velocity_of(const Parameter<Real>& parameter) {
  Tensor<Real>& velocity = velocity_[parameter.name];
  if (config_.momentum != 0 && velocity.empty()) set_zero(parameter.value.shape(), velocity);
  return velocity;
}

template <typename Real>
void Sgd<Real>::update(Parameter<Real>& parameter, double learning_rate,
                       ParameterAverage<Real>* average) {
  Tensor<Real>& velocity = velocity_of(parameter);
  const SgdStep<Real> step{.learning_rate = static_cast<Real>(learning_rate),
                           .momentum = static_cast<Real>(config_.momentum),
                           .weight_decay = static_cast<Real>(config_.weight_decay),
                           .nesterov = config_.nesterov};
  update_rows(parameter, kAllRows, average, [&](Range range) {
    sgd_update<Real>(step, slice(std::span<const Real>(parameter.grad.values()), range),
                     slice(velocity.values(), range), slice(parameter.value.values(), range));
  });
}

template <typename Real>
void Adam<Real>::plan_state(const Parameter<Real>& parameter, MemoryPlan& plan) {
  Moments& moments = moments_[parameter.name];
  plan.add(moments.m, parameter.value.shape());
  plan.add(moments.v, parameter.value.shape());
  moments.seen.plan(parameter.value.matrix().rows(), plan);
}

/// Which rows were seen is not written. From then on a step visits all of them; those that never
/// had a gradient stay where they are all the same.
template <typename Real>
void Adam<Real>::list_state(const Parameter<Real>& parameter, SavedState& state) {
  Moments& moments = moments_of(parameter);
  state.add("m." + parameter.name, moments.m);
  state.add("v." + parameter.name, moments.v);
  if (state.is_read()) moments.seen.add(kAllRows);
}

template <typename Real>
void Adam<Real>::update(Parameter<Real>& parameter, double learning_rate,
                        ParameterAverage<Real>* average) {
  Moments& moments = moments_of(parameter);
  const AdamStep<Real> step = this_step(learning_rate);
  update_rows(parameter, rows_to_move(parameter, moments.seen), average, [&](Range range) {
    adam_update<Real>(step, slice(std::span<const Real>(parameter.grad.values()), range),
                      slice(moments.m.values(), range), slice(moments.v.values(), range),
                      slice(parameter.value.values(), range));
  });
}

template <typename Real>
typename Adam<Real>::Moments& Adam<Real>::moments_of(const Parameter<Real>& parameter) {
  Moments& moments = moments_[parameter.name];
  if (moments.m.empty()) {
    set_zero(parameter.value.shape(), moments.m);
    set_zero(parameter.value.shape(), moments.v);
    moments.seen.restart();
  }
  return moments;
}

template <typename Real>
AdamStep<Real> Adam<Real>::this_step(double learning_rate) const {
  const auto n = static_cast<double>(this->steps());
  return {.learning_rate = static_cast<Real>(learning_rate),
          .beta1 = static_cast<Real>(config_.beta1),
          .beta2 = static_cast<Real>(config_.beta2),
          .epsilon = static_cast<Real>(config_.epsilon),
          .weight_decay = static_cast<Real>(config_.weight_decay),
          .decoupled = config_.decoupled,
          .correction1 = static_cast<Real>(1 / (1 - std::pow(config_.beta1, n))),
          .correction2 = static_cast<Real>(1 / (1 - std::pow(config_.beta2, n)))};
}

template <typename Real>
const RowSet& Adam<Real>::rows_to_move(const Parameter<Real>& parameter, RowSet& seen) const {
  if (config_.lazy) return parameter.touched;
  // With g = m = v = 0 a step leaves m = v = 0 and θ − η·0/(√0 + ε) = θ, −0 included. Not so if the
  // weights decay, or for 0/0.
  const bool unseen_stay = config_.weight_decay == 0 && static_cast<Real>(config_.epsilon) > 0;
  if (!unseen_stay) return kAllRows;
  seen.add(parameter.touched);
  if (seen.rows().size() * kScatteredCost > parameter.value.matrix().rows()) seen.add(kAllRows);
  return seen;
}

std::string_view to_string(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::kAdam:
      return "adam";
    case OptimizerKind::kAdamW:
      return "adamw";
    case OptimizerKind::kLazyAdam:
      return "lazy-adam";
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
  return std::make_unique<Adam<Real>>(AdamConfig{.weight_decay = config.weight_decay,
                                                 .decoupled = config.kind == OptimizerKind::kAdamW,
                                                 .lazy = config.kind == OptimizerKind::kLazyAdam});
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
