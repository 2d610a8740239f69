/// Word vectors from the files in which people have them. The content tells the format, and gzip is
/// unpacked:
///
///   text      GloVe (`word v1 … vE` a line), word2vec's text and fastText's `.vec` (the same after
///             a line `count dimension`)
///   word2vec  its binary form: `count dimension`, then for each word its bytes, a blank, E floats
///   fastText  its model, `.bin`: words, and the character n-grams that words are made of
///
/// Such a file may have gigabytes, of which a classifier needs some thousand rows. It is read block
/// by block, once from its begin to its end, and never held.
///
/// Public files have odd rows. A row whose word is empty or white space is skipped and counted. A
/// row that can't be read (too few values, a value that is no number, a word that isn't UTF-8) is
/// skipped and counted too, but if more than one row in a hundred is like that, the file is
/// refused: then it isn't what it seems.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/tensor.h"
#include "unroll/text/byte_window.h"
#include "unroll/text/encoder.h"
#include "unroll/text/vocabulary.h"

namespace unroll {

enum class VectorFormat : std::uint8_t { kText, kWord2vec, kFastText };
std::string_view to_string(VectorFormat format);

struct WordVectors {
  std::size_t dimension = 0;      ///< E
  Tensor<float> table;            ///< (vocabulary size, E); rows of absent words are 0
  std::vector<bool> present;      ///< one per vocabulary entry
  std::size_t found = 0;          ///< how many entries are present
  std::size_t from_subwords = 0;  ///< how many of them fastText's n-grams alone gave a vector
  /// Frequent words of the file that the vocabulary lacks, and their vectors.
  std::vector<std::string> kept;
  std::vector<std::vector<float>> kept_vectors;

  std::size_t rows = 0;      ///< of the file, odd ones included
  std::size_t promised = 0;  ///< the number of rows by its header; 0: it has none
  std::size_t nameless = 0;  ///< rows that were skipped since their word is empty or white space
  std::size_t broken = 0;    ///< rows that were skipped since they can't be read
  std::string first_broken;  ///< place and reason of the first one

  std::size_t scratch_bytes = 0;  ///< what reading the file took besides the vectors
};

/// A file of word vectors, opened. A beginning that is none of the formats, or another well-known
/// kind of file, is a DataError that says what to do.
class WordVectorFile {
 public:
  explicit WordVectorFile(const std::string& path);

  VectorFormat format() const noexcept { return format_; }
  /// E, by the file's beginning.
  std::size_t dimension() const noexcept { return dimension_; }

  /// Reads the vectors of the vocabulary's tokens, once. A word of the file is looked up as it is,
  /// then, if `settings` fold texts, folded (an exact match wins, then the first one). fastText's
  /// n-grams give a vector to each token that the file lacks.
  ///
  /// With `keep`, those of the file's first `keep` words that the vocabulary lacks are returned as
  /// well: all these formats begin with the most frequent words. A word is kept if the tokenizer
  /// makes one token of it, that is, if a text can contain it, and as that token.
  ///
  /// Throws DataError for a file without vectors, and for one that is cut off or damaged.
  WordVectors read(const Vocabulary& vocabulary, const EncoderSettings& settings = {},
                   std::size_t keep = 0);

 private:
  void begin_lines(std::string_view line);
  void begin_header(std::size_t rows, std::size_t dimension);

  ByteWindow window_;
  VectorFormat format_ = VectorFormat::kText;
  std::size_t dimension_ = 0;
  std::size_t promised_ = 0;
};

}  // namespace unroll
