/// Row: one record of a TSV or CSV file, before its columns have a meaning.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace unroll {

struct Row {
  std::vector<std::string> fields;  ///< at least one
  std::size_t line = 0;             ///< where it begins, from 1
};

}  // namespace unroll
