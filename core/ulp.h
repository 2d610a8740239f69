/// Errors in units in the last place.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace unroll {

/// |got − want| in units of the last place of the Real nearest to `want`; the smallest unit is the
/// least denormal. The result is 0 where both are NaN or the same infinity, and infinite where only
/// one of them is. A `want` that rounds to infinity counts as infinity.
template <typename Real>
double ulp_error(Real got, long double want) {
  using Limits = std::numeric_limits<Real>;
  const Real rounded = static_cast<Real>(want);
  if (std::isnan(got) || std::isnan(rounded)) {
    return std::isnan(got) && std::isnan(rounded) ? 0 : Limits::infinity();
  }
  if (std::isinf(got) || std::isinf(rounded)) return got == rounded ? 0 : Limits::infinity();
  int exponent = 0;
  std::frexp(rounded, &exponent);
  const long double unit =
      std::ldexp(1.0L, std::max(exponent, Limits::min_exponent) - Limits::digits);
  return static_cast<double>(std::abs(static_cast<long double>(got) - want) / unit);
}

}  // namespace unroll
