/// GrowingFile: a large file that is written from begin to end, under a temporary name until it is
/// whole. So a reader never meets half of it, and a run that was killed leaves a name that the next
/// one knows for litter (`remove_litter`).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "unroll/core/descriptor.h"
#include "unroll/core/temporary.h"

namespace unroll {

class GrowingFile {
 public:
  /// The temporary file lies in the folder of `path`. Throws DiskError, as all that write do.
  explicit GrowingFile(std::filesystem::path path);

  void append(std::string_view bytes);
  /// How many bytes were appended.
  std::size_t size() const noexcept { return size_; }
  /// Writes what is still held, over the first bytes `head`, and gives the file its name.
  void finish(std::string_view head = {});
  /// As finish, but the file keeps its temporary name, and goes with this object.
  void flush(std::string_view head = {});
  const std::filesystem::path& temporary_path() const noexcept { return temporary_.path(); }

 private:
  void write(std::string_view bytes);
  void write_held();

  std::filesystem::path path_;
  Temporary temporary_;
  Descriptor file_;
  std::string held_;
  std::size_t size_ = 0;
};

/// Removes the temporary files of a folder whose writers are gone.
void remove_litter(const std::filesystem::path& folder);

}  // namespace unroll
