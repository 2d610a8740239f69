// The vectors of a file for the words of a vocabulary, in one call.
#pragma once

#include <string>

#include "unroll/text/word_vectors.h"

namespace unroll::test {

inline WordVectors read_word_vectors(const std::string& path, const Vocabulary& vocabulary,
                                     const EncoderSettings& settings = {}, std::size_t keep = 0) {
  return WordVectorFile(path).read(vocabulary, settings, keep);
}

}  // namespace unroll::test
