#include "unroll/tools/program/run_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "unroll/core/error.h"
#include "unroll/tools/classifier/model_config.h"
#include "unroll/tools/program/settings_flags.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/train/flag_checks.h"
#include "unroll/tools/program/train/train_flags.h"
#include "unroll/tools/program/train/training_flags.h"

namespace unroll {

namespace {

/// Flags of other cells than this one.
std::vector<std::string> flags_of_other_cells(Cell cell) {
  const CellDescription& found = describe(cell);
  std::vector<std::string> flags;
  if (!found.has_activation) flags.emplace_back("activation");
  if (!found.has_forget_gate) flags.emplace_back("forget-bias");
  if (!found.has_reset) flags.emplace_back("gru-reset");
  return flags;
}

std::vector<std::string> flags_of_networks() {
  std::vector<std::string> flags;
  for (const std::string_view flag : network_flags()) flags.emplace_back(flag.substr(2));
  return flags;
}

}  // namespace

std::vector<std::string> idle_flags(const Settings& settings) {
  const std::string name = value_of(settings, "cell", std::string(to_string(Cell::kLstm)));
  const auto cell = from_name<Cell>(name);
  std::vector<std::string> flags = cell ? flags_of_other_cells(*cell) : flags_of_networks();
  if (!cell || value_of(settings, "optimizer") != to_string(OptimizerKind::kSgd))
    flags.insert(flags.end(), {"momentum", "nesterov"});
  return flags;
}

Settings without_idle(Settings settings) {
  const std::vector<std::string> idle = idle_flags(settings);
  std::erase_if(settings,
                [&](const Setting& setting) { return std::ranges::count(idle, setting.flag) > 0; });
  return settings;
}

void refuse_contradictions(const Settings& settings) {
  TrainFlags flags;
  CLI::App command(kTrainPurpose, "train");
  add_train_flags(command, flags);
  let_others_complete(command);
  unroll::apply(settings, command);
  try {
    refuse_contradictory_flags(command, flags.options);
  } catch (const UsageError& error) {
    throw UsageError(with_origins(error.what(), settings));
  }
}

void warn_of_unread_settings(std::string_view command, Terminal& terminal) {
  std::error_code ignored;
  if (!std::filesystem::exists(kSettingsOfFolder, ignored)) return;
  terminal.warning(fmt::format(
      "{} of the working directory is not read: it is `unroll train`'s, and `unroll {}` "
      "has settings of its own",
      kSettingsOfFolder, command));
}

}  // namespace unroll
