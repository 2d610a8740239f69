#include "unroll/core/output_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/core/file.h"

namespace unroll {

namespace {

namespace fs = std::filesystem;

/// Whether the open folder is the one that has this name now.
bool has_name(int descriptor, const fs::path& name) {
  struct stat held = {};
  struct stat named = {};
  return ::fstat(descriptor, &held) == 0 && ::stat(name.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

/// The folders of this path that do not exist, outermost first.
std::vector<fs::path> missing_folders(fs::path path) {
  std::vector<fs::path> missing;
  std::error_code ignored;
  for (; !path.empty() && !fs::exists(path, ignored); path = path.parent_path()) {
    if (path.has_filename()) missing.insert(missing.begin(), path);  // "a/b/" is "a/b" once more
  }
  return missing;
}

/// Whether write_file of another process left this name while it wrote `file`.
bool is_leftover(std::string_view name, std::string_view file) {
  constexpr std::string_view kEnd = ".tmp";
  if (!name.starts_with(file) || !name.ends_with(kEnd)) return false;
  name.remove_prefix(file.size());
  if (name.starts_with(".before")) name.remove_prefix(std::string_view(".before").size());
  if (name.size() <= kEnd.size() + 1 || name.front() != '.') return false;
  name = name.substr(1, name.size() - 1 - kEnd.size());
  return std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; });
}

void remove_leftovers(const fs::path& folder, std::span<const char* const> files) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    const auto is_of = [&](const char* file) { return is_leftover(name, file); };
    if (std::ranges::any_of(files, is_of)) fs::remove(entry.path(), ignored);
  }
}

}  // namespace

OutputFolder::OutputFolder(fs::path path) : path_(std::move(path)) {
  // A run that failed takes away what it had made, perhaps just now.
  constexpr int kTries = 100;
  for (int tries = 0; tries < kTries; ++tries) {
    if (make() && hold()) return;
  }
  throw DiskError(fmt::format("{}: the folder can't be made: {}", path_.string(), errno_text()));
}

void OutputFolder::prepare(std::span<const char* const> files) const {
  for (const char* file : files) try_file(path_ / file);
  if (unlocked_because_.empty()) remove_leftovers(path_, files);
}

/// False if a folder above was taken away meanwhile.
bool OutputFolder::make() {
  for (const fs::path& folder : missing_folders(path_)) {
    if (::mkdir(folder.c_str(), 0777) == 0) {
      made_.emplace_front(folder);
    } else if (errno == ENOENT) {
      return false;
    } else if (errno != EEXIST) {
      throw DiskError(
          fmt::format("{}: the folder can't be made: {}", folder.string(), errno_text()));
    }
  }
  return true;
}

/// Opens the folder and locks it. False if it was taken away meanwhile.
bool OutputFolder::hold() {
  descriptor_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor_.number() < 0 && errno == ENOENT) return false;
  if (descriptor_.number() < 0) {
    throw DiskError(fmt::format("{}: can't be used as a folder: {}", path_.string(), errno_text()));
  }
  lock();
  return has_name(descriptor_.number(), path_);
}

void OutputFolder::lock() {
  if (::flock(descriptor_.number(), LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) {  // this file system has no locks
    unlocked_because_ = errno_text();
    return;
  }
  for (Temporary& folder : made_) folder.keep();  // the other run is in it
  throw mended_by({"out"}, UsageError(fmt::format("{} is in use by another run; name another "
                                                  "folder, or wait for the end of that run",
                                                  path_.string())));
}

}  // namespace unroll
