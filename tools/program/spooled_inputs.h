/// Inputs that can be read only once, such as standard input or the pipe of `<(command)`, for
/// several runs that all read them.
#pragma once

#include <deque>
#include <filesystem>
#include <string>

#include "unroll/core/descriptor.h"
#include "unroll/tools/program/settings.h"

namespace unroll {

/// Copies of them that have no name, and so are gone when this process is, however it ends.
class SpooledInputs {
 public:
  /// Copies what the settings of train name, into files on the disk of `folder`. Throws UsageError
  /// where two of them name standard input, DataError for what can't be read, DiskError.
  SpooledInputs(const Settings& settings, const std::filesystem::path& folder);

  /// The settings with paths of the copies instead of pipes. "-" stays: input() is what it means.
  Settings in(Settings settings) const;
  /// What the runs have as standard input; empty: nothing.
  const std::string& input() const noexcept { return input_; }

 private:
  void take(const Setting& setting, const std::filesystem::path& folder);
  std::string copy(int from, const std::string& name, const std::filesystem::path& folder);

  std::deque<Descriptor> files_;
  std::string input_;
  std::string input_flag_;
  Settings replaced_;
};

}  // namespace unroll
