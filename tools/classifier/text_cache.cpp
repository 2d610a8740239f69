#include "unroll/tools/classifier/text_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>

#include "unroll/core/error.h"
#include "unroll/core/growing_file.h"
#include "unroll/text/row_file.h"

namespace unroll {

namespace {

std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == kRowsEnding) files.push_back(entry.path());
  if (error)
    throw DataError(fmt::format("{}: can't be read: {}", folder.string(), error.message()));
  std::ranges::sort(files);
  return files;
}

CachedTexts look_at(const std::filesystem::path& file) {
  CachedTexts found{
      .file = file, .bytes = std::filesystem::file_size(file), .texts = {}, .damage = {}};
  try {
    const RowFile rows(file);
    const auto survey = nlohmann::json::parse(rows.section("notes")).at("survey");
    found.texts = survey.at("file");
    found.rows = survey.at("rows");
  } catch (const std::exception& error) {
    found.damage = error.what();
  }
  return found;
}

}  // namespace

std::filesystem::path default_cache(const std::filesystem::path& out) {
  std::filesystem::path folder = std::filesystem::absolute(out).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  return folder.parent_path() / "unroll-cache";
}

std::vector<CachedTexts> cached_texts(const std::filesystem::path& folder) {
  std::vector<CachedTexts> all;
  for (const auto& file : files_of(folder)) all.push_back(look_at(file));
  return all;
}

std::size_t clear_cache(const std::filesystem::path& folder) {
  std::size_t bytes = 0;
  for (const auto& file : files_of(folder)) {
    std::error_code ignored;
    const auto size = std::filesystem::file_size(file, ignored);
    if (std::filesystem::remove(file, ignored)) bytes += size;
  }
  remove_litter(folder);
  return bytes;
}

}  // namespace unroll
