// The homework's part 2: tokenizer(), get_stop_words() and load_data() with word vectors, then the
// model, its training and its test (docs/homework.md).
//
//     homework_data TRAIN VAL VECTORS

#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unroll/text/stop_words.h"
#include "unroll/unroll.h"

namespace {

/// A text becomes words.
std::vector<std::string> tokenizer(std::string_view text) {
  return unroll::Tokenizer({.kind = unroll::TokenizerKind::kIcu})(text);
}

/// Words that say nothing: the library's Chinese list, which keeps negations. A file's name does,
/// too.
unroll::StopWords get_stop_words() {
  return unroll::StopWords::load("zh");
}

struct Data {
  std::vector<unroll::Record> train, val;
  unroll::TrainClassifierOptions options;
};

/// Labelled texts from TSV, CSV, JSON or fastText files, and word vectors of any common form.
Data load_data(const std::string& train, const std::string& val, const std::string& vectors) {
  Data data{unroll::read_records(train, {}), unroll::read_records(val, {}), {}};
  data.options.tokenizer = unroll::TokenizerKind::kIcu;
  data.options.stop_words = "zh";
  data.options.vectors = vectors;
  data.options.keep_vectors = 50000;  // words that training has not seen mean something, too
  return data;
}

void show_words(std::string_view text) {
  const unroll::StopWords stop_words = get_stop_words();
  for (const std::string& word : tokenizer(text))
    std::cout << (stop_words.contains(word) ? "(" + word + ")" : word) << ' ';
  std::cout << '\n';
}

double accuracy(const unroll::TextPredictor& predictor,
                const std::vector<unroll::Record>& records) {
  std::size_t correct = 0;
  for (const unroll::Record& record : records)
    correct += predictor.predict(record.text).label == record.label ? 1 : 0;
  return static_cast<double>(correct) / static_cast<double>(records.size());
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) {
    std::cerr << "usage: homework_data TRAIN VAL VECTORS\n";
    return 2;
  }
  Data data = load_data(argv[1], argv[2], argv[3]);
  show_words(data.val.front().text);
  data.options.model.hidden = 32;     // the model: an LSTM in both directions
  data.options.learning_rate = 0.01;  // the optimizer: Adam
  data.options.epochs = 5;
  const std::vector<unroll::Record> val = data.val;
  unroll::TrainedClassifier trained =
      unroll::train_classifier(std::move(data.train), std::move(data.val), data.options);
  std::cout << trained.plan.vectors->found << " words have a vector, " << trained.plan.vectors->kept
            << " more are kept\n";
  const unroll::TextPredictor predictor(std::move(trained.classifier));
  std::cout << "accuracy " << accuracy(predictor, val) << '\n';
  return 0;
} catch (const std::exception& error) {
  std::cerr << "homework_data: " << error.what() << '\n';
  return 1;
}
