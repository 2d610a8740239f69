#include "unroll/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace unroll {

namespace {

/// How much of the decay is done, 0 .. 1.
double progress(const Schedule& schedule, std::uint64_t step) {
  if (schedule.total_steps <= schedule.warmup_steps) return 0;
  const auto done = static_cast<double>(step - schedule.warmup_steps);
  const auto length = static_cast<double>(schedule.total_steps - schedule.warmup_steps);
  return std::min(1.0, done / length);
}

double falling(double final_fraction, double remaining) {
  return final_fraction + (1 - final_fraction) * remaining;
}

}  // namespace

std::string_view to_string(Decay decay) {
  switch (decay) {
    case Decay::kConstant:
      return "constant";
    case Decay::kStep:
      return "step";
    case Decay::kCosine:
      return "cosine";
    case Decay::kLinear:
      return "linear";
  }
  return "?";
}

double Schedule::rate(std::uint64_t step) const {
  if (step < warmup_steps) {
    return peak * static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  }
  switch (decay) {
    case Decay::kConstant:
      return peak;
    case Decay::kStep: {
      const std::uint64_t drops = (step - warmup_steps) / std::max<std::uint64_t>(step_every, 1);
      return peak * std::pow(step_factor, static_cast<double>(drops));
    }
    case Decay::kCosine: {
      const double angle = std::numbers::pi * progress(*this, step);
      return peak * falling(final_fraction, (1 + std::cos(angle)) / 2);
    }
    case Decay::kLinear:
      return peak * falling(final_fraction, 1 - progress(*this, step));
  }
  return peak;
}

}  // namespace unroll
