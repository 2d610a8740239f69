#include "unroll/text/word_vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "unroll/core/error.h"
#include "unroll/text/file_kind.h"
#include "unroll/text/vector_readers.h"
#include "unroll/text/wanted_vectors.h"

namespace unroll {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
/// A value and the blank before it take two bytes.
constexpr std::size_t kMostDimensions = ByteWindow::kLongestLine / 2;
/// Enough of a file to tell what it is.
constexpr std::size_t kBeginning = 1 << 16;

/// A Python pickle or a NumPy array has vectors, but not as words and values.
constexpr std::string_view kPythonFiles[] = {"\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05",
                                             "\x93NUMPY"};

/// A character that text files have no use for. Floats are full of them.
bool is_binary_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x09 || (byte > 0x0D && byte < 0x20);
}

bool has_binary_byte(std::string_view bytes) {
  return std::ranges::any_of(bytes, is_binary_byte);
}

[[noreturn]] void fail(const ByteWindow& window, const std::string& what) {
  throw DataError({window.name(), window.line_number() + 1}, what);
}

/// A file that is no word vectors, but known.
void refuse_foreign(const ByteWindow& window) {
  const auto is_here = [&](std::string_view magic) { return window.view().starts_with(magic); };
  if (std::ranges::any_of(kPythonFiles, is_here)) {
    throw DataError(
        fmt::format("{}: this is a file of Python's, where word vectors are expected; "
                    "write them with gensim's `save_word2vec_format`",
                    window.name()));
  }
  refuse_other_kinds(window.view(), window.name(), Compression::kNone);
}

}  // namespace

std::string_view to_string(VectorFormat format) {
  switch (format) {
    case VectorFormat::kText:
      return "text";
    case VectorFormat::kWord2vec:
      return "word2vec";
    case VectorFormat::kFastText:
      return "fasttext";
  }
  return "";
}

WordVectorFile::WordVectorFile(const std::string& path) : window_(path) {
  window_.need(kBeginning);
  if (is_fast_text(window_.view())) {
    format_ = VectorFormat::kFastText;
    dimension_ = fast_text_dimension(window_);
    return;
  }
  if (window_.view().starts_with(kByteOrderMark)) window_.take(kByteOrderMark.size());
  std::string_view line;
  while (window_.peek_line(line) && count_fields(line) == 0) window_.take_line(line);
  begin_lines(line);
}

/// A file that begins with a line: word2vec's header, or the first row.
void WordVectorFile::begin_lines(std::string_view line) {
  if (line.empty()) return;
  if (const auto header = vector_header(line)) return begin_header(header->rows, header->dimension);
  refuse_foreign(window_);
  if (has_binary_byte(line)) {
    fail(window_,
         "expected word vectors: text in UTF-8, word2vec's binary form, or a fastText model");
  }
  dimension_ = count_fields(line) - 1;
  if (dimension_ == 0) {
    fail(window_,
         "expected a word and its vector, `word v1 … vE`, or word2vec's `count dimension`");
  }
}

void WordVectorFile::begin_header(std::size_t rows, std::size_t dimension) {
  if (dimension == 0) fail(window_, "the header promises vectors of 0 values");
  if (dimension > kMostDimensions) {
    fail(window_, fmt::format("the header promises vectors of {} values, more than a line can hold",
                              dimension));
  }
  std::string_view line;
  window_.take_line(line);
  window_.need(kBeginning);
  line = window_.view().substr(0, window_.view().find('\n'));
  const bool is_text = ends_in_values(line, dimension) || !has_binary_byte(window_.view());
  format_ = is_text ? VectorFormat::kText : VectorFormat::kWord2vec;
  dimension_ = dimension;
  promised_ = rows;
}

WordVectors WordVectorFile::read(const Vocabulary& vocabulary, const EncoderSettings& settings,
                                 std::size_t keep) {
  WantedVectors wanted(vocabulary, settings, keep, dimension_);
  switch (format_) {
    case VectorFormat::kText:
      read_text_vectors(window_, wanted);
      break;
    case VectorFormat::kWord2vec:
      read_word2vec_vectors(window_, wanted);
      break;
    case VectorFormat::kFastText:
      promised_ = read_fast_text_vectors(window_, wanted);
      break;
  }
  return wanted.take(window_.name(), promised_);
}

}  // namespace unroll
