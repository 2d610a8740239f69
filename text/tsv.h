/// TsvReader: a separator between fields, line ends between rows; a quote is an ordinary character.
#pragma once

#include <string_view>

#include "unroll/text/lines.h"
#include "unroll/text/row.h"

namespace unroll {

class TsvReader {
 public:
  explicit TsvReader(std::string_view content, char separator = '\t')
      : lines_(content), separator_(separator) {}
  /// The next row, empty lines skipped; false at the end.
  bool next(Row& row);

 private:
  LineReader lines_;
  char separator_;
};

}  // namespace unroll
