#include "bench/cell_tables.h"

#include <gtest/gtest.h>

#include <vector>

namespace unroll::bench {
namespace {

CellRow row(std::string implementation, std::size_t hidden, double us, MedianInterval times) {
  CellRow row{.at = {.pass = CellPass::kTrain, .hidden = hidden}, .implementation = implementation};
  row.us = us;
  row.gflops = 1000 / us;
  row.peak_gflops = 200;
  row.times_first = times;
  return row;
}

TEST(CellTables, SetOursBesideEverybody) {
  const std::vector<CellRow> rows = {
      row("unroll", 64, 10, {1, 1, 1, 9}), row("onednn", 64, 12, {1.2, 1.1, 1.3, 9}),
      row("pytorch", 64, 20, {2, 1.9, 2.1, 9}), row("unroll", 128, 20, {1, 1, 1, 9}),
      row("pytorch", 128, 40, {2, 1.9, 2.1, 9})};
  EXPECT_EQ(cell_tables(rows),
            "**lstm train, 1 thread**\n\n"
            "| H | B | I | T | µs | unroll | of the peak | onednn | pytorch | times as fast as the "
            "best peer |\n"
            "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
            "| 64 | 32 | 100 | 50 | 10 | 100.0 | 50 % | 83.3 | 50.0 | 1.20 (1.10–1.30) onednn |\n"
            "| 128 | 32 | 100 | 50 | 20 | 50.0 | 25 % | – | 25.0 | 2.00 (1.90–2.10) pytorch |\n\n");
}

TEST(CellTables, SetTimesBesideEachOtherWhereNotAllDoTheSameWork) {
  std::vector<CellRow> rows = {row("unroll", 128, 100, {1, 1, 1, 9}),
                               row("pytorch", 128, 250, {2.5, 2.4, 2.6, 9})};
  for (CellRow& of : rows) {
    of.at = {.batch = 1, .input = 300, .hidden = 128, .vocabulary = 20000};
  }
  EXPECT_EQ(cell_tables(rows),
            "**lstm forward from token ids, 1 thread**\n\n"
            "| H | B | I | T | table, MiB | unroll | of the peak | pytorch | times as fast as the "
            "best peer |\n"
            "|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
            "| 128 | 1 | 300 | 50 | 39 | 100 | 5 % | 250 | 2.50 (2.40–2.60) pytorch |\n\n");
}

TEST(CellTables, GiveNoIntervalOfTooFewRounds) {
  const std::vector<CellRow> rows = {row("unroll", 64, 10, {1, 1, 1, 5}),
                                     row("onednn", 64, 12, {1.2, 1.1, 1.3, 5})};
  EXPECT_NE(cell_tables(rows).find("| 1.20 (?) onednn |\n"), std::string::npos);
}

TEST(CellTables, BeginANewOneForEachNumberOfThreads) {
  std::vector<CellRow> rows(2, row("unroll", 64, 10, {1, 1, 1, 9}));
  rows[1].threads = 2;
  const std::string text = cell_tables(rows);
  EXPECT_NE(text.find("**lstm train, 1 thread**"), std::string::npos);
  EXPECT_NE(text.find("**lstm train, 2 threads**"), std::string::npos);
  EXPECT_NE(text.find("| 50 % | – |\n"), std::string::npos);
}

TEST(CellTables, OursInBFloat16IsAColumnAndNoPeer) {
  std::vector<CellRow> rows{row("unroll", 128, 10, {1, 1, 1, 9}),
                            row("unroll bf16", 128, 5, {0.5, 0.4, 0.8, 9}),
                            row("onednn", 128, 12, {1.2, 1.1, 1.3, 9})};
  rows[1].precision = PrecisionChoice::kBFloat16;
  const std::string text = cell_tables(rows);
  EXPECT_NE(text.find("| bf16 against fp32 | onednn | times"), std::string::npos) << text;
  EXPECT_NE(text.find("| 2.00 (1.25–2.50) | 83.3 | 1.20 (1.10–1.30) onednn |\n"), std::string::npos)
      << text;
}

}  // namespace
}  // namespace unroll::bench
