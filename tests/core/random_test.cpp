#include "unroll/core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

namespace unroll {
namespace {

TEST(Random, GivesTheKnownAnswersOfPhilox) {
  // Random123's kat_vectors: philox4x32 10, counter 0, key 0.
  Random random(0, "");
  EXPECT_EQ(random.bits(), 0x6627e8d5U);
  EXPECT_EQ(random.bits(), 0xe169c58dU);
  EXPECT_EQ(random.bits(), 0xbc57ac4cU);
  EXPECT_EQ(random.bits(), 0x9b00dbd8U);
}

TEST(Random, IsAFunctionOfItsPosition) {
  Random walked(7, "init/U");
  std::vector<std::uint32_t> bits(100);
  for (std::uint32_t& b : bits) b = walked.bits();
  Random sought(7, "init/U");
  for (std::size_t position : {99U, 0U, 50U, 51U, 3U, 4U, 98U}) {
    sought.seek(position);
    EXPECT_EQ(sought.bits(), bits[position]) << position;
  }
}

TEST(Random, FillsAsManyCallsWould) {
  for (std::size_t position : {0U, 1U, 6U, 8U}) {
    for (std::size_t count : {0U, 1U, 2U, 3U, 4U, 5U, 17U, 64U}) {
      Random one_by_one(7, "dropout"), at_once(7, "dropout");
      one_by_one.seek(position), at_once.seek(position);
      std::vector<std::uint32_t> wanted(count), found(count);
      for (std::uint32_t& number : wanted) number = one_by_one.bits();
      at_once.fill(found);
      EXPECT_EQ(found, wanted) << count << " from " << position;
      EXPECT_EQ(at_once.bits(), one_by_one.bits()) << "after " << count << " from " << position;
    }
  }
}

TEST(Random, ReachesPositionsFarAway) {
  Random far(1, "a");
  far.seek(std::uint64_t{1} << 40);
  Random near(1, "a");
  EXPECT_NE(far.bits(), near.bits());
}

TEST(Random, HasStreamsThatDifferBySeedAndName) {
  const auto first = [](std::uint64_t seed, const char* name) {
    Random random(seed, name);
    const std::uint64_t upper = random.bits();
    return (upper << 32) | random.bits();
  };
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t seed : {0ULL, 1ULL, 1ULL << 32, 1ULL << 63}) {
    for (const char* name : {"", "a", "b", "init/U", "init/W"})
      numbers.push_back(first(seed, name));
  }
  std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(std::adjacent_find(numbers.begin(), numbers.end()), numbers.end());
}

// The following draw fixed numbers, so they pass always or never. The limits are five standard
// deviations of what ideal numbers would give.
constexpr std::size_t kDraws = 200'000;

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double product = std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  return product / static_cast<double>(a.size());
}

std::vector<double> normals(std::uint64_t seed, const char* stream) {
  Random random(seed, stream);
  std::vector<double> values(kDraws);
  for (double& value : values) value = random.normal();
  return values;
}

double moment(const std::vector<double>& values, int power) {
  double sum = 0;
  for (double value : values) sum += std::pow(value, power);
  return sum / static_cast<double>(values.size());
}

TEST(Random, HasUncorrelatedStreams) {
  const double limit = 5 / std::sqrt(static_cast<double>(kDraws));
  EXPECT_LT(std::abs(correlation(normals(1, "a"), normals(1, "b"))), limit);
  EXPECT_LT(std::abs(correlation(normals(1, "a"), normals(2, "a"))), limit);
}

TEST(RandomUniform, HasTheMomentsOfAUniformNumber) {
  Random random(3, "uniform");
  std::vector<double> values(kDraws);
  for (double& value : values) value = random.uniform();
  const double root = std::sqrt(static_cast<double>(kDraws));
  EXPECT_NEAR(moment(values, 1), 1.0 / 2, 5 * 0.2887 / root);
  EXPECT_NEAR(moment(values, 2), 1.0 / 3, 5 * 0.2981 / root);
  EXPECT_GE(*std::min_element(values.begin(), values.end()), 0);
  EXPECT_LT(*std::max_element(values.begin(), values.end()), 1);
}

