/// Row: one record of a TSV or CSV file, before its columns have a meaning.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

struct Row {
  std::vector<std::string_view> fields;  ///< at least one; they live until the next row is read
  std::string_view raw;                  ///< as it is in the file, without its line end
  std::size_t line = 0;                  ///< where it begins, from 1
  bool has_mark = false;                 ///< a byte order mark was before it: files were joined
};

/// A row that can't be read. Its reader goes on behind it.
struct RowError : std::runtime_error {
  RowError(std::size_t at_line, std::size_t at_column, const std::string& what)
      : std::runtime_error(what), line(at_line), column(at_column) {}
  std::size_t line;
  std::size_t column;  ///< in bytes, from 1; 0 if it is not known
};

}  // namespace unroll
