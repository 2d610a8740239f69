/// Slopes by central differences, extrapolated, on a loss that is smooth only piece by piece.
///
/// f′(0) ≈ (f(s) − f(−s)) / 2s is off by a multiple of s², and by the rounding of f divided by s.
/// Halving s again and again and extrapolating to s = 0 (Ridders 1982) takes away s², s⁴, … while
/// s is still large against the rounding: a slope good to 1e-10 of a loss of 16 digits.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

namespace unroll {

/// f(s), or nothing where s has left the piece on which f is smooth: a ReLU or the winner of a max
/// pool is another one than at 0.
using LineFunction = std::function<std::optional<double>(double s)>;

struct Slope {
  double value = 0;
  double rounding = 0;      ///< how far the noise of f alone may have moved it
  double step = 0;          ///< the first step of those used
  std::size_t retries = 0;  ///< larger steps that crossed a kink
};

struct SlopeOptions {
  double step = 0;    ///< the first step; halved until the slope is good enough
  double noise = 0;   ///< how far f(s) may be off by rounding
  double wanted = 0;  ///< an error that is small enough, in units of the slope
};

/// f′(0). Steps that cross a kink are retried four times smaller, down to 1e-6 of the first one;
/// nothing if those cross it too.
std::optional<Slope> slope(const LineFunction& f, const SlopeOptions& options);

/// How far f(s) may be off by rounding, measured: from differences of high order of f at points
/// `spacing` apart, in which all that is smooth cancels and noise grows (Moré & Wild 2011). Points
/// that cross a kink are taken closer together. Never less than the last place of f itself.
double measure_noise(const LineFunction& f, double spacing);

}  // namespace unroll
