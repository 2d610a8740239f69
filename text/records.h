/// Labelled texts from files: TSV, CSV, JSON, fastText's `__label__` lines and plain lines; packed
/// or not.
///
///     bytes → (unpack) → (decode) → rows → records
///     ByteStream  Unpacker  TextStream   CsvReader …   RecordReader
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace unroll {

/// One labelled text, valid UTF-8.
struct Record {
  std::string text;
  std::string label;     ///< the first one; empty where labels were not asked for or there is none
  std::size_t line = 0;  ///< where the record begins in its file, from 1
  float weight = 1;      ///< how much it counts in training, against the others
  std::vector<std::string> more_labels = {};  ///< of a text that has several, the others
};

/// All labels of a record; none where it has none. The record owns them.
std::vector<std::string_view> labels_of(const Record& record);

/// Whether some text has several labels, or none: a file of such texts asks for a classifier that
/// answers any number of labels. Labels were asked for.
bool have_any_number_of_labels(std::span<const Record> records);

enum class RecordFormat : std::uint8_t {
  kTsv,       ///< a separator between fields, one record a line
  kCsv,       ///< RFC 4180: quoted fields may hold commas, quotes ("") and line breaks, of any size
  kJson,      ///< JSON objects: one a line, over several lines, or in an array
  kFastText,  ///< `__label__NAME text`, one a line
  kLines,     ///< one text a line, without labels
};
std::string_view to_string(RecordFormat format);

/// Whether a quote at the beginning of a field is the file's and not the text's.
enum class Quoting : std::uint8_t { kByContent, kOn, kOff };

/// What a reader met that changes no record, but that somebody should know.
struct Remark {
  bool is_warning = false;  ///< important enough to be shown to who asked for silence
  std::string text;
};

struct ReadReport {
  std::vector<Remark> remarks;
  std::size_t bad_rows = 0;  ///< skipped

  void note(std::string text) { remarks.push_back({false, std::move(text)}); }
  void warn(std::string text) { remarks.push_back({true, std::move(text)}); }
};

/// The least and the largest weight of a row: beyond these a float no longer holds what the weights
/// of two rows are to each other.
inline constexpr double kLeastWeight = 1e-9;
inline constexpr double kMostWeight = 1e9;

/// Whether a row may have this weight, which is a float then. NaN is none.
inline bool is_weight(double weight) {
  const auto rounded = static_cast<float>(weight);
  return rounded >= static_cast<float>(kLeastWeight) && rounded <= static_cast<float>(kMostWeight);
}
/// "a number above 0, from 1e-9 to 1e9"
std::string what_weights_are();

/// What is done about a record that can't be read.
enum class BadRows : std::uint8_t { kFail, kSkip };

struct ReadOptions {
  /// A column's name, or its number from 1 (the only way where header is false). In JSON, a key.
  /// Several, with commas between, make one text.
  std::string text_column = "text";
  std::string label_column = "label";
  /// The column of the records' weights, as those above; "": all weigh 1.
  std::string weight_column = {};
  bool header = true;  ///< the first record of TSV and CSV names the columns
  bool labels = true;  ///< false: no label column is needed
  /// What is between the labels of a text that has several; "": such labels are one. An empty
  /// column is then no label. Lines of `__label__` words and arrays of JSON need none.
  std::string label_separator = {};
  /// A larger file, unpacked, is refused before it fills the memory.
  std::size_t most_bytes = std::numeric_limits<std::size_t>::max();
  std::optional<RecordFormat> format = {};  ///< none: told by content
  std::optional<char> separator = {};       ///< of TSV and CSV; none: told by content
  Quoting quoting = Quoting::kByContent;
  std::string encoding = {};  ///< "": UTF-8, or UTF-16 where that is certain
  BadRows bad_rows = BadRows::kFail;
};

/// Reads all records of `path` ("-" is standard input). Format, separator and quoting are told by
/// content, not by name (unroll/text/format.h); gzip, xz and zstd are unpacked; byte order marks
/// and CRLF or CR line ends are accepted; empty lines are skipped. `report` gets what is dubious.
/// Throws DataError with file:line:column, the row's number, what was expected and what to do:
/// missing file, no records, missing column (with the columns there are), a row with too few
/// columns or with more than the first one, an empty label, a weight that is none, an unterminated
/// quote, invalid UTF-8, invalid JSON, truncated gzip. Throws MemoryError for a file that is too
/// large, UsageError if a column has a name though there is no header.
std::vector<Record> read_records(const std::string& path, const ReadOptions& options,
                                 ReadReport& report);
/// Reads them without a report.
std::vector<Record> read_records(const std::string& path, const ReadOptions& options);

/// Views of their texts, valid while the records stay.
std::vector<std::string_view> texts_of(std::span<const Record> records);

/// Reads plain texts, one on each line ("-" is standard input). What is packed is unpacked, BOM and
/// CRLF are accepted, and an empty line is an empty text. Throws DataError.
std::vector<std::string> read_lines(const std::string& path);

}  // namespace unroll
