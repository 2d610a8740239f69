/// The folder in which streamed texts are kept as ids (unroll/tools/classifier/streamed_texts.h).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

/// The ending of a cache's files.
inline constexpr std::string_view kRowsEnding = ".rows";

/// The folder where a run of this output folder keeps its cache: next to it.
std::filesystem::path default_cache(const std::filesystem::path& out);

struct CachedTexts {
  std::filesystem::path file;
  std::size_t bytes = 0;
  std::string texts;     ///< the file that they come from, as it was called
  std::size_t rows = 0;  ///< of the texts, those that are held back included
  std::string damage;    ///< why it can't be used; "" if it can
};

/// What a cache holds, by the names of its files. Reads all of it. Throws DataError for a folder
/// that can't be read.
std::vector<CachedTexts> cached_texts(const std::filesystem::path& folder);

/// Removes what cached_texts would list, and what runs that were killed have left. Returns how many
/// bytes that were. Other files stay. A run that reads a removed file goes on.
std::size_t clear_cache(const std::filesystem::path& folder);

}  // namespace unroll
