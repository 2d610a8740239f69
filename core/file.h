/// Files: read whole, or written whole and then renamed, so that a reader never meets half a file.
#pragma once

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

/// Makes the folder and its parents. Throws DiskError.
void make_folder(const std::filesystem::path& path);

}  // namespace unroll