TEST(RandomUniform, StaysBetweenItsBounds) {
  Random random(3, "bounds");
  for (int i = 0; i < 1000; ++i) {
    const double value = random.uniform(-2, 5);
    EXPECT_GE(value, -2);
    EXPECT_LE(value, 5);
  }
}

TEST(RandomNormal, HasTheMomentsOfANormalNumber) {
  const std::vector<double> values = normals(3, "normal");
  const double root = std::sqrt(static_cast<double>(kDraws));
  EXPECT_NEAR(moment(values, 1), 0, 5 * 1 / root);
  EXPECT_NEAR(moment(values, 2), 1, 5 * std::sqrt(2) / root);
  EXPECT_NEAR(moment(values, 3), 0, 5 * std::sqrt(15) / root);
  EXPECT_NEAR(moment(values, 4), 3, 5 * std::sqrt(96) / root);
}

TEST(RandomNormal, IsAlwaysFinite) {
  const std::vector<double> values = normals(4, "finite");
  EXPECT_TRUE(std::ranges::all_of(values, [](double value) { return std::isfinite(value); }));
}

TEST(RandomBelow, GivesEachNumberEquallyOften) {
  constexpr std::size_t kBound = 10;
  Random random(5, "below");
  std::vector<double> counts(kBound);
  for (std::size_t i = 0; i < kDraws; ++i) ++counts[random.below(kBound)];
  const double expected = static_cast<double>(kDraws) / kBound;
  double chi_square = 0;
  for (double count : counts) chi_square += (count - expected) * (count - expected) / expected;
  EXPECT_LT(chi_square, 9 + 5 * std::sqrt(18));  // mean 9, variance 18
}

TEST(RandomBelow, HasNoBiasForBoundsThatDoNotDivideTheRange) {
  // With bound = ¾·2⁶⁴ a plain remainder would give the lower third twice as often.
  constexpr std::uint64_t kBound = std::uint64_t{3} << 62;
  Random random(5, "bias");
  double lower_third = 0;
  for (std::size_t i = 0; i < kDraws; ++i) {
    const std::uint64_t number = random.below(kBound);
    ASSERT_LT(number, kBound);
    if (number < kBound / 3) ++lower_third;
  }
  const double deviation = std::sqrt(static_cast<double>(kDraws) * 2 / 9);
  EXPECT_NEAR(lower_third, static_cast<double>(kDraws) / 3, 5 * deviation);
}

TEST(RandomBelow, OfOneIsZero) {
  Random random(5, "one");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(random.below(1), 0U);
}

TEST(Random, NamesAStreamByANumberAsByItsDigits) {
  for (std::uint64_t number : {std::uint64_t{0}, std::uint64_t{17}, ~std::uint64_t{0}}) {
    for (const std::string name : {"", "dropout/", "dropout/embedding/of/a/long/name/"}) {
      EXPECT_EQ(Random(5, name, number).bits(), Random(5, name + std::to_string(number)).bits())
          << name << number;
    }
  }
}

TEST(RandomShuffle, IsAPermutation) {
  for (std::size_t size : {0U, 1U, 2U, 3U, 100U}) {
    std::vector<std::size_t> values(size);
    std::iota(values.begin(), values.end(), std::size_t{0});
    Random(6, "shuffle").shuffle(std::span(values));
    std::vector<std::size_t> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(sorted[i], i);
    if (size == 100) {
      EXPECT_NE(values, sorted);
    }
  }
}

TEST(RandomShuffle, GivesEachOrderEquallyOften) {
  Random random(6, "orders");
  std::vector<double> counts(6);
  for (std::size_t i = 0; i < kDraws; ++i) {
    std::vector<std::size_t> order{0, 1, 2};
    random.shuffle(std::span(order));
    ++counts[order[0] * 2 + (order[1] > order[2] ? 1 : 0)];
  }
  const double expected = static_cast<double>(kDraws) / 6;
  for (double count : counts) EXPECT_NEAR(count, expected, 5 * std::sqrt(expected));
}

}  // namespace
}  // namespace unroll
