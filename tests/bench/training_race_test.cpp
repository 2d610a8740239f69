// The race with programs that only say what a contender would: they need no PyTorch.
#include "bench/training/race.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "bench/training/worker.h"
#include "tests/support/temp_folder.h"
#include "unroll/core/error.h"

namespace unroll::bench {
namespace {

constexpr char kTexts[] = "label\ttext\nbad\ta dull film\ngood\ta fine film\n";

class TrainingRace : public testing::Test {
 protected:
  /// A program that answers every turn with this line.
  std::filesystem::path program(const std::string& name, const std::string& answer) {
    const std::string path = folder_.write(
        name, "#!/bin/sh\necho " + name + " 1.0\nwhile read line; do echo " + answer + "; done\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  TrainingRaceResult race(const std::filesystem::path& ours, const std::filesystem::path& peer) {
    const TrainingData data = read_training_data(folder_.write("a.tsv", kTexts));
    const std::vector<TrainingContender> contenders = {
        {"unroll", "bucketed", BatchOrder::kBucketed, false, {ours.string()}},
        {"peer", "padded", BatchOrder::kShuffled, true, {peer.string()}}};
    return race_training(data, contenders, {.threads = {1}, .rounds = 6},
                         [](const std::string&) {});
  }

  TempFolder folder_;
};

TEST_F(TrainingRace, CountsRealTokens) {
  const TrainingRaceResult result =
      race(program("ours", "0.5 0.7 0.6"), program("peer", "2 0.70001 0.6"));
  ASSERT_EQ(result.rows.size(), 2);
  EXPECT_NEAR(result.rows[0].tokens_per_s, 6 / 0.5, 1e-9);
  EXPECT_NEAR(result.rows[1].tokens_per_s, 6 / 2.0, 1e-9);
  EXPECT_NEAR(result.rows[1].ms_per_step, 2000, 1e-9);
  EXPECT_NEAR(result.rows[1].times_first.median, 4, 1e-9);
  EXPECT_GT(result.rows[1].peak_mib, 0);
  EXPECT_EQ(result.versions, std::vector<std::string>{"peer 1.0"});
}

TEST_F(TrainingRace, DoesNotBeginWithOneThatDisagrees) {
  const auto ours = program("ours", "0.5 0.7 0.6");
  try {
    race(ours, program("peer", "2 0.7 0.601"));
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_status(), 1);
    EXPECT_STREQ(error.what(),
                 "peer, padded: losses differ from ours by 0.0017, expected at most 1e-04");
  }
}

TEST_F(TrainingRace, SaysWhoFailed) {
  const auto ours = program("ours", "0.5 0.7 0.6");
  EXPECT_THROW(race(ours, program("peer", "Traceback")), DataError);
  EXPECT_THROW(race(ours, folder_.file("missing")), DataError);
}

TEST_F(TrainingRace, EveryProgramOfTheFolderComesInThreeWays) {
  const auto ours = program("ours", "");
  std::filesystem::create_directory(folder_.file("peers"));
  folder_.write("peers/pytorch", "");
  const auto contenders = training_contenders(ours, folder_.file("peers"));
  ASSERT_EQ(contenders.size(), 4);
  EXPECT_EQ(contenders[0].implementation, "unroll");
  EXPECT_EQ(contenders[2].layout, "shuffled, padded");
  EXPECT_EQ(contenders[3].command.back(), "--packed");
  EXPECT_EQ(training_contenders(ours, folder_.file("none")).size(), 1);
}

TEST(TrainingLosses, DifferByTheLargestPartOfTheExpected) {
  const std::vector<double> expected = {0.5, 2.0};
  EXPECT_DOUBLE_EQ(loss_difference(std::vector{0.5, 2.0}, expected), 0);
  EXPECT_DOUBLE_EQ(loss_difference(std::vector{0.75, 2.5}, expected), 0.5);
  EXPECT_TRUE(std::isinf(loss_difference(std::vector{0.5}, expected)));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isinf(loss_difference(std::vector{0.5, nan}, expected)));
}

}  // namespace
}  // namespace unroll::bench
