/// The format of a file of records, told by its content.
#pragma once

#include <string_view>

#include "unroll/text/records.h"

namespace unroll {

/// In this order:
///   - the first character that is not white space is `{`: JSON lines;
///   - the first line that is not empty begins with `__label__`: fastText;
///   - the first record holds a tab outside of quotes: TSV;
///   - otherwise CSV (one column, where there is no comma either).
/// "Outside of quotes" reads the first record as CSV would. If it is not CSV (a quote never closed,
/// text behind a closing quote), its quotes are ordinary characters, so a tab anywhere in the first
/// line makes it TSV.
RecordFormat detect_format(std::string_view content);

}  // namespace unroll
