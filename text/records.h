/// Labelled texts from files: TSV, CSV, JSON lines and fastText's `__label__` lines, plain or gzip.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

/// One labelled text, valid UTF-8.
struct Record {
  std::string text;
  std::string label;     ///< empty where labels were not asked for
  std::size_t line = 0;  ///< where the record begins in its file, from 1
};

enum class RecordFormat {
  kTsv,  ///< a tab between fields, one record a line; a quote is an ordinary character
  kCsv,  ///< RFC 4180: quoted fields may hold commas, quotes ("") and line breaks, of any size
  kJsonLines,  ///< one JSON object a line
  kFastText,   ///< `__label__NAME text`, one a line
};
std::string_view to_string(RecordFormat format);

struct ReadOptions {
  /// A column's name, or its number from 1 (the only way where header is false). In JSON, a key.
  std::string text_column = "text";
  std::string label_column = "label";
  bool header = true;  ///< the first record of TSV and CSV names the columns
  bool labels = true;  ///< false: no label column is needed
  /// A larger file, unpacked, is refused before it fills the memory.
  std::size_t most_bytes = std::numeric_limits<std::size_t>::max();
};

/// Reads all records of `path` ("-" is standard input). The format is told by content, not by name
/// (unroll/text/format.h); gzip is unpacked; a byte order mark and CRLF line ends are accepted;
/// empty lines are skipped. Throws DataError with file:line:column, what was expected and what to
/// do: missing file, no records, missing column (with the columns there are), a row with too few
/// columns or with more than the first one, an empty label, an unterminated quote, invalid UTF-8,
/// invalid JSON, truncated gzip. Throws MemoryError for a file that is too large, UsageError if a
/// column has a name though there is no header.
std::vector<Record> read_records(const std::string& path, const ReadOptions& options);

/// Reads plain texts, one on each line ("-" is standard input). Gzip is unpacked, BOM and CRLF are
/// accepted, and an empty line is an empty text. Throws DataError.
std::vector<std::string> read_lines(const std::string& path);

}  // namespace unroll
