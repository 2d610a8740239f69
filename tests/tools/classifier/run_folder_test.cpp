#include "unroll/tools/classifier/run_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "tests/support/temp_folder.h"
#include "tests/tools/small_data.h"
#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/parallel.h"

namespace unroll {
namespace {

using test::small_options;
using test::small_reviews;

constexpr std::size_t kNever = 1'000'000;

/// A run that a process after the other works on.
struct RunFolderTest : testing::Test {
  RunFolderTest() {
    options.batch = 16;
    options.epochs = 4;
  }

  /// Goes on, and stops before this step of the process. The hash of the model if it is finished.
  std::optional<std::string> go_on(std::size_t stop_before = kNever) {
    RunFolder run(path, options, run_options);
    run.take_data(train, dev);
    std::size_t asked = 0;
    position.reset();
    const TrainedClassifier trained = train_classifier(
        train, dev, options,
        {.plan =
             [&](const TrainingPlan& plan, const TextClassifier& start) {
               run.begin(plan, start);
               position = run.goes_on_at();
               warnings = run.warnings();
             },
         .step = {},
         .epoch =
             [&](const EpochReport& report, const DevScore&, TextClassifier& classifier) {
               if (report.best) classifier.save(path);
               run.keep();
             },
         .stop = [&] { return asked++ == stop_before; },
         .checkpoints = [&] { return run.checkpoints(); }});
    if (trained.training.end == TrainingEnd::kStopped) return std::nullopt;
    run.finish();
    return trained.classifier.hash();
  }
  std::string uninterrupted() { return train_classifier(train, dev, options).classifier.hash(); }
  std::string refusal() {
    try {
      go_on();
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }

  TempFolder folder;
  std::filesystem::path path = folder.file("run");
  std::filesystem::path last = path / RunFolder::kFileName;
  std::vector<Record> train = small_reviews(100), dev;
  TrainClassifierOptions options = small_options();
  RunFolderOptions run_options;
  std::optional<RunFolder::Position> position;
  std::vector<std::string> warnings;
};

TEST_F(RunFolderTest, GoesOnToTheModelOfAnUninterruptedRun) {
  for (const Cell cell : kAllCells) {
    for (const bool ngrams : {true, false}) {
      options.model.cell = cell;
      options.ngrams = ngrams;
      std::filesystem::remove_all(path);
      EXPECT_FALSE(go_on(3));
      EXPECT_FALSE(go_on(0)) << "stopped before it did anything";
      EXPECT_FALSE(go_on(7));
      ASSERT_TRUE(position);
      EXPECT_EQ(position->epoch, 0u);
      EXPECT_EQ(position->step, 3u);
      const ThreadLimit two(2);
      const auto hash = go_on();
      ASSERT_TRUE(position);
      EXPECT_EQ(position->epoch, 1u);
      EXPECT_EQ(position->step, 4u);
      EXPECT_EQ(position->scores.size(), 1u);
      EXPECT_EQ(hash, uninterrupted()) << to_string(cell) << ngrams;
      EXPECT_TRUE(warnings.empty());
    }
  }
}

TEST_F(RunFolderTest, GoesOnWithEveryOptimizerInBothPrecisions) {
  for (const OptimizerKind kind :
       {OptimizerKind::kAdamW, OptimizerKind::kLazyAdam, OptimizerKind::kSgd}) {
    options.optimizer.kind = kind;
    options.optimizer.nesterov = kind == OptimizerKind::kSgd;
    options.precision = PrecisionChoice::kBFloat16;
    options.averaging = kind == OptimizerKind::kSgd ? 0 : 0.9;
    std::filesystem::remove_all(path);
    EXPECT_FALSE(go_on(9));
    EXPECT_EQ(go_on(), uninterrupted()) << to_string(kind);
  }
}

TEST_F(RunFolderTest, BeginsAnewWithoutACheckpoint) {
  run_options.checkpoint_minutes = 0;
  EXPECT_FALSE(go_on(9));
  EXPECT_TRUE(std::filesystem::exists(last));
  EXPECT_EQ(go_on(), uninterrupted());
  EXPECT_FALSE(position);
}

TEST_F(RunFolderTest, LeavesAFinishedRunAsItIs) {
  const auto hash = go_on();
  const std::string model = read_file(path / TextClassifier::kFileName);
  EXPECT_NE(refusal().find("already holds a model"), std::string::npos);
  options.seed = 2;
  EXPECT_NE(refusal().find("already holds a model"), std::string::npos);
  EXPECT_EQ(read_file(path / TextClassifier::kFileName), model);
  run_options.overwrite = true;
  EXPECT_NE(go_on(), hash);
}

TEST_F(RunFolderTest, TakesTheModelOfAnEarlierProgramForAFinishedRun) {
  go_on();
  std::filesystem::remove(last);
  EXPECT_NE(refusal().find("already holds a model"), std::string::npos);
}

TEST_F(RunFolderTest, TellsWhichSettingsDiffer) {
  EXPECT_FALSE(go_on(3));
  options.model.hidden = 9;
  options.learning_rate = 0.5;
  EXPECT_NE(refusal().find("with other settings: hidden 8 then, 9 now; lr 0.02 then, 0.5 now"),
            std::string::npos)
      << refusal();
  run_options.overwrite = true;
  EXPECT_EQ(go_on(), uninterrupted());
}

TEST_F(RunFolderTest, GoesOnWithItsShards) {
  options.shards = 3;
  const std::string expected = uninterrupted();
  go_on(3);
  options.shards = 1;
  EXPECT_EQ(shards_of_unfinished_run(path, options), 3);
  EXPECT_NE(refusal().find("shards 3 then, 1 now"), std::string::npos);
  options.shards = *shards_of_unfinished_run(path, options);
  EXPECT_EQ(go_on(), expected);
  EXPECT_FALSE(shards_of_unfinished_run(path, options)) << "of a finished run";
}

TEST_F(RunFolderTest, TakesNoShardsFromAnotherRun) {
  options.shards = 3;
  go_on(3);
  options.seed = 2;
  EXPECT_FALSE(shards_of_unfinished_run(path, options));
}

TEST_F(RunFolderTest, TellsThatTextsDiffer) {
  EXPECT_FALSE(go_on(3));
  train[5].text += "!";
  EXPECT_NE(refusal().find("on other training texts"), std::string::npos);
  train = small_reviews(100);
  train[5].weight = 2;
  EXPECT_NE(refusal().find("on other training texts"), std::string::npos);
  train = small_reviews(100);
  dev = small_reviews(10);
  EXPECT_NE(refusal().find("with other dev texts"), std::string::npos);
  dev.clear();
  for (Record& record : train) record.line += 3;  // as from another file
  EXPECT_EQ(refusal(), "");
}

TEST_F(RunFolderTest, TellsThatWhatTrainingStartsFromDiffers) {
  EXPECT_FALSE(go_on(3));
  options.stop_words = "en";
  EXPECT_NE(refusal().find("another vocabulary, other stop words"), std::string::npos);
}

TEST_F(RunFolderTest, DoesNotCareAboutTheMemoryLimit) {
  EXPECT_FALSE(go_on(3));
  options.max_memory = std::size_t{1} << 40;
  EXPECT_EQ(go_on(), uninterrupted());
}

TEST_F(RunFolderTest, GoesOnEvenIfItMayOverwrite) {
  EXPECT_FALSE(go_on(3));
  run_options.overwrite = true;
  EXPECT_EQ(go_on(), uninterrupted());
  EXPECT_TRUE(position);
}

TEST_F(RunFolderTest, CallsADamagedCheckpointDamaged) {
  EXPECT_FALSE(go_on(3));
  std::string bytes = read_file(last);
  bytes[bytes.size() / 2] ^= 1;
  write_file(last, bytes);
  EXPECT_THROW(go_on(), ModelError);
  run_options.overwrite = true;
  EXPECT_EQ(go_on(), uninterrupted());
}

TEST_F(RunFolderTest, IsTakenAwayIfNothingCameOfIt) {
  options.class_weights = {.of_label = {{"unknown", 2}}};
  EXPECT_THROW(go_on(), UsageError);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(RunFolderTest, HoldsNoTensorsWhenItIsFinished) {
  EXPECT_FALSE(go_on(20));
  const auto unfinished = std::filesystem::file_size(last);
  EXPECT_TRUE(go_on());
  EXPECT_LT(std::filesystem::file_size(last), 4096u);
  EXPECT_GT(unfinished, 4096u);
}

}  // namespace
}  // namespace unroll
