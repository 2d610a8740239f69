/// Records from the rows of a TSV or CSV file.
#pragma once

#include <string_view>

#include "unroll/text/record_list.h"

namespace unroll {

/// Throws DataError with file:line for a missing column and for a row that is too short or too
/// long: a row longer than the first one is a text with a separator in it, and half of that text
/// would be lost without notice.
void read_tsv(std::string_view content, const ReadOptions& options, RecordList& records);
void read_csv(std::string_view content, const ReadOptions& options, RecordList& records);

}  // namespace unroll
