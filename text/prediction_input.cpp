#include "unroll/text/prediction_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/columns.h"
#include "unroll/text/csv.h"
#include "unroll/text/fast_text.h"
#include "unroll/text/json_extent.h"
#include "unroll/text/json_object.h"
#include "unroll/text/labels.h"
#include "unroll/text/lines.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::size_t kLinesPerRead = 256;

/// Whether the first object has the keys of the text.
bool has_text_keys(std::string_view content, const ReadOptions& options) {
  const std::size_t begin = content.find('{');
  if (begin == std::string_view::npos) return false;
  const JsonExtent extent = extent_of_json(content, begin);
  if (!extent.is_whole) return false;
  JsonObject object;
  const auto keys = parts_of(options.text_column);
  for (const std::string& key : keys) object.want(key);
  return object.parse(content.substr(begin, extent.end - begin)) == 0 &&
         std::ranges::all_of(keys, [&](const auto& key) { return object[key].type != nullptr; });
}

/// Whether the lines behind the first are cut into as many cells, at least half of them: a first
/// line of a text may hold a comma, and a word that is a column's name. Fields in quotes may hold
/// anything.
bool rows_agree(std::string_view content, char separator, std::size_t width) {
  constexpr std::size_t kLooked = 20;
  std::size_t rows = 0, alike = 0;
  // There may be more to come of the last line.
  LineReader lines(content.substr(0, content.find_last_of("\r\n") + 1));
  for (Line line; rows <= kLooked && lines.next(line);) {
    if (line.text.empty()) continue;
    if (line.text.find('"') != std::string_view::npos) return true;
    const auto cells = static_cast<std::size_t>(std::ranges::count(line.text, separator)) + 1;
    alike += rows++ > 0 && cells == width;
  }
  return width == 1 || rows < 2 || 2 * alike >= rows - 1;
}

/// Whether the first line names the columns of the text. A line that is only that name may be a
/// text of somebody who waits for its answer: then `is_regular` is false.
bool names_columns(std::string_view content, const Layout& layout, const ReadOptions& options,
                   bool is_regular) {
  std::string_view line = first_line_of(content.substr(layout.skipped));
  if (line.empty())
    line = first_line_of(content.substr(std::min(layout.skipped + 1, content.size())));
  const std::vector<std::string> cells = cells_of(line, layout.separator);
  return are_named(cells, options) && (cells.size() > 1 || is_regular) &&
         rows_agree(content.substr(layout.skipped), layout.separator, cells.size());
}

bool are_records(std::string_view content, const ReadOptions& options, bool is_regular) {
  const Layout layout = detect_layout(content, options);
  switch (layout.format) {
    case RecordFormat::kJson:
      return has_text_keys(content, options);
    case RecordFormat::kFastText:
      return true;
    case RecordFormat::kLines:
      return false;
    case RecordFormat::kTsv:
    case RecordFormat::kCsv:
      return names_columns(content, layout, options, is_regular);
  }
  return false;
}

/// Whether the first rows are single fields in quotes.
bool are_quoted(std::string_view content) {
  constexpr std::size_t kFewRows = 3, kRowsTried = 20;
  CsvReader rows(content, ',');
  Row row;
  std::size_t count = 0;
  try {
    for (; count < kRowsTried && rows.next(row); ++count) {
      if (row.fields.size() != 1 || !was_quoted(row.fields[0], row)) return false;
    }
  } catch (const RowError&) {
    return false;
  }
  return count >= kFewRows;
}

/// Whether the first line is the column's name in capitals or other letters than were asked for.
bool is_name_in_other_case(std::string_view content, const ReadOptions& options) {
  std::string_view line = trim(without_cr(first_line_of(content)));
  if (line.size() > 1 && line.starts_with('"') && line.ends_with('"'))
    line = line.substr(1, line.size() - 2);
  return options.header && nfkc_casefold(line) == nfkc_casefold(options.text_column);
}

/// What lines that are read as texts may be instead; "" if they look like texts.
std::string what_it_looks_like(std::string_view content, const ReadOptions& options,
                               bool is_regular) {
  if (invalid_utf8(first_line_of(content))) return "";
  if (detect_layout(content, options).format == RecordFormat::kJson)
    return fmt::format("JSON without the key {} in its first object",
                       in_quotes(options.text_column));
  if (!is_regular) return "";
  const std::size_t columns = even_columns(content);
  if (columns > 1) return fmt::format("a table of {} columns", columns);
  if (are_quoted(content)) return "CSV of one column, whose fields are in quotes";
  if (is_name_in_other_case(content, options))
    return fmt::format("a column with the name {}", in_quotes(without_cr(first_line_of(content))));
  return "";
}

std::string tsv_of(const std::vector<std::string_view>& cells) {
  std::string line;
  for (const std::string_view cell : cells) line += (line.empty() ? "" : "\t") + escaped(cell);
  return line;
}

