#include "unroll/tools/program/presets.h"

#include <algorithm>
#include <stdexcept>

namespace unroll {

namespace {

// Each is a list of plain flags without dashes, in which `unroll train --preset NAME --dump-config`
// shows what it is.
constexpr PresetFlag kFast[] = {{"cell", "none"}};
constexpr PresetFlag kBest[] = {{"hidden", "256"}, {"epochs", "20"}, {"average", "0.998"}};

constexpr Preset kPresets[] = {{"fast", "the linear model alone, in seconds", kFast},
                               {"default", "what train does without a preset", {}},
                               {"best", "a larger network, trained longer", kBest}};

}  // namespace

std::span<const Preset> presets() {
  return kPresets;
}

const Preset& preset_of(std::string_view name) {
  const auto found = std::ranges::find(kPresets, name, &Preset::name);
  if (found == std::end(kPresets)) throw std::out_of_range("no such preset");
  return *found;
}

}  // namespace unroll
