#include "unroll/text/word_vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "unroll/core/error.h"
#include "unroll/text/line_stream.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::size_t kLinesAtATime = 256;
/// A value and the blank before it take two bytes.
constexpr std::size_t kMostValues = LineStream::kLongestLine / 2;

std::string_view without_blanks_behind(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);  // npos + 1 is 0: nothing but blanks
}

/// Cuts the last field off `text`, and the blanks before it.
std::string_view take_last_field(std::string_view& text) {
  const std::size_t begin = text.find_last_of(kBlanks) + 1;
  const std::string_view field = text.substr(begin);
  text = without_blanks_behind(text.substr(0, begin));
  return field;
}

std::size_t count_fields(std::string_view text) {
  std::size_t count = 0;
  for (text = without_blanks_behind(text); !text.empty(); ++count) take_last_field(text);
  return count;
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
  if (const auto value = parse<float>(field)) return std::isfinite(*value) ? value : std::nullopt;
  const auto wide = parse<double>(field);
  return wide && std::abs(*wide) < 1 ? std::optional(0.0f) : std::nullopt;
}

/// The dimension in word2vec's first line, `count dimension`.
std::optional<std::size_t> header_dimension(std::string_view line) {
  line = without_blanks_behind(line);
  const auto dimension = parse<std::size_t>(take_last_field(line));
  return parse<std::size_t>(line) ? dimension : std::nullopt;
}

/// How well the vector at hand fits a vocabulary entry.
enum class Match : std::uint8_t { kNone, kFolded, kExact };

class VectorReader {
 public:
  VectorReader(const std::string& path, const Vocabulary& vocabulary)
      : lines_(path), vocabulary_(vocabulary), matches_(vocabulary.size(), Match::kNone) {}

  WordVectors read();

 private:
  void read_line(const Line& line);
  void begin(std::size_t dimension, std::size_t line);
  void read_row(const Line& line);
  void read_values(std::string_view& row, std::size_t line);
  [[noreturn]] void fail_short(std::string_view row, std::size_t line) const;
  void check_word(std::string_view word, const Line& line) const;
  void keep(std::string_view word);
  [[noreturn]] void fail(std::size_t line, const std::string& what) const {
    throw DataError({lines_.name(), line}, what);
  }

  LineStream lines_;
  const Vocabulary& vocabulary_;
  std::vector<Match> matches_;  // one per entry
  std::vector<float> values_;   // of the line at hand
  WordVectors result_;
};

WordVectors VectorReader::read() {
  for (auto block = lines_.read(kLinesAtATime); !block.empty(); block = lines_.read(kLinesAtATime))
    for (const Line& line : block) read_line(line);
  if (result_.table.empty())
    throw DataError(fmt::format("{}: the file holds no word vectors", lines_.name()));
  for (const Match match : matches_) result_.present.push_back(match != Match::kNone);
  result_.found =
      static_cast<std::size_t>(std::count(result_.present.begin(), result_.present.end(), true));
  return std::move(result_);
}

void VectorReader::read_line(const Line& line) {
  if (without_blanks_behind(line.text).empty()) return;
  if (result_.dimension == 0) {
    const auto dimension = header_dimension(line.text);
    begin(dimension.value_or(count_fields(line.text) - 1), line.number);
    if (dimension) return;
  }
  read_row(line);
}

void VectorReader::begin(std::size_t dimension, std::size_t line) {
  if (dimension == 0)
    fail(line, "expected a word and its vector, `word v1 … vE`, or word2vec's `count dimension`");
  if (dimension > kMostValues) {
    fail(line, fmt::format("the header promises vectors of {} values, more than a line can hold",
                           dimension));
  }
  result_.dimension = dimension;
}

void VectorReader::read_row(const Line& line) {
  std::string_view rest = without_blanks_behind(line.text);
  read_values(rest, line.number);
  check_word(rest, line);
  // Only now that a row has proved the dimension: a damaged header must not ask for terabytes.
  if (result_.table.empty()) result_.table = Tensor<float>({vocabulary_.size(), result_.dimension});
  keep(rest);
}

/// Takes the last E fields off the row.
void VectorReader::read_values(std::string_view& row, std::size_t line) {
  const std::string_view whole = row;
  if (whole.size() < 2 * result_.dimension) fail_short(whole, line);
  values_.resize(result_.dimension);
  for (std::size_t i = result_.dimension; i-- > 0;) {
    const std::string_view field = take_last_field(row);
    const auto value = row.empty() ? std::nullopt : parse_value(field);
    if (value) {
      values_[i] = *value;
      continue;
    }
    if (count_fields(whole) < result_.dimension + 1) fail_short(whole, line);
    fail(line, fmt::format("value {} is {}, expected a finite number", i + 1, in_quotes(field)));
  }
}

void VectorReader::fail_short(std::string_view row, std::size_t line) const {
  fail(line, fmt::format("row has {} values, expected {}; is the file cut off here?",
                         count_fields(row) - 1, result_.dimension));
}

/// What is left before the vector is the word. If all but its beginning are numbers, the vector is
/// too long.
void VectorReader::check_word(std::string_view word, const Line& line) const {
  std::size_t numbers = 0;
  while (word.find_first_of(kBlanks) != std::string_view::npos) {
    if (!parse_value(take_last_field(word))) return;
    ++numbers;
  }
  if (numbers > 0) {
    fail(line.number, fmt::format("row has {} values, expected {}", result_.dimension + numbers,
                                  result_.dimension));
  }
}

void VectorReader::keep(std::string_view word) {
  Match match = Match::kExact;
  std::int32_t id = vocabulary_.id(word);
  if (id == Vocabulary::kUnknown && word != Vocabulary::kUnknownToken) {
    match = Match::kFolded;
    id = vocabulary_.id(nfkc_casefold(word));
    if (id == Vocabulary::kUnknown) return;
  }
  const auto entry = static_cast<std::size_t>(id);
  if (matches_[entry] >= match) return;
  matches_[entry] = match;
  std::copy(values_.begin(), values_.end(), result_.table.matrix().row(entry).begin());
}

}  // namespace

WordVectors read_word_vectors(const std::string& path, const Vocabulary& vocabulary) {
  return VectorReader(path, vocabulary).read();
}

}  // namespace unroll
