/// The layout of a file of records, told by its content: format, separator and quoting.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "unroll/text/records.h"

namespace unroll {

struct Layout {
  RecordFormat format = RecordFormat::kCsv;
  char separator = ',';        ///< of TSV and CSV
  bool has_quotes = true;      ///< of TSV and CSV: a quote opens a field
  std::size_t skipped = 0;     ///< bytes of Excel's `sep=` line, before the records
  std::size_t in_doubt = 0;    ///< fields in quotes, which may be the file's or the text's
  std::size_t doubt_line = 0;  ///< the first one's
};

/// In this order:
///   - the first character that is not white space is `{` or `[`, and JSON goes on behind it: JSON;
///   - a word of the first line that is not empty begins with `__label__`: fastText;
///   - a first line `sep=;` names the separator;
///   - a separator (tab, comma, semicolon, bar) whose first record names the columns that are
///     wanted; otherwise a tab outside of quotes in the first record; otherwise the one of the
///     other separators that cuts the first records into equally many fields;
///   - otherwise CSV of one column.
/// "Outside of quotes" reads the first record as CSV would. If it is not CSV (a quote never closed,
/// text behind a closing quote), its quotes are ordinary characters. Fields between tabs have
/// quotes of the file only if all quotes of it are in the places where a writer of CSV puts them,
/// and some are where nobody else would. What options name is not told by content.
/// `pause` is called now and then, where what was looked at is not needed any more: it lets go of
/// the content's pages where these are a file's.
Layout detect_layout(std::string_view content, const ReadOptions& options = {},
                     const std::function<void()>& pause = {});

/// How many columns a separator cuts each of the first rows into, if there are at least three rows;
/// 1 if they differ.
std::size_t even_columns(std::string_view content);

}  // namespace unroll
