/// Records from the rows of a TSV or CSV file.
#pragma once

#include <memory>
#include <string_view>

#include "unroll/text/format.h"
#include "unroll/text/record_reader.h"

namespace unroll {

/// Throws DataError for a missing column. A record is bad if its row is too short or too long: a
/// row longer than the first one is a text with a separator in it, and half of that text would be
/// lost without notice. Empty cells behind the last column, and rows of nothing but empty cells,
/// are what spreadsheets write; a header in the middle is what joined files have: neither is a
/// record.
std::unique_ptr<RecordReader> make_table_reader(const Source& source, const Layout& layout,
                                                const ReadOptions& options, ReadReport& report);

}  // namespace unroll
