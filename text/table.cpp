#include "unroll/text/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/columns.h"
#include "unroll/text/counted.h"
#include "unroll/text/csv.h"
#include "unroll/text/tsv.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

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
  std::size_t repeats = 0;         // of these, with its text
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
  [[noreturn]] void fail_short() const;
  bool has_row_numbers() const;
  void refuse_other_first_line() const;
  void doubt_first_row(ReadReport& report) const;
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
    refuse_other_first_line();
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

/// A first line that names no column, though another separator or a later line does.
template <typename Rows>
void TableReader<Rows>::refuse_other_first_line() const {
  if (are_numbers(options_) || are_named(names_, options_)) return;
  const std::string_view content = source_.content.substr(layout_.skipped);
  if (const std::size_t line = line_of_names(content, options_); line > 1) {
    throw DataError({source_.name, at_.line},
                    fmt::format("the columns are named in line {}; remove what is above it (`tail "
                                "-n +{}` prints the rest)",
                                line + skipped_lines(), line + skipped_lines()));
  }
  const std::string between = names_.size() == 1 ? between_names(at_.raw, options_) : "";
  if (between.empty()) return;
  const Place place{source_.name, at_.line};
  const std::string what = fmt::format("the columns are separated by {}", in_quotes(between));
  if (between.size() == 1) {
    throw mended_by({"separator"}, DataError(place, what + ", which has to be named"));
  }
  throw DataError(
      place, fmt::format("{}; make tabs of them, e.g. with `sed 's/{}/\\t/g'`", what, between));
}

template <typename Rows>
void TableReader<Rows>::take_header() {
  names_.clear();
  for (const std::string_view field : at_.fields) names_.emplace_back(trim(field));
}

template <typename Rows>
bool TableReader<Rows>::is_padding() const {
  return options_.labels && width_ > 1 && std::ranges::all_of(at_.fields, is_empty);
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
  const bool is_same = label == first_.label;
  first_.same += is_same;
  first_.repeats += is_same && text() == first_.text;
  first_.others_are_numbers = first_.others_are_numbers && is_number(label);
}

/// A row may be read as a header, or a header as a row: its label tells.
template <typename Rows>
void TableReader<Rows>::check_first_row(ReadReport& report) const {
  const Place place{source_.name, first_.line};
  if (options_.header && are_numbers(options_) && first_.same > 0 && !are_counted(names_)) {
    throw mended_by(
        {"header"},
        DataError(place, fmt::format("this row is read as a header, but it looks like "
                                     "data: {} other {} its label {}",
                                     first_.same, by_count(first_.same, "row has", "rows have"),
                                     in_quotes(first_.label))));
  }
  if (options_.header || first_.same > first_.repeats || row_ < 2 || is_number(first_.label))
    return;
  const bool text_is_name = is_column_name(trim(first_.text)),
             label_is_name = is_column_name(first_.label);
  const std::string what =
      fmt::format("this row is read as data, but it looks like a header: text {}, label {}",
                  in_quotes(first_.text), in_quotes(first_.label));
  if (label_is_name && (text_is_name || first_.others_are_numbers))
    throw mended_by({"header"}, DataError(place, what));
  if (label_is_name || text_is_name) return report.warn(to_string(place) + ": " + what);
  doubt_first_row(report);
}

/// Its label is that of no other row, while the others share few: it may be a column's name.
template <typename Rows>
void TableReader<Rows>::doubt_first_row(ReadReport& report) const {
  constexpr std::size_t kFewestRows = 20, kRowsOfALabel = 5;
  if (row_ < kFewestRows || kRowsOfALabel * labels_.size() > row_) return;
  report.warn(fmt::format("{}: no other row has the label {} of this one{}; is it a header?",
                          to_string(Place{source_.name, first_.line}), in_quotes(first_.label),
                          first_.repeats > 0
                              ? fmt::format(", but for {} that {} it", first_.repeats,
                                            by_count(first_.repeats, "repeats", "repeat"))
                              : ""));
}

template <typename Rows>
void TableReader<Rows>::fail_short() const {
  const std::string label =
      options_.labels ? fmt::format(", label is column {}", columns_.label + 1) : "";
  const std::string what = fmt::format("{}, expected at least {} (text is column {}{})",
                                       counted(at_.fields.size(), "column"), columns_.most + 1,
                                       columns_.texts.front() + 1, label);
  if (width_ <= columns_.most)  // so is the first row: nothing says that the separator is right
    fail(at_.line, 0, fmt::format("{}; is the separator {}?", what, name_of(layout_.separator)),
         {"separator"});
  fail(at_.line, 0, what + "; the row is cut off or no record: mend it, or leave it out",
       {"bad_rows=skip"});
}

/// R's write.table numbers the rows, and gives that column no name.
template <typename Rows>
bool TableReader<Rows>::has_row_numbers() const {
  return options_.header && row_ == 1 && at_.fields.size() == width_ + 1 &&
         is_number(trim(at_.fields.front()));
}

template <typename Rows>
void TableReader<Rows>::check_width() const {
  const std::size_t count = at_.fields.size();
  if (count <= columns_.most) fail_short();
  if (count <= width_ || std::all_of(at_.fields.begin() + static_cast<std::ptrdiff_t>(width_),
                                     at_.fields.end(), is_empty))
    return;
  const std::string what =
      fmt::format("{}, the first row has {}; ", counted(count, "column"), width_);
  if (has_row_numbers())
    fail(at_.line, 0,
         what +
             "the rows begin with their numbers, as R writes them: give that column a name, the "
             "first one of the first line (write.table: col.names = NA)");
  const std::string separator = name_of(layout_.separator);
  fail(at_.line, 0,
       what + (layout_.has_quotes ? fmt::format("put a field that holds {} in quotes", separator)
                                  : fmt::format("is there {} inside a text?", separator)),
       {"separator", "quoting", "bad_rows=skip"});
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
    report.note(fmt::format("{}: {} in the middle {} of joined files, and no {}", source_.name,
                            counted(headers_, "row"),
                            by_count(headers_, "is a header", "are headers"),
                            by_count(headers_, "record", "records")));
  }
  if (layout_.in_doubt > 0) {
    report.warn(fmt::format(
        "{}: the quotes around fields are read as a part of the texts ({}, the first is in "
        "line {}); read them as CSV's if they are",
        source_.name, counted(layout_.in_doubt, "row"), layout_.doubt_line + skipped_lines()));
  }
  const auto is_real = [&](const Suspect& suspect) { return labels_.contains(suspect.label); };
  const auto first = std::ranges::find_if(suspects_, is_real);
  if (first == suspects_.end()) return;
  report.warn(fmt::format(
      "{}:{}: one field in quotes has {} lines that look like records of their own (label {}); is "
      "a quote in a text taken for its beginning? {}",
      source_.name, first->line, first->lines, in_quotes(first->label),
      counted(static_cast<std::size_t>(std::ranges::count_if(suspects_, is_real)), "such field")));
}

}  // namespace

std::unique_ptr<RecordReader> make_table_reader(const Source& source, const Layout& layout,
                                                const ReadOptions& options, ReadReport& report) {
  if (layout.has_quotes)
    return std::make_unique<TableReader<CsvReader>>(source, layout, options, report);
  return std::make_unique<TableReader<TsvReader>>(source, layout, options, report);
}

}  // namespace unroll
