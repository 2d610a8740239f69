#include "unroll/tools/classifier/ngram_sample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "unroll/tools/classifier/train_ngrams.h"

namespace unroll {
namespace {

std::vector<TokenizedText> texts(std::size_t count) {
  std::vector<TokenizedText> texts(count);
  for (std::size_t k = 0; k < count; ++k)
    for (std::size_t t = 0; t < 1 + k % 9; ++t)
      texts[k].tokens.push_back("w" + std::to_string(k * t));
  return texts;
}

struct Taken {
  std::vector<std::size_t> rows;
  SparseCounts counts;
};

Taken sample_of(std::span<const TokenizedText> texts, std::size_t most, std::size_t block,
                std::uint64_t seed = 1) {
  NgramSample sample({}, seed, most);
  for (std::size_t first = 0; first < texts.size(); first += block)
    sample.add(texts.subspan(first, std::min(block, texts.size() - first)));
  EXPECT_EQ(sample.seen(), texts.size());
  Taken taken{sample.take_rows(), {}};
  taken.counts = sample.take_counts();
  return taken;
}

TEST(NgramSample, HasAllRowsThatFit) {
  const auto all = texts(200);
  SparseCounts expected;
  append_ngrams(all, {}, expected);
  const Taken taken = sample_of(all, 1 << 20, 7);
  EXPECT_EQ(taken.rows.size(), all.size());
  EXPECT_EQ(taken.counts.columns, expected.columns);
  EXPECT_EQ(taken.counts.counts, expected.counts);
  EXPECT_EQ(taken.counts.ends, expected.ends);
}

TEST(NgramSample, TakesTheSameRowsHoweverTheyCome) {
  const auto all = texts(5000);
  const Taken one = sample_of(all, 3000, 5000);
  EXPECT_LE(one.counts.columns.size(), 3000U);
  EXPECT_GT(one.counts.columns.size(), 2700U);
  EXPECT_TRUE(std::ranges::is_sorted(one.rows));
  for (const std::size_t block : {1U, 33U, 1000U}) {
    const Taken other = sample_of(all, 3000, block);
    EXPECT_EQ(other.rows, one.rows);
    EXPECT_EQ(other.counts.columns, one.counts.columns);
    EXPECT_EQ(other.counts.ends, one.counts.ends);
  }
  EXPECT_NE(sample_of(all, 3000, 33, 2).rows, one.rows) << "another seed";
}

TEST(NgramSample, HasTheNgramsOfItsRows) {
  const auto all = texts(1000);
  const Taken taken = sample_of(all, 2000, 64);
  for (std::size_t k = 0; k < taken.rows.size(); ++k) {
    SparseCounts expected;
    append_ngrams(std::span(all).subspan(taken.rows[k], 1), {}, expected);
    const Range values = taken.counts.row(k);
    EXPECT_TRUE(std::ranges::equal(
        std::span(taken.counts.columns).subspan(values.begin, values.size()), expected.columns));
  }
}

TEST(NgramSample, TakesRowsFromEverywhere) {
  const Taken taken = sample_of(texts(20'000), 20'000, 500);
  std::array<std::size_t, 4> quarters{};
  for (const std::size_t row : taken.rows) ++quarters[row / 5000];
  const double mean = static_cast<double>(taken.rows.size()) / 4;
  for (const std::size_t rows : quarters) EXPECT_NEAR(static_cast<double>(rows), mean, mean / 3);
}

}  // namespace
}  // namespace unroll
