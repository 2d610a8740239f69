/// Learning-rate schedules: a pure function of the step.
#pragma once

#include <cstdint>
#include <string_view>

namespace unroll {

enum class Decay {
  kConstant,
  kStep,    ///< multiplied by `step_factor` after every `step_every` steps
  kCosine,  ///< from the peak to `final_fraction` of it along half a cosine (Loshchilov & Hutter
            ///< 2017)
  kLinear,  ///< from the peak to `final_fraction` of it along a straight line
};
std::string_view to_string(Decay decay);

struct Schedule {
  double peak = 1e-3;
  Decay decay = Decay::kConstant;
  std::uint64_t total_steps = 0;   ///< cosine, linear: where the decay ends
  std::uint64_t warmup_steps = 0;  ///< the rate rises linearly over these first steps
  std::uint64_t step_every = 1;
  double step_factor = 0.5;
  double final_fraction = 0;

  /// The learning rate of a step, counted from 0.
  double rate(std::uint64_t step) const;
};

}  // namespace unroll
