#include "unroll/tools/classifier/metrics_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/temp_folder.h"
#include "unroll/core/error.h"
#include "unroll/core/file.h"

namespace unroll {
namespace {

struct MetricsFileTest : testing::Test {
  std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> lines;
    std::istringstream text(read_file(path));
    for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  TempFolder folder;
  std::filesystem::path path = folder.file("metrics.jsonl");
};

TEST_F(MetricsFileTest, HasALineForEachEvent) {
  MetricsFile metrics(path, 0);
  metrics.step({.epoch = 0, .step = 2, .steps = 9, .loss = 0.5, .gradient_norm = 2}, 77);
  metrics.epoch({.epoch = 0, .mean_loss = 0.25, .score = {}, .best = true}, {.accuracy = 0.75});
  metrics.checkpoint(1, 0);
  const auto found = lines();
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0]["event"], "step");
  EXPECT_EQ(found[0]["step"], 3);
  EXPECT_EQ(found[0]["loss"], 0.5);
  EXPECT_EQ(found[0]["tokens"], 77);
  EXPECT_EQ(found[1]["dev_accuracy"], 0.75);
  EXPECT_EQ(found[1]["best"], true);
  EXPECT_EQ(found[2]["epoch"], 2);
  EXPECT_EQ(metrics.bytes(), read_file(path).size());
}

TEST_F(MetricsFileTest, IsCutToWhatItWasAtTheCheckpoint) {
  std::uint64_t at_checkpoint = 0;
  {
    MetricsFile metrics(path, 0);
    metrics.checkpoint(0, 5);
    at_checkpoint = metrics.bytes();
    metrics.epoch({}, {});
  }
  MetricsFile metrics(path, at_checkpoint);
  metrics.resume(0, 5);
  metrics.linear({.C = {1}, .score = {}, .seconds = 0});  // which was solved before
  const auto found = lines();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0]["event"], "checkpoint");
  EXPECT_EQ(found[1]["event"], "resume");
  EXPECT_EQ(MetricsFile(path, 1 << 20).bytes(), read_file(path).size())
      << "it is shorter than it was";
}

TEST_F(MetricsFileTest, SaysNullForWhatIsNotFinite) {
  MetricsFile metrics(path, 0);
  metrics.epoch({}, {.loss = std::numeric_limits<double>::infinity()});
  EXPECT_TRUE(lines().front()["dev_loss"].is_null());
}

TEST_F(MetricsFileTest, ThatCanNotBeOpenedIsAnErrorOfTheDisk) {
  EXPECT_THROW(MetricsFile(folder.file("none/metrics.jsonl"), 0), DiskError);
}

}  // namespace
}  // namespace unroll
