// The readers of word vectors: text, word2vec's binary form, fastText's model.
#include <cmath>

#include "tests/fuzz/target.h"
#include "tests/support/word_vectors.h"

using namespace unroll;

namespace {

Vocabulary vocabulary() {
  const std::vector<Vocabulary::Entry> entries{{"<unk>", 9}, {"good", 3},     {"the", 2},
                                               {"好", 1},    {"goodness", 1}, {"a", 1}};
  return Vocabulary(entries);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Vocabulary words = vocabulary();
  accept_errors([&] {
    EncoderSettings settings;
    settings.tokenizer.kind = TokenizerKind::kSpace;
    const WordVectors vectors = test::read_word_vectors(file_of(data, size), words, settings, 5);
    require(vectors.table.shape() == Shape({words.size(), vectors.dimension}), "the table's shape");
    require(vectors.kept.size() == vectors.kept_vectors.size(), "a vector for each kept word");
    require(vectors.kept.size() <= 5, "few words are kept");
    require(vectors.nameless + vectors.broken <= vectors.rows, "odd rows are rows");
    for (const float value : vectors.table.values())
      require(std::isfinite(value), "values are finite");
  });
  return 0;
}
