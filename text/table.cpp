#include "unroll/text/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/columns.h"
#include "unroll/text/csv.h"
#include "unroll/text/tsv.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

std::string count_of_columns(std::size_t count) {
  return fmt::format("{} column{}", count, count == 1 ? "" : "s");
}

std::string name_of(char separator) {
  switch (separator) {
    case '\t':
      return "a tab";
    case ',':
      return "a comma";
    case ';':
      return "a semicolon";
    default:
      return in_quotes({&separator, 1});
  }
}

bool is_empty(std::string_view field) {
  return trim(field).empty();
}

/// A field over several lines that may be records themselves, between two quotes that are texts'.
struct Suspect {
  std::size_t line;
  std::size_t lines;
  std::string label;  // of the first line that may be a record
};

/// The first row, and what the others say about whether it names the columns.
struct FirstRow {
  std::size_t line = 0;
  std::string text;
  std::string label;
  std::size_t same = 0;            // other rows with its label
  bool others_are_numbers = true;  // all other labels
};

bool is_number(std::string_view label) {
  return !label.empty() && label.find_first_not_of("0123456789+-.") == std::string_view::npos;
}

/// Names that columns of texts and labels have in many files.
bool is_column_name(std::string_view cell) {
  constexpr std::string_view kNames[] = {
      "text",     "label",    "labels", "sentence", "review",    "comment", "content",  "message",
      "body",     "title",    "tweet",  "document", "utterance", "class",   "category", "sentiment",
      "target",   "y",        "tag",    "topic",    "rating",    "stars",   "score",    "intent",
      "polarity", "question", "v1",     "v2",       "文本",      "标签",    "内容",     "类别"};
  return std::ranges::find(kNames, std::string_view(nfkc_casefold(cell))) != std::end(kNames);
}

/// Whether the columns have numbers for names, as a table has that was written without names.
bool are_counted(const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != std::to_string(i) && names[i] != std::to_string(i + 1)) return false;
  }
  return true;
}

/// `Rows`: CsvReader or TsvReader.
template <typename Rows>
class TableReader final : public RecordReader {
 public:
  TableReader(const Source& source, const Layout& layout, const ReadOptions& options,
              ReadReport& report)
      : RecordReader(source, options),
        layout_(layout),
        rows_(source.content.substr(layout.skipped), layout.separator) {
    begin(report);
  }

  bool next(Record& record) override;
  void finish(ReadReport& report) const override;
  const std::vector<std::string>& column_names() const override { return names_; }
  std::vector<std::string_view> cells() const override { return at_.fields; }

 private:
  void begin(ReadReport& report);
  bool next_row();
  void check_row();
  bool is_padding() const;
  bool is_header() const;
  void take_header();
  void check_width() const;
  std::string text() const;
  void suspect();
  void compare_with_first();
  void check_first_row(ReadReport& report) const;
  [[noreturn]] void fail_with(const RowError& error) const {
    fail(error.line + skipped_lines(), error.column, error.what(), {"quoting", "bad_rows=skip"});
  }
  /// Excel's `sep=` line is a line, too.
  std::size_t skipped_lines() const {
    const std::string_view skipped = source_.content.substr(0, layout_.skipped);
    return static_cast<std::size_t>(std::ranges::count(skipped, '\n'));
  }

  Layout layout_;
  Rows rows_;
  Row at_;
  bool is_held_ = false;  // the first row is data, and is still to be given
  Columns columns_;
  std::vector<std::string> names_;
  std::size_t width_ = 0;
  std::size_t headers_ = 0;  // in the middle
  FirstRow first_;
  std::set<std::string, std::less<>> labels_;
  std::vector<Suspect> suspects_;
};

template <typename Rows>
void TableReader<Rows>::begin(ReadReport& report) {
  try {
    if (!next_row()) return;
  } catch (const RowError& error) {
    throw DataError({source_.name, error.line + skipped_lines(), error.column}, error.what());
  }
  width_ = at_.fields.size();
  is_held_ = !options_.header;
  if (options_.header) {
    check_utf8(at_.raw, at_.line);
    take_header();
    std::string warning;
    columns_ = columns_by_name(at_, options_, source_.name, warning);
    if (options_.labels) compare_with_first();
    if (!warning.empty()) report.warn(std::move(warning));
  } else {
    for (std::size_t i = 0; i < width_; ++i) names_.push_back(std::to_string(i + 1));
    columns_ = columns_by_number(options_);
  }
}

