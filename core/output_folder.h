/// The folder of a run: made where it is missing, held against other runs, and tried before any
/// work is done for it.
#pragma once

#include <deque>
#include <filesystem>
#include <span>
#include <string>

#include "unroll/core/descriptor.h"
#include "unroll/core/temporary.h"

namespace unroll {

/// While an OutputFolder lives, no other process has one of the same folder. It holds a lock on the
/// folder itself (flock), which leaves no file and ends with the process, however that ends. If it
/// made the folder and nothing was put into it, it removes the folder again.
class OutputFolder {
 public:
  /// Throws UsageError if another run holds the folder, DiskError if it can't be made.
  explicit OutputFolder(std::filesystem::path path);
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// Throws DiskError if one of these files can't be written here, and removes what runs that were
  /// killed have left of them.
  void prepare(std::span<const char* const> files) const;

  const std::filesystem::path& path() const noexcept { return path_; }
  /// Why the file system gives no lock; empty if it gave one. Then nothing keeps other runs out.
  const std::string& unlocked_because() const noexcept { return unlocked_because_; }

 private:
  bool make();
  bool hold();
  void lock();

  std::filesystem::path path_;
  Descriptor descriptor_{-1};   // the lock ends with it,
  std::deque<Temporary> made_;  // after the folders that were missing are gone, innermost first
  std::string unlocked_because_;
};

}  // namespace unroll
