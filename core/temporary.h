/// Temporary names: whatever ends the program, none stays on disk.
///
/// A file gets its own name only when it is whole; a folder stays only if something was put into
/// it. Until then a Temporary holds the name and removes it at the end of its scope, also when an
/// exception ends the scope. A signal ends a program without ending any scope: so a program that
/// wants to leave nothing behind calls `remove_temporaries` in its handlers.
#pragma once

#include <cstddef>
#include <filesystem>

namespace unroll {

/// Holds a name from before the file or folder is made until it is no longer temporary.
class Temporary {
 public:
  explicit Temporary(std::filesystem::path path);
  /// Removes the file, or the folder if it is empty. A file that was renamed is no longer here.
  ~Temporary();
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  /// From now on it may stay.
  void keep() noexcept;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  std::size_t slot_;
  bool kept_ = false;
};

/// Removes from the disk what any Temporary holds. A signal handler may call it.
void remove_temporaries() noexcept;

}  // namespace unroll
