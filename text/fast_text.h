/// fastText's lines: `__label__NAME text`.
#pragma once

#include <string_view>

#include "unroll/text/record_list.h"

namespace unroll {

inline constexpr std::string_view kFastTextLabel = "__label__";

/// The first label of a line is the record's, without its prefix; the text is the rest of the line
/// without further labels. Lines of white space are skipped. Throws DataError with file:line for a
/// line without label.
void read_fast_text(std::string_view content, RecordList& records);

}  // namespace unroll
