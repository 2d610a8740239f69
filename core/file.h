/// Files: read whole or once from begin to end, or written whole and then renamed, so that a reader
/// never meets half a file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "unroll/core/descriptor.h"

namespace unroll {

/// The whole content. Throws DataError if the file is missing, a folder, or unreadable.
std::string read_file(const std::filesystem::path& path);

/// A file that is read once, from its begin to its end, into memory that the caller has.
class InputFile {
 public:
  /// Bytes in memory as the content of a file. They are borrowed; errors call them `name`.
  static InputFile of_memory(std::string_view bytes, std::filesystem::path name);
  /// Throws DataError as read_file does. What is not a regular file, a pipe for instance, is read
  /// whole: only its end tells how long it is.
  explicit InputFile(std::filesystem::path path);

  const std::filesystem::path& path() const noexcept { return path_; }
  /// The length that the file had when it was opened.
  std::size_t size() const noexcept { return size_; }
  /// Reads the next bytes and returns how many there were: fewer than asked for only at the end.
  /// Throws DataError.
  std::size_t read(std::span<char> bytes);

 private:
  InputFile(std::string_view bytes, std::filesystem::path name);

  std::filesystem::path path_;
  Descriptor file_;
  bool regular_ = false;
  std::string whole_;        // of a pipe
  std::string_view memory_;  // instead of a file
  std::size_t taken_ = 0;    // bytes of either
  std::size_t size_ = 0;
};

/// Writes the pieces, one after the other, to a temporary name in the same folder, syncs it to disk
/// and renames it to `path`, which is a regular file or nothing yet. On any failure (full disk, no
/// permission) the temporary file is removed, what was at `path` stays, and DiskError says why.
void write_file(const std::filesystem::path& path, std::span<const std::string_view> pieces);
void write_file(const std::filesystem::path& path, std::string_view content);

/// Throws DiskError: the file can't be written, for the reason in errno.
[[noreturn]] void refuse_unwritable(const std::filesystem::path& path);

/// A file to be written, borrowed.
struct NewFile {
  std::filesystem::path path;
  std::string_view content;
};

/// Writes files that belong together, each as write_file does: all of them, or none. They are
/// renamed only when all are on disk. If one can't be renamed, the renamed ones are taken back.
void write_files(std::span<const NewFile> files);

/// Throws the DiskError that writing this many bytes to `path` would throw, as far as it can be
/// known without writing them: the folder takes no files, there is no space, or a limit is reached.
/// Leaves nothing behind.
void try_file(const std::filesystem::path& path, std::size_t bytes = 0);

/// Makes the folder and its parents. Throws DiskError.
void make_folder(const std::filesystem::path& path);

}  // namespace unroll
