/// PredictionInput: texts without labels from whatever file there is, each with the columns that it
/// came with, so that an answer is never written next to the wrong row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "unroll/text/line_stream.h"
#include "unroll/text/record_file.h"

namespace unroll {

struct InputText {
  std::string text;
  std::string input;  ///< its columns, in the form that was asked for
  std::string error;  ///< why it can't be read, where bad rows are skipped; or empty
};

/// In what form a text's columns are wanted.
enum class InputColumns : std::uint8_t { kNone, kTsv, kJson };

enum class InputLayout : std::uint8_t {
  kLines,     ///< each line is a text, as it is
  kRecords,   ///< a format of read_records
  kByContent  ///< records if the first line says so
};

struct PredictionInputOptions {
  ReadOptions reading = {};  ///< labels are not asked for
  InputColumns columns = InputColumns::kNone;
  InputLayout layout = InputLayout::kByContent;
};

class PredictionInput {
 public:
  /// "-" is standard input. By content, records are: JSON whose first object has the text's key,
  /// lines whose first has a `__label__` word, a table whose first row names the text's column.
  /// Everything else is lines, and `report` is warned if these look like records.
  PredictionInput(const std::string& path, const PredictionInputOptions& options,
                  ReadReport& report);

  /// The next text; false at the end. Throws DataError for one that can't be read, unless bad rows
  /// are skipped.
  bool next(InputText& text);
  /// Whether `next` would return without waiting. Records are read to the end beforehand.
  bool ready() const noexcept;
  /// The names of the columns.
  const std::vector<std::string>& column_names();
  /// Called behind the last text, as RecordReader's.
  void finish(ReadReport& report) const;

 private:
  void open_records(ReadReport& report);
  void warn_of_records(ReadReport& report);
  bool next_line(InputText& text);
  bool next_record(InputText& text);
  std::string columns_of(const std::string& text);

  PredictionInputOptions options_;
  bool is_guess_ = false;  ///< the content alone says that there are records
  LineStream lines_;
  std::span<const Line> block_;          // of lines_
  std::size_t given_ = 0;                // lines of the block
  std::unique_ptr<RecordFile> records_;  // null where lines are texts
  std::vector<std::string> names_;       // of the columns, and as keys of JSON
  std::vector<std::string> keys_;
  BadRowCount bad_;
};

}  // namespace unroll
