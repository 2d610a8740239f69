/// Word vectors from text files: GloVe (`word v1 … vE` a line) or word2vec (the same after a line
/// `count dimension`).
///
/// Fields are separated by spaces or tabs. The last E of a line are the vector, so a word may hold
/// spaces; E is the header's dimension, otherwise that of the first line, whose word holds none.
/// The header's count is not checked: people cut such files with `head`.
///
/// Such a file may have gigabytes, of which a classifier needs some thousand rows. It is read line
/// by line and never held.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "unroll/core/tensor.h"
#include "unroll/text/vocabulary.h"

namespace unroll {

struct WordVectors {
  std::size_t dimension = 0;  ///< E
  Tensor<float> table;        ///< (vocabulary size, E); rows of absent words are 0
  std::vector<bool> present;  ///< one per vocabulary entry
  std::size_t found = 0;      ///< how many entries are present
};

/// Reads the vectors of the vocabulary's tokens from a plain or gzip file. A token is looked up as
/// it is. A word of the file that is not in the vocabulary is put through NFKC_Casefold first (an
/// exact match wins, then the first one). Throws DataError with file:line for a row of another
/// dimension, a value that is not a number or not finite, invalid UTF-8.
WordVectors read_word_vectors(const std::string& path, const Vocabulary& vocabulary);

}  // namespace unroll
