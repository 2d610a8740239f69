// serving_fasttext MODEL FASTTEXT_MODEL TEXTS SHORT_TEXTS: fastText as a contender (contender.h) on
// OMP_NUM_THREADS threads. It reads the words of MODEL's tokenizer, whose time is its own.
#include <fasttext/fasttext.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "bench/serving/contender.h"
#include "unroll/core/parallel.h"
#include "unroll/tools/classifier/text_classifier.h"

namespace unroll::bench {
namespace {

class FastText : public Contender {
 public:
  FastText(const std::string& model, const std::string& fasttext, const Texts& texts)
      : classifier_(TextClassifier::load(model)),
        tokenizer_(classifier_.encoder().settings().tokenizer),
        texts_(texts) {
    fasttext_.loadModel(fasttext);
  }

  void predict_short(std::size_t k) override { predict(texts_.short_ones[k], tokenizer_); }
  void predict_all(std::vector<float>& first) override {
    constexpr std::size_t kTogether = 32;
    parallel_for(texts_.all.size(), kTogether, [&](Range range) {
      Tokenizer tokenizer(classifier_.encoder().settings().tokenizer);
      for (std::size_t k = range.begin; k < range.end; ++k)
        first[k] = predict(texts_.all[k], tokenizer);
    });
  }

 private:
  float predict(const std::string& text, Tokenizer& tokenizer) const {
    std::string words;
    for (const std::string& token : classifier_.encoder().tokenize(text, tokenizer).tokens)
      words += token + ' ';
    std::istringstream line(words + '\n');
    std::vector<std::pair<float, std::string>> labels;
    fasttext_.predictLine(line, labels, 1, 0);
    return labels.empty() ? 0 : labels.front().first;
  }

  TextClassifier classifier_;
  Tokenizer tokenizer_;
  const Texts& texts_;
  fasttext::FastText fasttext_;
};

void serve_fasttext(int count, char** arguments) {
  if (count != 5) throw std::runtime_error("expected MODEL FASTTEXT_MODEL TEXTS SHORT_TEXTS");
  const Texts texts = read_texts(arguments[3], arguments[4]);
  FastText contender(arguments[1], arguments[2], texts);
  serve(contender, texts);
}

}  // namespace
}  // namespace unroll::bench

int main(int count, char** arguments) {
  return unroll::bench::run(unroll::bench::serve_fasttext, count, arguments);
}