template <typename Rows>
bool TableReader<Rows>::next_row() {
  if (!rows_.next(at_)) return false;
  at_.line += skipped_lines();
  return true;
}

template <typename Rows>
void TableReader<Rows>::take_header() {
  names_.clear();
  for (const std::string_view field : at_.fields) names_.emplace_back(trim(field));
}

template <typename Rows>
bool TableReader<Rows>::is_padding() const {
  return options_.labels && at_.fields.size() > 1 && std::ranges::all_of(at_.fields, is_empty);
}

/// Whether files were joined here: the row is the header once more, or another one that has the
/// wanted names.
template <typename Rows>
bool TableReader<Rows>::is_header() const {
  if (!options_.header || (width_ == 1 && !at_.has_mark)) return false;
  const std::string_view name = names_[columns_.texts.front()];
  const auto is_name = [&](std::string_view field) {  // a text is too long to be trimmed for this
    constexpr std::size_t kMostBlanks = 8;
    return field.size() <= name.size() + kMostBlanks && trim(field) == name;
  };
  if (std::ranges::none_of(at_.fields, is_name)) return false;
  std::vector<std::string> cells;
  for (const std::string_view field : at_.fields) cells.emplace_back(trim(field));
  return cells == names_ || (!are_numbers(options_) && are_named(cells, options_));
}

/// A row that is not UTF-8 is a record, whatever it looks like: cells can't be trimmed before this.
template <typename Rows>
void TableReader<Rows>::check_row() {
  if (source_.is_utf8) return;
  ++row_;
  check_utf8(at_.raw, at_.line);
  --row_;
}

template <typename Rows>
bool TableReader<Rows>::next(Record& record) {
  while (true) {
    try {
      if (!std::exchange(is_held_, false) && !next_row()) return false;
    } catch (const RowError& error) {
      ++row_;
      fail_with(error);
    }
    check_row();
    if (is_padding()) continue;
    if (!is_header()) break;
    ++headers_;
    take_header();
    std::string no_warning;
    columns_ = columns_by_name(at_, options_, source_.name, no_warning);
    width_ = at_.fields.size();
  }
  ++row_;
  check_width();
  record.line = at_.line;
  record.text = text();
  record.label.clear();
  record.more_labels.clear();
  add_labels(at_.fields[columns_.label], at_.line, record);
  record.weight = columns_.weight ? checked_weight(at_.fields[*columns_.weight], at_.line) : 1;
  if (options_.labels) {
    compare_with_first();
    suspect();
  }
  return true;
}

template <typename Rows>
void TableReader<Rows>::compare_with_first() {
  const std::string_view label = trim(at_.fields[columns_.label]);
  if (first_.line == 0) {
    first_ = {.line = at_.line, .text = text(), .label = std::string(label)};
    return;
  }
  first_.same += label == first_.label;
  first_.others_are_numbers = first_.others_are_numbers && is_number(label);
}

/// A row may be read as a header, or a header as a row: its label tells.
template <typename Rows>
void TableReader<Rows>::check_first_row(ReadReport& report) const {
  const Place place{source_.name, first_.line};
  if (options_.header && are_numbers(options_) && first_.same > 0 && !are_counted(names_)) {
    throw mended_by({"header"},
                    DataError(place, fmt::format("this row is read as a header, but it looks like "
                                                 "data: {} other rows have its label {}",
                                                 first_.same, in_quotes(first_.label))));
  }
  if (options_.header || first_.same > 0 || row_ < 2 || is_number(first_.label)) return;
  const bool text_is_name = is_column_name(trim(first_.text)),
             label_is_name = is_column_name(first_.label);
  const std::string what =
      fmt::format("this row is read as data, but it looks like a header: text {}, label {}",
                  in_quotes(first_.text), in_quotes(first_.label));
  if (label_is_name && (text_is_name || first_.others_are_numbers))
    throw mended_by({"header"}, DataError(place, what));
  if (label_is_name || text_is_name) report.warn(to_string(place) + ": " + what);
}

