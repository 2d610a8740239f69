/// Word vectors in word2vec's binary form: for each word its bytes, a blank, E floats; some writers
/// end a row with a line feed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/text/utf8.h"
#include "unroll/text/vector_readers.h"

namespace unroll {

namespace {

/// No word is so long. word2vec itself cuts words at 100 bytes, and fastText's are single lines.
constexpr std::size_t kLongestWord = 1 << 16;
/// A word that holds blanks has its end within so many bytes.
constexpr std::size_t kLongestPhrase = 200;

/// A trained vector's values are zero or of these sizes. Bytes that are read out of step are
/// floats of any exponent.
bool is_plausible(float value) {
  const float size = std::abs(value);
  return size == 0 || (size > 1e-20f && size < 1e6f);
}

class Word2vecReader {
 public:
  Word2vecReader(ByteWindow& window, WantedVectors& wanted)
      : window_(window), wanted_(wanted), values_(wanted.dimension()) {}

  void read() {
    while (next_row()) {
    }
  }

 private:
  std::size_t vector_bytes() const { return values_.size() * sizeof(float); }
  bool next_row();
  std::size_t word_end(std::size_t from);
  std::size_t plausible_end(std::size_t first);
  bool read_values(std::size_t end);
  void use(std::string_view word);
  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: row {}: {}", window_.name(), row_, what));
  }

  ByteWindow& window_;
  WantedVectors& wanted_;
  std::size_t row_ = 0;
  std::vector<float> values_;  // of the row at hand
};

bool Word2vecReader::next_row() {
  ++row_;
  while (window_.need(1) && window_.view().front() == '\n') window_.take(1);
  if (!window_.need(1)) return false;
  const std::size_t end = plausible_end(word_end(0));
  if (!read_values(end)) {
    wanted_.refuse({window_.name()}, fmt::format("row {}: the file is cut off here", row_), false);
    return false;
  }
  use(window_.view().substr(0, end));
  window_.take(end + 1 + vector_bytes());
  return true;
}

/// The next blank.
std::size_t Word2vecReader::word_end(std::size_t from) {
  std::size_t end = window_.view().find(' ', from);
  for (std::size_t size = 0; end == std::string_view::npos; end = window_.view().find(' ', from)) {
    if (window_.view().size() > kLongestWord || size == window_.view().size())
      fail("no blank ends the word; is the file damaged, or cut off here?");
    size = window_.view().size();
    window_.need(size + 1);
  }
  return end;
}

/// A word may itself be or hold a blank. Then the floats behind its first blank are out of step,
/// and those behind a later one are not.
std::size_t Word2vecReader::plausible_end(std::size_t first) {
  const auto is_in_step = [&](std::size_t end) {
    return read_values(end) && std::ranges::all_of(values_, is_plausible);
  };
  if (!read_values(first) || is_in_step(first)) return first;
  const std::string_view near = window_.view().substr(0, first + kLongestPhrase);
  std::vector<std::size_t> ends;
  for (std::size_t end = first; (end = near.find(' ', end + 1)) != std::string_view::npos;)
    ends.push_back(end);
  const auto found = std::ranges::find_if(ends, is_in_step);
  return found == ends.end() ? first : *found;
}

/// The floats behind the blank at `end`; false if the file ends before.
bool Word2vecReader::read_values(std::size_t end) {
  if (!window_.need(end + 1 + vector_bytes())) return false;
  std::memcpy(values_.data(), window_.view().data() + end + 1, vector_bytes());
  return true;
}

void Word2vecReader::use(std::string_view word) {
  const Place place{window_.name()};
  if (invalid_utf8(word)) return wanted_.skip_nameless();
  const auto want = wanted_.find(word);
  if (!want) return;
  if (!std::ranges::all_of(values_, [](float value) { return std::isfinite(value); })) {
    return wanted_.refuse(
        place, fmt::format("row {}: a value is not a finite number; mend or remove the row", row_),
        true);
  }
  std::ranges::copy(values_, wanted_.accept(*want).begin());
}

}  // namespace

void read_word2vec_vectors(ByteWindow& window, WantedVectors& wanted) {
  Word2vecReader(window, wanted).read();
}

}  // namespace unroll
