/// The settings of a training by the names of the program's flags: `max_tokens` is --max-tokens.
/// They are the program's flags, read by the same code, so there is no second list of them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/text/records.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

/// A setting, for help and signatures.
struct PythonSetting {
  std::string name;           ///< as Python writes it
  std::string default_value;  ///< as the program's help shows it; "" where the data decide
  std::string help;
  bool is_switch = false;
  std::string opposite;  ///< the name that says no, of a switch that has one
};
std::vector<PythonSetting> training_settings();

/// What was set: names as above, values as on a command line; "true" or "false" of a switch.
using SettingValues = std::vector<std::pair<std::string, std::string>>;

struct ParsedSettings {
  ReadOptions columns;
  TrainClassifierOptions options;
};

/// Throws UsageError as the program would, with settings for flags.
ParsedSettings parse_settings(const SettingValues& values);

/// The text with `max_tokens` for --max-tokens.
std::string with_setting_names(const std::string& text);

/// The error's message, with the names of the settings that would mend it.
std::string message_with_settings(const Error& error);

}  // namespace unroll
