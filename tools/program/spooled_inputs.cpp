#include "unroll/tools/program/spooled_inputs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>

#include "unroll/core/error.h"
#include "unroll/tools/program/train/train_flags.h"

namespace unroll {

namespace {

bool can_be_read_once(const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  return path == "-" || status.type() == std::filesystem::file_type::fifo ||
         status.type() == std::filesystem::file_type::character ||
         status.type() == std::filesystem::file_type::socket;
}

/// A file in the folder that has lost its name.
Descriptor nameless_file(const std::filesystem::path& folder) {
  std::string path = (folder / "input-XXXXXX").string();
  Descriptor file(::mkostemp(path.data(), O_CLOEXEC));
  if (file.number() < 0) throw DiskError(fmt::format("{}: {}", folder.string(), errno_text()));
  ::unlink(path.c_str());
  return file;
}

/// Returns false at the end.
bool copy_piece(int from, const std::string& name, const Descriptor& to) {
  std::array<char, 1 << 16> piece{};
  const ssize_t read = ::read(from, piece.data(), piece.size());
  if (read < 0 && errno == EINTR) return true;
  if (read < 0) throw DataError(fmt::format("{}: {}", name, errno_text()));
  if (!to.write_all(std::string_view(piece.data(), static_cast<std::size_t>(read))))
    throw DiskError(fmt::format("{} could not be copied for all runs: {}", name, errno_text()));
  return read > 0;
}

}  // namespace

SpooledInputs::SpooledInputs(const Settings& settings, const std::filesystem::path& folder) {
  const std::shared_ptr<CLI::App> train = train_flags();
  const CommandDescription command = describe(*train);
  for (const Setting& setting : settings) {
    const FlagDescription* flag = find_flag(command, setting.flag);
    if (flag != nullptr && flag->takes_file && can_be_read_once(setting.value))
      take(setting, folder);
  }
}

void SpooledInputs::take(const Setting& setting, const std::filesystem::path& folder) {
  if (setting.value != "-") {
    const Descriptor pipe(::open(setting.value.c_str(), O_RDONLY | O_CLOEXEC));
    if (pipe.number() < 0) throw DataError(fmt::format("{}: {}", setting.value, errno_text()));
    replaced_.push_back({setting.flag, copy(pipe.number(), setting.value, folder), setting.origin});
    return;
  }
  if (!input_flag_.empty()) {
    throw UsageError(fmt::format("--{} and --{} both name standard input, which is there once",
                                 input_flag_, setting.flag));
  }
  input_flag_ = setting.flag;
  input_ = copy(STDIN_FILENO, "<stdin>", folder);
}

std::string SpooledInputs::copy(int from, const std::string& name,
                                const std::filesystem::path& folder) {
  files_.push_back(nameless_file(folder));
  while (copy_piece(from, name, files_.back())) {
  }
  return fmt::format("/proc/{}/fd/{}", ::getpid(), files_.back().number());
}

Settings SpooledInputs::in(Settings settings) const {
  for (Setting& setting : settings) {
    const auto found = std::ranges::find(replaced_, setting.flag, &Setting::flag);
    if (found != replaced_.end()) setting.value = found->value;
  }
  return settings;
}

}  // namespace unroll
