/// Word vectors from a fastText model, `.bin` (Bojanowski et al., "Enriching Word Vectors with
/// Subword Information", 2017). All numbers are little-endian:
///
///   int32   magic, version (11 or 12)
///   int32   dimension, ws, epoch, minCount, neg, wordNgrams, loss, model, buckets, shortest,
///           longest, lrUpdateRate; then double t
///   int32   entries, words, labels; then int64 tokens, pruned
///   entry   its bytes, a zero byte, int64 count, int8 type: 0 a word, 1 a label; the words first
///   pairs   int32, int32: one for each pruned n-gram
///   int8    whether the matrix is quantized; then int64 rows, columns, and the floats
///
/// The matrix has a row for each word, then one for each bucket. A word's vector is the mean of its
/// own row and those of its n-grams. An n-gram has `shortest` to `longest` characters of the word
/// between `<` and `>`, and its row is a hash of its bytes. A word that the model lacks has n-grams
/// too: that is what such a file is wanted for.
///
/// The rows that are needed are known once the words are read. The matrix is then read once, and
/// every row added wherever it belongs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/text/utf8.h"
#include "unroll/text/vector_readers.h"

namespace unroll {

namespace {

constexpr std::string_view kFastTextMagic = "\xBA\x16\x4F\x2F";
constexpr std::int32_t kVersions[] = {11, 12};
constexpr std::int32_t kSupervised = 3;
constexpr std::int8_t kWordType = 0;
constexpr std::string_view kLineEnd = "</s>";  // it has no n-grams
constexpr std::size_t kMostValues = 1 << 16;
constexpr std::size_t kLongestKey = 1 << 16;

struct Arguments {
  std::int32_t magic, version;
  std::int32_t dimension, ws, epoch, min_count, neg, word_ngrams, loss, model;
  std::int32_t buckets, shortest, longest, update_rate;
};
static_assert(std::is_trivially_copyable_v<Arguments> && sizeof(Arguments) == 14 * 4);

Arguments arguments_of(std::string_view bytes) {
  Arguments arguments;
  std::memcpy(&arguments, bytes.data(), sizeof arguments);
  return arguments;
}

/// The n-grams of version 11's classifiers are not used.
bool has_ngrams(const Arguments& arguments) {
  const bool is_old_classifier = arguments.version == 11 && arguments.model == kSupervised;
  return !is_old_classifier && arguments.longest > 0 && arguments.buckets > 0;
}

/// FNV-1a, with fastText's slip of bytes that have a sign.
std::uint32_t hash_of(std::string_view bytes) {
  std::uint32_t hash = 2166136261;
  for (const char c : bytes) {
    hash ^= static_cast<std::uint32_t>(static_cast<std::int8_t>(c));
    hash *= 16777619;
  }
  return hash;
}

/// Calls body with each n-gram of the word. A lone `<` or `>` is none.
template <typename Body>
void for_each_ngram(std::string_view word, const Arguments& arguments, Body body) {
  if (word == kLineEnd) return;
  const std::string marked = fmt::format("<{}>", word);
  std::vector<std::size_t> ends;  // of the characters
  for_each_character(marked, [&](std::string_view c) {
    ends.push_back((ends.empty() ? 0 : ends.back()) + c.size());
  });
  const auto longest = static_cast<std::size_t>(arguments.longest);
  const auto shortest = static_cast<std::size_t>(std::max(arguments.shortest, 1));
  for (std::size_t first = 0; first < ends.size(); ++first) {
    const std::size_t begin = first == 0 ? 0 : ends[first - 1];
    for (std::size_t n = shortest; n <= longest && first + n <= ends.size(); ++n) {
      const bool is_mark = n == 1 && (first == 0 || first + 1 == ends.size());
      if (!is_mark) body(std::string_view(marked).substr(begin, ends[first + n - 1] - begin));
    }
  }
}

/// A row of the matrix that belongs to a wanted vector.
struct Part {
  std::uint32_t row;
  std::uint32_t place;
  friend auto operator<=>(const Part&, const Part&) = default;
};

class FastTextModelReader {
 public:
  FastTextModelReader(ByteWindow& window, WantedVectors& wanted)
      : window_(window), wanted_(wanted) {}

