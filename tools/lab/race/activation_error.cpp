#include "unroll/tools/lab/race/activation_error.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "unroll/core/ulp.h"

namespace unroll {

namespace {

constexpr std::uint32_t kStride = 1009;
constexpr double kNearZero = 0.1;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> swept_floats(bool positive_only) {
  std::vector<float> x;
  const auto add = [&](float value) {
    x.push_back(value);
    if (!positive_only) x.push_back(-value);
  };
  for (std::uint32_t bits = 0; bits < std::bit_cast<std::uint32_t>(kInfinity); bits += kStride) {
    add(std::bit_cast<float>(bits));
  }
  add(kInfinity);
  while (x.size() % 16 != 0) x.push_back(1);
  return x;
}

Tensor<float> values_of(const ArrayFunction& f, const Tensor<float>& x) {
  Tensor<float> y(x.shape());
  f(x.size(), x.data(), y.data());
  return y;
}

/// ulp_error, except that an infinity out of place counts as 2¹²⁸, the first number too large, so
/// that the error of a function that overflows too early remains a number.
double finite_error(float y, double exact) {
  constexpr double kTooLarge = 0x1p128, kLargestUnit = 0x1p104;
  const double error = ulp_error(y, exact);
  if (std::isfinite(error) || std::isnan(y) || std::isnan(exact)) return error;
  return std::abs(std::clamp(static_cast<double>(y), -kTooLarge, kTooLarge) -
                  std::clamp(exact, -kTooLarge, kTooLarge)) /
         kLargestUnit;
}

}  // namespace

FloatSweep::FloatSweep(const ActivationFunction& function) {
  const std::vector<float> x = swept_floats(function.low > 0);
  x_ = Tensor<float>(Shape{x.size()});
  std::ranges::copy(x, x_.values().begin());
  exact_.resize(x.size());
  std::ranges::transform(x, exact_.begin(), function.exact);
}

double FloatSweep::max_ulp(const ArrayFunction& f) const {
  const Tensor<float> y = values_of(f, x_);
  double worst = 0;
  for (std::size_t i = 0; i < exact_.size(); ++i) {
    // The nearest float is half a unit off at most: not worth the time once that was exceeded.
    if (worst >= 0.5 && y[i] == static_cast<float>(exact_[i])) continue;
    worst = std::max(worst, finite_error(y[i], exact_[i]));
  }
  return worst;
}

double relative_error(const ActivationFunction& function, const ArrayFunction& f,
                      const Tensor<float>& x) {
  const Tensor<float> y = values_of(f, x);
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = function.exact(static_cast<double>(x[i]));
    const double error = std::abs(static_cast<double>(y[i]) - exact);
    if (std::isnan(error)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, error / std::max(std::abs(exact), kNearZero));
  }
  return worst;
}

}  // namespace unroll
