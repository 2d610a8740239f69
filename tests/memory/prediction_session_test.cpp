// What a session's call asks of the heap, once it has met a text as long.
#include "unroll/tools/classifier/prediction_session.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/memory/allocation_counter.h"
#include "tests/tools/small_classifier.h"
#include "unroll/core/parallel.h"

namespace unroll {
namespace {

class PredictionMemory : public testing::TestWithParam<std::size_t> {
 protected:
  PredictionMemory() { set_thread_count(GetParam()); }
  ~PredictionMemory() override { set_thread_count(before_); }

 private:
  std::size_t before_ = thread_count();
};

template <typename Body>
std::size_t allocations_of(Body body) {
  const std::size_t before = test::allocations();
  body();
  return test::allocations() - before;
}

void expect_tokens_alone(TextClassifier classifier) {
  const TextPredictor predictor(std::move(classifier));
  const std::string longest = "good bad film and good and bad and film", shorter = "a bad film";
  PredictionSession session(predictor);
  for (int call = 0; call < 2000; ++call) session.predict(longest);  // on any number of threads

  Tokenizer tokenizer(predictor.classifier().encoder().settings().tokenizer);
  std::vector<std::int32_t> ids(64);
  for (const std::string& text : {longest, shorter}) {
    const TextEncoder& encoder = predictor.classifier().encoder();
    const auto encode = [&] { encoder.encode(encoder.tokenize(text, tokenizer), ids); };
    encode();
    const std::size_t of_tokens = allocations_of(encode);
    EXPECT_GT(of_tokens, 0U);
    for (int call = 0; call < 100; ++call) {
      ASSERT_LE(allocations_of([&] { session.predict(text); }), of_tokens) << text;
    }
  }
}

TEST_P(PredictionMemory, OfASessionIsAskedForByItsTokenizerAlone) {
  expect_tokens_alone(test::small_classifier());
}

TEST_P(PredictionMemory, OfNgramsIsKept) {
  expect_tokens_alone(test::small_fused_classifier());
}

INSTANTIATE_TEST_SUITE_P(Threads, PredictionMemory, testing::Values(1, 2, 3));

}  // namespace
}  // namespace unroll
