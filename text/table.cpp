#include "unroll/text/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/core/error.h"
#include "unroll/text/columns.h"
#include "unroll/text/csv.h"
#include "unroll/text/tsv.h"

namespace unroll {

namespace {

/// What the messages about a row's length advise.
struct Advice {
  const char* too_short;
  const char* too_long;
};
constexpr Advice kTsvAdvice = {"is the separator a tab?", "is there a tab inside a text?"};
constexpr Advice kCsvAdvice = {"is the separator a comma?",
                               "put a field that holds a comma in quotes"};

std::string count_of_columns(std::size_t count) {
  return fmt::format("{} column{}", count, count == 1 ? "" : "s");
}

std::string where_they_are(const Columns& columns, bool labels) {
  const std::string text = fmt::format("text is column {}", columns.text + 1);
  return labels ? fmt::format("{}, label is column {}", text, columns.label + 1) : text;
}

/// Cuts one row after the other into text and label.
class RowCutter {
 public:
  RowCutter(const Columns& columns, std::size_t width, const Advice& advice, RecordList& records)
      : columns_(columns), width_(width), advice_(advice), records_(records) {}

  void operator()(Row& row) {
    check(row);
    const std::string label = records_.labels() ? row.fields[columns_.label] : std::string();
    records_.add(std::move(row.fields[columns_.text]), label, row.line);
  }

 private:
  void check(const Row& row) const {
    const std::size_t count = row.fields.size();
    const std::size_t needed = std::max(columns_.text, columns_.label) + 1;
    if (count < needed) {
      throw DataError(
          {records_.file(), row.line},
          fmt::format("row has {}, expected at least {} ({}); {}", count_of_columns(count), needed,
                      where_they_are(columns_, records_.labels()), advice_.too_short));
    }
    if (count > width_) {
      throw DataError({records_.file(), row.line},
                      fmt::format("row has {}, the first one has {}; {}", count_of_columns(count),
                                  width_, advice_.too_long));
    }
  }

  Columns columns_;
  std::size_t width_;
  const Advice& advice_;
  RecordList& records_;
};

template <typename Reader>
void read_table(Reader reader, const Advice& advice, const ReadOptions& options,
                RecordList& records) {
  Row row;
  if (!reader.next(row)) return;
  const Columns columns =
      options.header ? columns_by_name(row, options, records.file()) : columns_by_number(options);
  RowCutter cut(columns, row.fields.size(), advice, records);
  if (!options.header) cut(row);
  while (reader.next(row)) cut(row);
}

}  // namespace

void read_tsv(std::string_view content, const ReadOptions& options, RecordList& records) {
  read_table(TsvReader(content), kTsvAdvice, options, records);
}

void read_csv(std::string_view content, const ReadOptions& options, RecordList& records) {
  read_table(CsvReader(content, records.file()), kCsvAdvice, options, records);
}

}  // namespace unroll
