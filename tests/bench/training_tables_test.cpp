#include "bench/training/tables.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace unroll::bench {
namespace {

TrainingRow row(std::string name, std::string layout, double tokens, MedianInterval times) {
  return {.implementation = name,
          .layout = layout,
          .tokens_per_s = tokens,
          .ms_per_step = 1e6 / tokens,
          .peak_mib = name == "unroll" ? 50.0 : 400.0,
          .times_first = times};
}

TEST(TrainingTables, SetSpeedAndMemoryBesideOurs) {
  const std::vector<TrainingRow> rows = {
      row("unroll", "bucketed", 100000, {1, 1, 1, 9}),
      row("pytorch", "bucketed, padded", 40000, {2.5, 2.45, 2.6, 9}),
      row("pytorch", "bucketed, packed", 20000, {5, 4, 6, 5})};
  EXPECT_EQ(training_tables(rows),
            "1 thread:\n\n"
            "| | batches | tokens/s | ms a step | peak MiB | ours is so many times as fast | its "
            "memory / ours |\n"
            "|---|---|--:|--:|--:|--:|--:|\n"
            "| unroll | bucketed | 100000 | 10.0 | 50 | – | – |\n"
            "| pytorch | bucketed, padded | 40000 | 25.0 | 400 | 2.50 (2.45–2.60) | 8.0 |\n"
            "| pytorch | bucketed, packed | 20000 | 50.0 | 400 | 5.00 (?) | 8.0 |\n\n");
}

TEST(TrainingTables, BeginANewOneForEachNumberOfThreads) {
  std::vector<TrainingRow> rows(2, row("unroll", "bucketed", 1000, {1, 1, 1, 9}));
  rows[1].threads = 2;
  const std::string text = training_tables(rows);
  EXPECT_NE(text.find("1 thread:\n"), std::string::npos);
  EXPECT_NE(text.find("2 threads:\n"), std::string::npos);
}

}  // namespace
}  // namespace unroll::bench
