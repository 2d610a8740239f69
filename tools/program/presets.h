/// Presets: settings that were measured together. The table is in presets.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace unroll {

/// A flag of `train` and its value; "true" for a switch.
struct PresetFlag {
  std::string_view flag;
  std::string_view value;
};

struct Preset {
  std::string_view name;
  std::string_view what;  ///< for the help: what it gives, in a few words
  std::span<const PresetFlag> flags;
};

std::span<const Preset> presets();

/// Throws std::out_of_range for another name.
const Preset& preset_of(std::string_view name);

}  // namespace unroll
