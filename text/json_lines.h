/// JSON lines: one object a line.
#pragma once

#include <string_view>

#include "unroll/text/record_list.h"

namespace unroll {

/// Columns are keys. The text is a string; a label is a string, a number or a boolean, the latter
/// two as JSON prints them. Lines of white space are skipped. Throws DataError with
/// file:line(:column) for anything else.
void read_json_lines(std::string_view content, const ReadOptions& options, RecordList& records);

}  // namespace unroll
