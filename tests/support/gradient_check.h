// Central differences, and the error by which gradients are compared.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "unroll/tools/mathematics/proof.h"

namespace unroll::test {

using unroll::relative_error;

/// ∂loss/∂values by central differences. The step balances truncation (h²) and rounding (1e-16 /
/// h).
inline std::vector<double> numeric_gradient(std::span<double> values,
                                            const std::function<double()>& loss) {
  constexpr double kStep = 1e-5;
  std::vector<double> gradient;
  for (double& value : values) {
    const double before = value;
    value = before + kStep;
    const double above = loss();
    value = before - kStep;
    const double below = loss();
    value = before;
    gradient.push_back((above - below) / (2 * kStep));
  }
  return gradient;
}

/// What every gradient in double must reach (DESIGN.md, section 3).
inline constexpr double kGradientTolerance = 1e-7;

}  // namespace unroll::test