  std::size_t read() {
    require(sizeof(Arguments) + sizeof(double));
    arguments_ = arguments_of(window_.view());
    window_.take(sizeof(Arguments) + sizeof(double));
    read_dictionary();
    read_matrix_head();
    find_parts();
    read_matrix();
    take_means();
    return words_;
  }

 private:
  /// A word of the file whose vector is wanted.
  struct Source {
    std::uint32_t row = 0;
    std::string word;
  };

  void require(std::size_t bytes) {
    if (!window_.need(bytes)) fail("the file is cut off");
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: fastText model: {}", window_.name(), what));
  }
  template <typename Number>
  Number take() {
    require(sizeof(Number));
    Number number;
    std::memcpy(&number, window_.view().data(), sizeof number);
    window_.take(sizeof number);
    return number;
  }
  std::string_view peek_word();
  void read_dictionary();
  void read_entry(std::size_t number);
  void use(std::string_view word, std::size_t number);
  void read_matrix_head();
  void find_parts();
  void add_part(std::size_t row, std::size_t place);
  void add_ngrams(std::string_view word, std::size_t place);
  void read_matrix();
  void add_row(std::span<const Part> parts);
  void take_means();

  ByteWindow& window_;
  WantedVectors& wanted_;
  Arguments arguments_{};
  std::size_t words_ = 0;
  std::size_t rows_ = 0;  // of the matrix
  bool pruned_ = false;
  std::vector<Source> sources_;        // by place
  std::vector<Part> parts_;            // by row
  std::vector<std::uint32_t> counts_;  // parts of each place
};

void FastTextModelReader::read_dictionary() {
  const auto entries = take<std::int32_t>();
  const auto words = take<std::int32_t>();
  take<std::int32_t>();  // labels
  take<std::int64_t>();  // tokens
  const auto pruned = take<std::int64_t>();
  if (words <= 0 || entries < words) fail("it has no words, or the file is damaged");
  words_ = static_cast<std::size_t>(words);
  for (std::size_t i = 0; i < static_cast<std::size_t>(entries); ++i) read_entry(i);
  pruned_ = pruned >= 0;
}

/// The bytes before the next zero byte; the window has what follows them, too.
std::string_view FastTextModelReader::peek_word() {
  constexpr std::size_t kBehind = 1 + sizeof(std::int64_t) + sizeof(std::int8_t);
  std::size_t size = 64;
  for (;; size *= 2) {
    window_.need(size);
    const std::size_t end = window_.view().find('\0');
    if (end != std::string_view::npos) {
      require(end + kBehind);
      return window_.view().substr(0, end);
    }
    if (size > kLongestKey || window_.view().size() < size)
      fail("a word has no end; the file is cut off, or damaged");
  }
}

void FastTextModelReader::read_entry(std::size_t number) {
  const std::string_view word = peek_word();
  const auto type =
      static_cast<std::int8_t>(window_.view()[word.size() + 1 + sizeof(std::int64_t)]);
  if ((type == kWordType) != (number < words_)) fail("its words and labels are mixed");
  if (type == kWordType) use(word, number);
  window_.take(word.size() + 1 + sizeof(std::int64_t) + sizeof(std::int8_t));
}

void FastTextModelReader::use(std::string_view word, std::size_t number) {
  if (invalid_utf8(word)) {
    return wanted_.refuse(
        {window_.name()},
        fmt::format("word {} ({}) is not valid UTF-8", number + 1, in_quotes(word)), false);
  }
  const auto want = wanted_.find(word);
  if (!want) return;
  wanted_.accept(*want);
  sources_.resize(std::max(sources_.size(), wanted_.places()));
  sources_[want->place] = {static_cast<std::uint32_t>(number), std::string(word)};
}

void FastTextModelReader::read_matrix_head() {
  const bool is_quantized = take<std::int8_t>() != 0;
  if (is_quantized || pruned_)
    fail("it is quantized (.ftz); give the .bin or .vec that it was made of");
  const auto rows = take<std::int64_t>();
  const auto columns = take<std::int64_t>();
  if (columns != arguments_.dimension || rows < static_cast<std::int64_t>(words_) ||
      rows > std::numeric_limits<std::uint32_t>::max()) {
    fail(fmt::format("its matrix is {}×{}, expected at least {} rows of {}; the file is damaged",
                     rows, columns, words_, arguments_.dimension));
  }
  rows_ = static_cast<std::size_t>(rows);
}

/// The rows that each wanted vector is the mean of, in the order of the file.
void FastTextModelReader::find_parts() {
  sources_.resize(wanted_.places());
  counts_.resize(wanted_.places());
  const std::size_t entries = wanted_.vocabulary().size();
  for (std::size_t place = 0; place < wanted_.places(); ++place) {
    if (wanted_.match(place) != WantedVectors::Match::kNone) {
      add_part(sources_[place].row, place);
      add_ngrams(sources_[place].word, place);
    } else if (place > 0 && place < entries) {  // entry 0 is no word
      add_ngrams(wanted_.vocabulary().token(static_cast<std::int32_t>(place)), place);
      if (counts_[place] > 0) wanted_.compose(place);
    }
  }
  std::ranges::sort(parts_);
  wanted_.count_scratch(parts_.capacity() * sizeof(Part) + sources_.size() * sizeof(Source));
}

void FastTextModelReader::add_part(std::size_t row, std::size_t place) {
  if (row >= rows_)
    fail(fmt::format("its matrix has {} rows, too few; the file is damaged", rows_));
  parts_.push_back({static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(place)});
  ++counts_[place];
}

void FastTextModelReader::add_ngrams(std::string_view word, std::size_t place) {
  if (!has_ngrams(arguments_)) return;
  const auto buckets = static_cast<std::uint32_t>(arguments_.buckets);
  for_each_ngram(word, arguments_, [&](std::string_view ngram) {
    add_part(words_ + hash_of(ngram) % buckets, place);
  });
}

void FastTextModelReader::read_matrix() {
  const std::size_t row_bytes = wanted_.dimension() * sizeof(float);
  std::size_t next = 0;  // row of the file
  for (std::size_t begin = 0, end = 0; begin < parts_.size(); begin = end) {
    const std::size_t row = parts_[begin].row;
    while (end < parts_.size() && parts_[end].row == row) ++end;
    if (!window_.skip((row - next) * row_bytes)) fail("the file is cut off");
    require(row_bytes);
    add_row(std::span(parts_).subspan(begin, end - begin));
    window_.take(row_bytes);
    next = row + 1;
  }
}

/// The row at the window's begin belongs to these parts.
void FastTextModelReader::add_row(std::span<const Part> parts) {
  for (const Part& part : parts) {
    const std::span<float> sum = wanted_.vector(part.place);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      float value;
      std::memcpy(&value, window_.view().data() + i * sizeof value, sizeof value);
      sum[i] += value;
    }
  }
}

void FastTextModelReader::take_means() {
  for (std::size_t place = 0; place < counts_.size(); ++place) {
    if (counts_[place] == 0) continue;
    const std::span<float> sum = wanted_.vector(place);
    for (float& value : sum) value /= static_cast<float>(counts_[place]);
    if (!std::ranges::all_of(sum, [](float value) { return std::isfinite(value); })) {
      fail("a value is not a finite number");
    }
  }
}

}  // namespace

bool is_fast_text(std::string_view beginning) {
  return beginning.starts_with(kFastTextMagic);
}

std::size_t fast_text_dimension(ByteWindow& window) {
  const auto fail = [&](const std::string& what) {
    throw DataError(fmt::format("{}: fastText model: {}", window.name(), what));
  };
  if (!window.need(sizeof(Arguments))) fail("the file is cut off");
  const Arguments arguments = arguments_of(window.view());
  if (std::ranges::find(kVersions, arguments.version) == std::end(kVersions)) {
    fail(fmt::format("it has version {}, expected {}; its .vec can be read", arguments.version,
                     fmt::join(kVersions, " or ")));
  }
  if (arguments.dimension <= 0 || static_cast<std::size_t>(arguments.dimension) > kMostValues ||
      arguments.longest > 1000)
    fail("its sizes make no sense; the file is damaged");
  return static_cast<std::size_t>(arguments.dimension);
}

std::size_t read_fast_text_vectors(ByteWindow& window, WantedVectors& wanted) {
  return FastTextModelReader(window, wanted).read();
}

}  // namespace unroll
