#include "bench/activation_tables.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace unroll::bench {
namespace {

constexpr std::size_t kBytes = 262144;

/// A row of a race in which the best of ours takes one cycle.
ActivationRow row(std::string implementation, std::string isa, double cycles, double ulp) {
  ActivationRow row;
  row.function = "tanh";
  row.implementation = std::move(implementation);
  row.isa = std::move(isa);
  row.bytes = kBytes;
  row.ns_per_element = cycles / 4;
  row.cycles_per_element = cycles;
  row.max_ulp = ulp;
  row.times_best = {cycles, cycles - 0.01, cycles + 0.01, 30};
  row.times_same_isa = median_interval({});
  return row;
}

/// Ours, another and memcpy.
std::vector<ActivationRow> race_with(const ActivationRow& other) {
  ActivationRow copy = row("memcpy", "-", 0.1, 0);
  copy.function = kCopy;
  return {row("unroll", "avx2", 1.8, 2.2), row("unroll", "avx512", 1.0, 1.1), other, copy};
}

TEST(ActivationTables, PutErrorBesideSpeedTheWidestInstructionSetFirst) {
  const std::string text = activation_tables(race_with(row("other", "avx2", 9, 0.51)), kBytes);
  EXPECT_NE(text.find("### tanh\n"), std::string::npos);
  EXPECT_NE(text.find("| largest error, ulp | cycles, 256 KiB |"), std::string::npos);
  const std::size_t first = text.find("| **unroll** | avx512 | 1.10 | 1.00 |");
  const std::size_t second = text.find("| **unroll** | avx2 | 2.20 | 1.80 |");
  const std::size_t third = text.find("| other | avx2 | 0.51 | 9.00 | - | 9.00 (8.99-9.01) |");
  const std::size_t last = text.find("| memcpy | - | - | 0.10 |");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_LT(third, last);
  EXPECT_NE(last, std::string::npos);
}

TEST(ActivationTables, SayThatNobodyBeatsUsOrWhoDoes) {
  const std::string none = activation_tables(race_with(row("fast", "avx512", 0.5, 4)), kBytes);
  EXPECT_NE(none.find("size and number of threads: **none**"), std::string::npos);
  const std::string one = activation_tables(race_with(row("better", "avx512", 0.5, 1)), kBytes);
  EXPECT_EQ(one.find("**none**"), std::string::npos);
  EXPECT_NE(one.find("- tanh, 256 KiB, 1 thread: better avx512 takes 0.50"), std::string::npos);
}

TEST(ActivationTables, HaveAColumnForEachSizeAndEachNumberOfThreads) {
  std::vector<ActivationRow> rows;
  for (const auto& [threads, bytes, cycles] :
       {std::tuple(1U, 8192U, 0.9), {1U, 262144U, 1.2}, {2U, 262144U, 0.6}}) {
    for (ActivationRow& each : race_with(row("other", "avx2", cycles, 1))) {
      each.threads = threads;
      each.bytes = bytes;
      rows.push_back(each);
    }
  }
  const std::string text = activation_tables(rows, kBytes);
  EXPECT_NE(text.find("| cycles, 8 KiB | cycles, 256 KiB |"), std::string::npos);
  EXPECT_NE(text.find("| ns, 1 thread | ns, 2 threads |"), std::string::npos);
  EXPECT_NE(text.find("| other | avx2 | 1.00 | 0.90 | 1.20 |"), std::string::npos);
  EXPECT_NE(text.find("| 0.300 | 0.150 |"), std::string::npos);
}

}  // namespace
}  // namespace unroll::bench
