/// Word vectors as text: `word v1 … vE` a line, with blanks or tabs between.
///
/// The last E fields of a line are the vector, so a word may hold blanks. Most lines belong to
/// words that nobody wants: of these only the blanks are counted.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "unroll/text/utf8.h"
#include "unroll/text/vector_readers.h"

namespace unroll {

namespace {

constexpr std::string_view kGaps = " \t";

bool is_blank_byte(char c) {
  return c == ' ' || c == '\t';
}

std::string_view without_blanks_behind(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kGaps) + 1);  // npos + 1 is 0: nothing but blanks
}

/// Cuts the last field off `text`, and the blanks before it.
std::string_view take_last_field(std::string_view& text) {
  const std::size_t begin = text.find_last_of(kGaps) + 1;
  const std::string_view field = text.substr(begin);
  text = without_blanks_behind(text.substr(0, begin));
  return field;
}

template <typename Number>
std::optional<Number> parse(std::string_view field) {
  Number number{};
  const char* end = field.data() + field.size();
  const auto [parsed, error] = std::from_chars(field.data(), end, number);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return number;
}

/// A finite float. One too small for a float is 0.
std::optional<float> parse_value(std::string_view field) {
  if (field.starts_with('+')) field.remove_prefix(1);
  if (const auto value = parse<float>(field)) return std::isfinite(*value) ? value : std::nullopt;
  const auto wide = parse<double>(field);
  return wide && std::abs(*wide) < 1 ? std::optional(0.0f) : std::nullopt;
}

/// A line, split where its vector begins.
struct VectorRow {
  std::string_view word;
  std::string_view values;
};

/// The text reader: one line at a time.
class TextReader {
 public:
  TextReader(ByteWindow& window, WantedVectors& wanted)
      : window_(window), wanted_(wanted), values_(wanted.dimension()) {}

  void read() {
    for (std::string_view line; window_.take_line(line);) {
      if (!without_blanks_behind(line).empty()) read_row(without_blanks_behind(line));
    }
  }

 private:
  void read_row(std::string_view line);
  VectorRow split(std::string_view line) const;
  bool parse_values(std::string_view values);
  std::string why_broken(std::string_view line) const;
  std::string about_length(std::string_view line) const;
  void refuse(const std::string& why, bool counted) {
    wanted_.refuse({window_.name(), window_.line_number()}, why, counted);
  }

  ByteWindow& window_;
  WantedVectors& wanted_;
  std::vector<float> values_;  // of the line at hand
};

void TextReader::read_row(std::string_view line) {
  const VectorRow row = split(line);
  if (row.values.empty()) return refuse(why_broken(line), false);
  if (invalid_utf8(row.word)) return wanted_.skip_nameless();
  const auto want = wanted_.find(row.word);
  if (!want) return;
  if (!parse_values(row.values)) return refuse(why_broken(line), true);
  std::ranges::copy(values_, wanted_.accept(*want).begin());
}

/// No values if the line can't be split. A line with one blank before each value is split without
/// a look at the values.
VectorRow TextReader::split(std::string_view line) const {
  const auto blanks = static_cast<std::size_t>(std::ranges::count_if(line, is_blank_byte));
  if (blanks == wanted_.dimension()) {
    const std::size_t end = line.find_first_of(kGaps);
    return {line.substr(0, end), line.substr(end + 1)};
  }
  std::string_view word = line;
  for (std::size_t i = 0; i < wanted_.dimension(); ++i) {
    if (word.empty() || !parse_value(take_last_field(word))) return {};
  }
  const bool is_nameless = word.empty() && is_blank_byte(line.front());
  if ((word.empty() && !is_nameless) || !about_length(line).empty()) return {};
  return {word, line.substr(word.size())};
}

/// False if they are fewer than E, or one is no number.
bool TextReader::parse_values(std::string_view values) {
  for (std::size_t i = values_.size(); i-- > 0;) {
    const auto value = values.empty() ? std::nullopt : parse_value(take_last_field(values));
    if (!value) return false;
    values_[i] = *value;
  }
  return true;
}

std::string TextReader::why_broken(std::string_view line) const {
  const std::size_t values = count_fields(line) - 1;
  if (values < wanted_.dimension()) {
    return fmt::format(
        "row has {} values, expected {}; is the file cut off here, or the header's "
        "number of values wrong?",
        values, wanted_.dimension());
  }
  std::string_view rest = line;
  for (std::size_t i = wanted_.dimension(); i-- > 0;) {
    const std::string_view field = take_last_field(rest);
    if (!parse_value(field))
      return fmt::format("value {} is {}, expected a finite number; mend or remove the row", i + 1,
                         in_quotes(field));
  }
  return about_length(line);
}

/// What is left before the vector is the word. If all but its beginning are numbers, the vector is
/// too long.
std::string TextReader::about_length(std::string_view line) const {
  for (std::size_t i = 0; i < wanted_.dimension(); ++i) take_last_field(line);
  std::size_t more = 0;
  for (; line.find_first_of(kGaps) != std::string_view::npos; ++more) {
    if (!parse_value(take_last_field(line))) return "";
  }
  if (more == 0) return "";
  return fmt::format("row has {} values, expected {}", wanted_.dimension() + more,
                     wanted_.dimension());
}

}  // namespace

std::size_t count_fields(std::string_view text) {
  std::size_t count = 0;
  for (text = without_blanks_behind(text); !text.empty(); ++count) take_last_field(text);
  return count;
}

bool ends_in_values(std::string_view line, std::size_t dimension) {
  line = without_blanks_behind(line);
  for (std::size_t i = 0; i < dimension; ++i) {
    if (line.empty() || !parse_value(take_last_field(line))) return false;
  }
  return true;
}

std::optional<VectorHeader> vector_header(std::string_view line) {
  line = without_blanks_behind(line);
  const auto dimension = parse<std::size_t>(take_last_field(line));
  const auto rows = parse<std::size_t>(line);
  return rows && dimension ? std::optional(VectorHeader{*rows, *dimension}) : std::nullopt;
}

void read_text_vectors(ByteWindow& window, WantedVectors& wanted) {
  TextReader(window, wanted).read();
}

}  // namespace unroll