/// The object on one line: line breaks within it are white space only.
std::string on_one_line(std::string_view object) {
  std::string line(object);
  std::ranges::replace_if(
      line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump();
}

/// The names as an object's keys: each once, in quotes. The second "a" is "a_2".
std::vector<std::string> keys_of(const std::vector<std::string>& names) {
  std::set<std::string> given;
  std::set<std::string> taken(names.begin(), names.end());
  std::vector<std::string> keys;
  for (const std::string& name : names) {
    std::string key = name;
    if (!given.insert(name).second) {
      for (std::size_t n = 2; !taken.insert(key).second; ++n) key = fmt::format("{}_{}", name, n);
    }
    keys.push_back(json_string(key));
  }
  return keys;
}

std::string json_of(const std::vector<std::string>& keys,
                    const std::vector<std::string_view>& cells) {
  std::string object;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    object += object.empty() ? '{' : ',';
    object += i < keys.size() ? keys[i] : json_string(std::to_string(i + 1));
    object += ':' + json_string(cells[i]);
  }
  return object.empty() ? "{}" : object + '}';
}

}  // namespace

PredictionInput::PredictionInput(const std::string& path, const PredictionInputOptions& options,
                                 ReadReport& report)
    : options_(options), lines_(path, options.reading.encoding) {
  const bool asks = options.layout == InputLayout::kByContent;
  if (options.layout == InputLayout::kLines || options.reading.format == RecordFormat::kLines)
    return;
  if (asks && !are_records(lines_.peek(), options.reading, lines_.is_regular())) {
    warn_of_records(report);
    return;
  }
  is_guess_ = asks;
  open_records(report);
  if (asks) {
    const RecordFormat format = records_->layout().format;
    const std::string what =
        format == RecordFormat::kFastText
            ? "its __label__ words are left out"
            : fmt::format("the texts are its {}", in_quotes(options.reading.text_column));
    report.note(fmt::format("{}: read as {}; {}", lines_.name(), to_string(format), what));
  }
}

void PredictionInput::open_records(ReadReport& report) {
  Source source;
  source.hold(lines_.take_all());
  source.name = lines_.name();
  source.encoding = lines_.encoding();
  source.is_doubtful = lines_.is_doubtful();
  source.is_utf8 = !invalid_utf8(source.content).has_value();
  records_ = std::make_unique<RecordFile>(std::move(source), options_.reading, report);
  if (options_.columns == InputColumns::kTsv && records_->layout().format == RecordFormat::kJson)
    throw mended_by({"jsonl"}, UsageError("JSON has no columns to append to: ask for JSON lines"));
}

/// Somebody who means records would get an answer for each line. A pipe may not have enough lines
/// of a table yet.
void PredictionInput::warn_of_records(ReadReport& report) {
  const std::string looks =
      what_it_looks_like(lines_.peek(), options_.reading, lines_.is_regular());
  if (looks.empty()) return;
  report.warn(
      fmt::format("{}: this looks like {}, and each line is read as one text; name the column of "
                  "the texts, or say that lines are plain",
                  lines_.name(), looks));
}

bool PredictionInput::next(InputText& text) {
  text.input.clear();
  text.error.clear();
  try {
    const bool is_there = records_ ? next_record(text) : next_line(text);
    if (is_there && options_.columns != InputColumns::kNone) text.input = columns_of(text.text);
    return is_there;
  } catch (const DataError& error) {
    if (options_.reading.bad_rows == BadRows::kFail) throw;
    bad_.add(error.what());
    text.error = error.what();
    return true;
  }
}

bool PredictionInput::next_line(InputText& text) {
  if (given_ == block_.size()) {
    given_ = 0;
    block_ = {};
    block_ = lines_.read(kLinesPerRead);
    if (block_.empty()) return false;
  }
  text.text = block_[given_++].text;
  return true;
}

bool PredictionInput::next_record(InputText& text) {
  Record record;
  try {
    if (!records_->reader().next(record)) return false;
  } catch (const DataError& error) {
    if (!is_guess_) throw;
    std::vector<std::string> options = error.options();  // it may be no table at all
    options.emplace_back("format=lines");
    throw mended_by(std::move(options), error);
  }
  text.text = std::move(record.text);
  return true;
}

/// The columns of the text that was read last.
std::string PredictionInput::columns_of(const std::string& text) {
  const bool is_tsv = options_.columns == InputColumns::kTsv;
  if (!is_tsv && names_ != column_names()) {
    names_ = column_names();
    keys_ = keys_of(names_);
  }
  if (!records_) return is_tsv ? escaped(text) : json_of(keys_, {text});
  const RecordReader& reader = records_->reader();
  if (reader.raw_json().empty())
    return is_tsv ? tsv_of(reader.cells()) : json_of(keys_, reader.cells());
  return on_one_line(reader.raw_json());
}

const std::vector<std::string>& PredictionInput::column_names() {
  static const std::vector<std::string> text_alone{"text"};
  return records_ ? records_->reader().column_names() : text_alone;
}

bool PredictionInput::ready() const noexcept {
  return records_ != nullptr || given_ < block_.size() || lines_.ready();
}

void PredictionInput::finish(ReadReport& report) const {
  if (records_) {
    records_->reader().finish(report);
  } else {
    report_encoding(lines_.name(), lines_.encoding(), lines_.is_doubtful(), report);
  }
  bad_.report(report);
}

}  // namespace unroll
