/// Files: read whole, or written whole and then renamed, so that a reader never meets half a file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace unroll {

/// The whole content. Throws DataError if the file is missing, a folder, or unreadable.
std::string read_file(const std::filesystem::path& path);

/// Writes the pieces, one after the other, to a temporary name in the same folder, syncs it to disk
/// and renames it to `path`, which is a regular file or nothing yet. On any failure (full disk, no
/// permission) the temporary file is removed, what was at `path` stays, and DiskError says why.
void write_file(const std::filesystem::path& path, std::span<const std::string_view> pieces);
void write_file(const std::filesystem::path& path, std::string_view content);

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
