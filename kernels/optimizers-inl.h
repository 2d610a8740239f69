/// One step of SGD and of Adam, and the average of parameters (ops.h has the formulas). No fused
/// multiply-adds, as in elementwise-inl.h.
#pragma once

#include <cstddef>

#include "unroll/kernels/loops-inl.h"
#include "unroll/kernels/ops.h"

namespace unroll::simd {

template <typename V>
UNROLL_KERNEL void sgd_update(std::size_t n, const SgdStep<RealOf<V>>& step, const RealOf<V>* grad,
                              RealOf<V>* velocity, RealOf<V>* value) noexcept {
  const V eta(step.learning_rate), mu(step.momentum), lambda(step.weight_decay);
  const bool nesterov = step.nesterov;
  for_each_vector<V>(n, [=](std::size_t j, auto part) {
    const V value_j = part.load(value + j);
    const V g = part.load(grad + j) + lambda * value_j;
    V direction = g;
    if (velocity != nullptr) {
      // [SGD-momentum] v ← μ v + g
      const V v = mu * part.load(velocity + j) + g;
      part.store(velocity + j, v);
      direction = nesterov ? g + mu * v : v;
    }
    // [SGD-step] θ ← θ − η g
    part.store(value + j, value_j - eta * direction);
  });
}

template <typename V>
UNROLL_KERNEL void adam_update(std::size_t n, const AdamStep<RealOf<V>>& step,
                               const RealOf<V>* grad, RealOf<V>* m, RealOf<V>* v,
                               RealOf<V>* value) noexcept {
  using Real = RealOf<V>;
  const V eta(step.learning_rate), epsilon(step.epsilon);
  const V beta1(step.beta1), beta2(step.beta2);
  const V one_minus_beta1(1 - step.beta1), one_minus_beta2(1 - step.beta2);
  const V c1(step.correction1), c2(step.correction2);
  const V l2_decay(step.decoupled ? Real(0) : step.weight_decay);
  const V decoupled_decay(step.decoupled ? step.weight_decay : Real(0));
  for_each_vector<V>(n, [=](std::size_t j, auto part) {
    const V value_j = part.load(value + j);
    const V g = part.load(grad + j) + l2_decay * value_j;
    // [ADAM-m] m ← β₁ m + (1 − β₁) g
    const V m_j = beta1 * part.load(m + j) + one_minus_beta1 * g;
    // [ADAM-v] v ← β₂ v + (1 − β₂) g²
    const V v_j = beta2 * part.load(v + j) + one_minus_beta2 * g * g;
    part.store(m + j, m_j);
    part.store(v + j, v_j);
    // [ADAM-step] θ ← θ − η (m / (1 − β₁ⁿ)) / (√(v / (1 − β₂ⁿ)) + ε)
    const V direction = m_j * c1 / (sqrt(v_j * c2) + epsilon) + decoupled_decay * value_j;
    part.store(value + j, value_j - eta * direction);
  });
}

template <typename V>
UNROLL_KERNEL void update_average(std::size_t n, std::size_t count,
                                  const AverageStep<RealOf<V>>* steps, const RealOf<V>* value,
                                  RealOf<V>* average) noexcept {
  const auto take_steps = [=](auto value_j, auto average_j) {
    using Vector = decltype(average_j);
    for (std::size_t k = 0; k < count; ++k) {
      average_j = Vector(steps[k].keep) * average_j + Vector(steps[k].take) * value_j;
    }
    return average_j;
  };
  map<V>(take_steps, n, average, value, average);
}

}  // namespace unroll::simd
