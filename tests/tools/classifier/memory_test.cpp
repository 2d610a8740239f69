#include "unroll/tools/classifier/memory.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/conditions.h"
#include "tests/tools/small_data.h"
#include "unroll/core/error.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {
namespace {

using test::small_options;
using test::small_reviews;

const TrainingMemory kMemory{
    .batch = {.rows = 64, .steps = 40, .tokens = 2000, .distinct = 700},
    .evaluation = {.rows = 64, .steps = 50, .tokens = 2100, .distinct = 800},
    .data_bytes = 12345,
    .optimizer = {},
    .averaging = 0.995};

SequenceClassifier<float> model() {
  return SequenceClassifier<float>(
      {.vocabulary = 900, .classes = 2, .embedding = 30, .hidden = 20});
}

TEST(TrainingMemory, IsReadAsItIsWritten) {
  TrainingMemory memory = kMemory;
  memory.most_tokens = 77;
  memory.optimizer.kind = OptimizerKind::kSgd;
  memory.frozen_embedding = true;
  memory.process_bytes = 12;
  memory.reading_bytes = 34;
  const std::string json = to_json(memory);
  EXPECT_EQ(to_json(training_memory_from_json(json)), json);
  EXPECT_THROW(training_memory_from_json("{}"), ModelError);
  EXPECT_THROW(training_memory_from_json("no"), ModelError);
  std::string negative = json;
  negative.replace(negative.find("2000"), 4, "-1");
  EXPECT_THROW(training_memory_from_json(negative), ModelError);
}

TEST(TrainingMemory, IsReadFromAModelOfTheFirstRelease) {
  std::string json = to_json(kMemory);
  for (const std::string key : {"\"process_bytes\":0,", "\"reading_bytes\":0,"}) {
    ASSERT_NE(json.find(key), std::string::npos) << json;
    json.erase(json.find(key), key.size());
  }
  EXPECT_EQ(training_memory_from_json(json).process_bytes, 0);
}

TEST(TrainingMemory, HoldsWhatTheProcessHasAndWhatReadingTook) {
  const std::size_t alone = count_memory(model(), kMemory).total(), more = std::size_t{1} << 30;
  TrainingMemory memory = kMemory;
  memory.process_bytes = more;
  EXPECT_EQ(count_memory(model(), memory).total(), alone + more);
  EXPECT_THROW(hold_memory(model(), more, 0, memory), MemoryError);
  memory = kMemory;
  memory.reading_bytes = more;
  EXPECT_THROW(hold_memory(model(), alone + more / 2, 0, memory), MemoryError);
  hold_memory(model(), more, 0, memory);
  EXPECT_EQ(memory.most_tokens, 0);
  EXPECT_THROW(hold_memory(model(), alone, 2 * alone, memory), MemoryError) << "measured";
}

TEST(TrainingMemory, HasEveryPart) {
  const MemoryPlan plan = count_memory(model(), kMemory);
  for (const char* part : {"data", "parameters", "gradients", "optimizer", "average", "best epoch",
                           "batch", "forward pass", "backward pass", "evaluation"}) {
    EXPECT_GT(plan.bytes(part), 0) << part;
  }
  EXPECT_EQ(plan.bytes("data"), kMemory.data_bytes);
  EXPECT_GT(plan.bytes("optimizer"), 2 * plan.bytes("parameters"));
}

TEST(TrainingMemory, IsLessForAFrozenEmbedding) {
  SequenceClassifier<float> frozen = model();
  frozen.embedding().E.frozen = true;
  const MemoryPlan plan = count_memory(frozen, kMemory), all = count_memory(model(), kMemory);
  for (const char* part : {"gradients", "optimizer", "average", "best epoch", "backward pass"}) {
    EXPECT_LT(plan.bytes(part), all.bytes(part)) << part;
  }
}

TEST(TrainingMemory, IsHeldBySmallerParts) {
  const std::size_t whole = count_memory(model(), kMemory).total();
  TrainingMemory held = kMemory;
  hold_memory(model(), whole, 0, held);
  EXPECT_EQ(held.most_tokens, 0);
  std::size_t before = kMemory.batch.tokens;
  for (double share : {0.9, 0.7, 0.5}) {
    held = kMemory;
    const auto most = static_cast<std::size_t>(share * static_cast<double>(whole));
    hold_memory(model(), most, 0, held);
    EXPECT_LE(count_memory(model(), held).total(), most) << share;
    EXPECT_LT(held.most_tokens, before) << share;
    EXPECT_GE(held.most_tokens, held.batch.steps) << share;
    before = held.most_tokens;
  }
}

TEST(TrainingMemory, SaysHowMuchTheLeastIs) {
  TrainingMemory memory = kMemory;
  try {
    hold_memory(model(), 1000, 0, memory);
    FAIL() << "a kilobyte was enough";
  } catch (const MemoryError& error) {
    const std::string text = error.what();
    const std::size_t at = text.find("at least ");
    ASSERT_NE(at, std::string::npos) << text;
    const double least = std::stod(text.substr(at + 9));
    const auto bytes = [](double mib) { return static_cast<std::size_t>(mib * 0x1p20); };
    TrainingMemory too_little = memory;
    EXPECT_THROW(hold_memory(model(), bytes(least - 0.1), 0, too_little), MemoryError) << text;
    hold_memory(model(), bytes(least), 0, memory);
    EXPECT_GE(memory.most_tokens, memory.batch.steps);
    EXPECT_LE(count_memory(model(), memory).total(), bytes(least));
  }
}

TEST(TrainingMemory, ChangesNoMoreThanRoundingWhenItIsHeld) {
  if (test::kSanitized) GTEST_SKIP() << "a sanitizer's memory is not the program's";
  TrainClassifierOptions options = small_options();
  options.epochs = 1;
  options.model.hidden = 128;  // so that the parts weigh more than what varies in the process
  const TrainedClassifier whole = train_classifier(small_reviews(100), {}, options);
  options.max_memory = 1;
  EXPECT_THROW(train_classifier(small_reviews(100), {}, options), MemoryError);
  options.max_memory = 0;
  options.max_memory = test::halfway_limit(small_reviews(100), options);
  const TrainedClassifier held = train_classifier(small_reviews(100), {}, options);
  EXPECT_GT(held.plan.memory->most_tokens, 0);
  EXPECT_NEAR(held.training.epochs[0].mean_loss, whole.training.epochs[0].mean_loss, 1e-5);
}

TEST(PredictionMemory, HasTheModelAndAScratch) {
  const TrainedClassifier trained = train_classifier(small_reviews(40), {}, small_options());
  const MemoryPlan plan = count_prediction_memory(trained.classifier);
  EXPECT_GT(plan.bytes("parameters"), 0);
  EXPECT_EQ(plan.bytes("gradients"), 0);
  EXPECT_GT(plan.bytes("prediction"), 0);
}

}  // namespace
}  // namespace unroll
