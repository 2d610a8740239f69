/// TsvReader: tabs separate fields, line ends separate rows; a quote is an ordinary character.
#pragma once

#include <string_view>

#include "unroll/text/lines.h"
#include "unroll/text/row.h"

namespace unroll {

class TsvReader {
 public:
  explicit TsvReader(std::string_view content) : lines_(content) {}
  /// The next row, empty lines skipped; false at the end.
  bool next(Row& row);

 private:
  LineReader lines_;
};

}  // namespace unroll
