// What loading a model and predicting with it take from the heap at their peak: each weight once.
#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/memory/allocation_counter.h"
#include "tests/support/temp_folder.h"
#include "unroll/tools/classifier/text_predictor.h"

namespace unroll {
namespace {

struct Size {
  std::size_t words, embedding;
  friend void PrintTo(const Size& size, std::ostream* stream) {
    *stream << size.words << " words of " << size.embedding;
  }
};

/// An untrained model whose file is nearly all word vectors. Returns the file's bytes.
std::size_t save_model(const Size& size, const std::filesystem::path& folder) {
  std::vector<Vocabulary::Entry> entries{{std::string(Vocabulary::kUnknownToken), 1}};
  for (std::size_t k = 1; k < size.words; ++k) {
    const std::string number = std::to_string(k * 7919 % 1000003);
    entries.push_back({std::string("word").append(number), size.words - k});
  }
  const SequenceClassifierConfig config{
      .vocabulary = size.words, .classes = 2, .embedding = size.embedding, .hidden = 8};
  TextClassifier classifier(TextEncoder({}, Vocabulary(entries)), {"neg", "pos"}, config);
  classifier.model().init(1);
  classifier.save(folder);
  return std::filesystem::file_size(folder / TextClassifier::kFileName);
}

/// The most that the heap holds at once for loading and one prediction.
std::size_t peak_of_prediction(const std::filesystem::path& folder) {
  const std::size_t before = test::held_bytes();
  test::forget_most_held();
  TextPredictor::load(folder).predict("word7919 word5 and word12");
  return test::most_held_bytes() - before;
}

class Loading : public testing::TestWithParam<Size> {};

TEST_P(Loading, HoldsEachWeightOnce) {
  const TempFolder small, large;
  save_model({.words = 250, .embedding = 100}, small.path());
  const std::size_t bytes = save_model(GetParam(), large.path());
  ASSERT_GE(sizeof(float) * GetParam().words * GetParam().embedding, bytes / 10 * 9);
  peak_of_prediction(small.path());  // what a process asks for once
  const std::size_t peak = peak_of_prediction(large.path());
  const std::size_t more = peak - peak_of_prediction(small.path());
  EXPECT_LE(more, bytes + bytes / 10) << "of a file of " << bytes << " bytes";
}

INSTANTIATE_TEST_SUITE_P(Sizes, Loading,
                         testing::Values(Size{30000, 56}, Size{30000, 64}, Size{20000, 128},
                                         Size{5000, 300}));

}  // namespace
}  // namespace unroll
