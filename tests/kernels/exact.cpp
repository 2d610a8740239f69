#include "tests/kernels/exact.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace unroll::test {
namespace {

/// The exponent of the unit in the last place of this finite number: 2^… is the unit.
template <typename Real>
int unit_exponent(Real value) {
  using Limits = std::numeric_limits<Real>;
  using Bits = std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>;
  constexpr int kMantissa = Limits::digits - 1;
  const Bits magnitude = std::bit_cast<Bits>(std::abs(value));
  const int binade = static_cast<int>(magnitude >> kMantissa);  // 0 for denormals, as for 1
  return (binade > 0 ? binade - 1 : 0) + Limits::min_exponent - Limits::digits;
}

double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

/// difference / 2^unit, where neither the power nor its reciprocal need be a normal double.
double in_units(double difference, int unit) {
  return unit > -1000 ? difference * power_of_two(-unit) : std::ldexp(difference, -unit);
}

template <typename Real>
Real rounded(mpfr_srcptr value) {
  if constexpr (sizeof(Real) == sizeof(float)) return mpfr_get_flt(value, MPFR_RNDN);
  return static_cast<Real>(mpfr_get_d(value, MPFR_RNDN));
}

/// Whether all doubles within kUnits of this one round to one float. NaN is NaN, beyond doubt.
bool is_sure(double value) {
  constexpr double kNear = ExactFloatFunction::kUnits * std::numeric_limits<double>::epsilon();
  return std::isnan(value) ||
         static_cast<float>(value * (1 - kNear)) == static_cast<float>(value * (1 + kNear));
}

}  // namespace

template <typename Real>
double ulps_from(const ExactValue<Real>& exact, Real got) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Real nearest = exact.nearest;
  if (std::isnan(got) || std::isnan(nearest)) {
    return std::isnan(got) && std::isnan(nearest) ? 0 : kInfinity;
  }
  if (std::isinf(got) || std::isinf(nearest)) return got == nearest ? 0 : kInfinity;
  const double difference = static_cast<double>(got) - static_cast<double>(nearest);
  return std::abs(in_units(difference, unit_exponent(nearest)) - exact.rest);
}
template double ulps_from(const ExactValue<float>&, float);
template double ulps_from(const ExactValue<double>&, double);

void mpfr_exponential(mpfr_ptr y, mpfr_srcptr x) {
  mpfr_exp(y, x, MPFR_RNDN);
}

void mpfr_exponential_minus_1(mpfr_ptr y, mpfr_srcptr x) {
  mpfr_expm1(y, x, MPFR_RNDN);
}

void mpfr_logarithm(mpfr_ptr y, mpfr_srcptr x) {
  mpfr_log(y, x, MPFR_RNDN);
}

void mpfr_hyperbolic_tangent(mpfr_ptr y, mpfr_srcptr x) {
  mpfr_tanh(y, x, MPFR_RNDN);
}

void mpfr_sigmoid(mpfr_ptr y, mpfr_srcptr x) {
  mpfr_neg(y, x, MPFR_RNDN);
  mpfr_exp(y, y, MPFR_RNDN);
  mpfr_add_ui(y, y, 1, MPFR_RNDN);
  mpfr_ui_div(y, 1, y, MPFR_RNDN);
}

template <typename Real>
ExactValue<Real> ExactFunction::operator()(Real x) {
  mpfr_set_d(x_.get(), static_cast<double>(x), MPFR_RNDN);
  f_(y_.get(), x_.get());
  const Real nearest = rounded<Real>(y_.get());
  if (!std::isfinite(nearest)) return {nearest, 0};
  mpfr_sub_d(y_.get(), y_.get(), static_cast<double>(nearest), MPFR_RNDN);
  mpfr_mul_2si(y_.get(), y_.get(), -unit_exponent(nearest), MPFR_RNDN);
  return {nearest, mpfr_get_d(y_.get(), MPFR_RNDN)};
}
template ExactValue<float> ExactFunction::operator()(float);
template ExactValue<double> ExactFunction::operator()(double);

ExactValue<float> ExactFloatFunction::operator()(float x) {
  const double value = library_(static_cast<double>(x));
  if (!is_sure(value)) return exact_(x);
  const float nearest = static_cast<float>(value);
  if (!std::isfinite(nearest)) return {nearest, 0};
  return {nearest, in_units(value - static_cast<double>(nearest), unit_exponent(nearest))};
}

}  // namespace unroll::test