template <typename Rows>
void TableReader<Rows>::check_width() const {
  const std::size_t count = at_.fields.size(), needed = columns_.most + 1;
  const std::string separator = name_of(layout_.separator);
  if (count < needed) {
    const std::string label =
        options_.labels ? fmt::format(", label is column {}", columns_.label + 1) : "";
    fail(at_.line, 0,
         fmt::format("{}, expected at least {} (text is column {}{}); is the separator "
                     "{}?",
                     count_of_columns(count), needed, columns_.texts.front() + 1, label, separator),
         {"separator"});
  }
  if (count <= width_ || std::all_of(at_.fields.begin() + static_cast<std::ptrdiff_t>(width_),
                                     at_.fields.end(), is_empty))
    return;
  fail(
      at_.line, 0,
      fmt::format("{}, the first row has {}; {}", count_of_columns(count), width_,
                  layout_.has_quotes ? fmt::format("put a field that holds {} in quotes", separator)
                                     : fmt::format("is there {} inside a text?", separator)),
      {"separator", "quoting"});
}

template <typename Rows>
std::string TableReader<Rows>::text() const {
  std::string text(at_.fields[columns_.texts.front()]);
  for (std::size_t i = 1; i < columns_.texts.size(); ++i) {
    const std::string_view more = at_.fields[columns_.texts[i]];
    if (!text.empty() && !more.empty()) text += ' ';
    text += more;
  }
  return text;
}

/// Looks at the fields of several lines whether each line would be a row.
template <typename Rows>
void TableReader<Rows>::suspect() {
  constexpr std::size_t kMostSuspects = 1000, kMostLabels = 1000;
  const std::string_view label = trim(at_.fields[columns_.label]);
  if (labels_.size() < kMostLabels && !labels_.contains(label)) labels_.emplace(label);
  if (!layout_.has_quotes || at_.raw.find('\n') == std::string_view::npos) return;
  for (const std::string_view field : at_.fields) {
    const std::size_t begin = field.find('\n');
    if (begin == std::string_view::npos || suspects_.size() == kMostSuspects) continue;
    Row row;
    TsvReader lines(field.substr(begin + 1), layout_.separator);
    Suspect suspect{at_.line, 1, ""};
    bool are_rows = true;
    for (; are_rows && lines.next(row); ++suspect.lines) {
      are_rows = row.fields.size() == width_;
      if (are_rows && suspect.label.empty()) suspect.label = trim(row.fields[columns_.label]);
    }
    if (are_rows) suspects_.push_back(std::move(suspect));
  }
}

template <typename Rows>
void TableReader<Rows>::finish(ReadReport& report) const {
  if (options_.labels) check_first_row(report);
  if (headers_ > 0) {
    report.note(fmt::format("{}: {} rows in the middle are headers of joined files, and no records",
                            source_.name, headers_));
  }
  if (layout_.in_doubt > 0) {
    report.warn(fmt::format(
        "{}: the quotes around fields are read as a part of the texts ({} rows, the first is in "
        "line {}); read them as CSV's if they are",
        source_.name, layout_.in_doubt, layout_.doubt_line + skipped_lines()));
  }
  const auto is_real = [&](const Suspect& suspect) { return labels_.contains(suspect.label); };
  const auto first = std::ranges::find_if(suspects_, is_real);
  if (first == suspects_.end()) return;
  report.warn(fmt::format(
      "{}:{}: one field in quotes has {} lines that look like records of their own (label {}); is "
      "a quote in a text taken for its beginning? {} such fields",
      source_.name, first->line, first->lines, in_quotes(first->label),
      std::ranges::count_if(suspects_, is_real)));
}

}  // namespace

std::unique_ptr<RecordReader> make_table_reader(const Source& source, const Layout& layout,
                                                const ReadOptions& options, ReadReport& report) {
  if (layout.has_quotes)
    return std::make_unique<TableReader<CsvReader>>(source, layout, options, report);
  return std::make_unique<TableReader<TsvReader>>(source, layout, options, report);
}

}  // namespace unroll
