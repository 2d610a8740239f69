#include "unroll/text/quotes.h"

#include <algorithm>

#include "unroll/text/csv.h"

namespace unroll {

namespace {

struct Count {
  std::size_t rows = 0;
  std::size_t quoted_rows = 0;  // with a field in quotes
  std::size_t needed = 0;       // fields that are nothing without their quotes
  std::size_t first_line = 0;   // of a row with a field in quotes
  bool first_row = false;       // all of it is in quotes
  bool stray = false;           // a quote is where no writer of CSV puts one
};

/// Whether each line of the field could be a row of its own: then two quotes of two texts may be
/// what encloses it.
bool looks_like_rows(std::string_view field, char separator, std::size_t width) {
  for (std::size_t end = field.find('\n'); end != std::string_view::npos; end = field.find('\n')) {
    field.remove_prefix(end + 1);
    const std::string_view line = field.substr(0, field.find('\n'));
    if (static_cast<std::size_t>(std::ranges::count(line, separator)) + 1 != width) return false;
  }
  return true;
}

bool has_quote(std::string_view field) {
  return field.find('"') != std::string_view::npos;
}

void examine_field(std::string_view field, char separator, std::size_t width, Count& count) {
  const bool has_break = field.find('\n') != std::string_view::npos;
  if (has_quote(field)) {
    ++count.needed;  // doubled, in the file
  } else if (has_break ? !looks_like_rows(field, separator, width)
                       : field.find(separator) != std::string_view::npos) {
    ++count.needed;
  }
}

void examine(const Row& row, char separator, Count& count) {
  ++count.rows;
  std::size_t quoted = 0;
  for (const std::string_view field : row.fields) {
    const bool is_enclosed = was_quoted(field, row);
    quoted += is_enclosed;
    count.stray = count.stray || (!is_enclosed && has_quote(field));
    if (is_enclosed) examine_field(field, separator, row.fields.size(), count);
  }
  if (count.rows == 1) count.first_row = quoted == row.fields.size();
  if (quoted > 0 && count.quoted_rows++ == 0) count.first_line = row.line;
}

Count count_quotes(std::string_view records, char separator, const std::function<void()>& pause) {
  constexpr std::size_t kRowsAtATime = std::size_t{1} << 14;
  Count count;
  CsvReader reader(records, separator);
  try {
    for (Row row; reader.next(row);) {
      examine(row, separator, count);
      if (pause && count.rows % kRowsAtATime == 0) pause();
    }
  } catch (const RowError&) {
    count.stray = true;
  }
  return count;
}

bool has_quote(std::string_view records, const std::function<void()>& pause) {
  constexpr std::size_t kBytesAtATime = std::size_t{4} << 20;
  for (; !records.empty(); records.remove_prefix(std::min(kBytesAtATime, records.size()))) {
    if (has_quote(records.substr(0, kBytesAtATime))) return true;
    if (pause) pause();
  }
  return false;
}

/// Quotes in the text, as far as the rows go: those that begin and end a field. Where some fields
/// need theirs and others have quotes where no writer of CSV puts them, both readings are wrong.
QuoteEvidence doubt(const Count& count) {
  return {false, count.quoted_rows, count.first_line};
}

}  // namespace

QuoteEvidence examine_quotes(std::string_view records, char separator,
                             const std::function<void()>& pause) {
  if (!has_quote(records, pause)) return {};
  const Count count = count_quotes(records, separator, pause);
  if (count.quoted_rows == 0) return {};
  if (count.stray) return count.needed > 0 ? doubt(count) : QuoteEvidence{};
  const bool nearly_all = 10 * count.quoted_rows >= 9 * count.rows && count.rows > 1;
  const bool are_needed = count.needed > 0 || count.first_row || nearly_all;
  return are_needed ? QuoteEvidence{.are_of_the_file = true} : doubt(count);
}

}  // namespace unroll
