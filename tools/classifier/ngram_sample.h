/// NgramSample: the n-grams of as many training texts as a linear model is solved on.
///
/// The solver goes through all rows again and again, so they must be in memory, and ten million
/// rows have gigabytes of n-grams. Beyond kMostValues, rows drawn at random by the seed are taken:
/// each row has a key, a random number, and the rows with the smallest keys are taken as long as
/// they have no more than kMostValues different n-grams together. That is a function of the rows
/// and the seed, and can be decided as rows come, whether they are read from memory or from a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <queue>
#include <span>
#include <vector>

#include "unroll/core/sparse_counts.h"
#include "unroll/text/encoder.h"
#include "unroll/text/ngrams.h"

namespace unroll {

class NgramSample {
 public:
  /// Values of SparseCounts, five bytes each. Twenty thousand reviews of 230 words have two thirds
  /// of it, 200,000 texts of 25 words all.
  static constexpr std::size_t kMostValues = std::size_t{1} << 26;

  NgramSample(const NgramSettings& settings, std::uint64_t seed,
              std::size_t most_values = kMostValues);

  /// Takes the next rows.
  void add(std::span<const TokenizedText> texts);
  /// All rows that came.
  std::size_t seen() const noexcept { return seen_; }
  /// Which of them the sample has, rising, and their n-grams. Nothing is left here.
  std::vector<std::size_t> take_rows();
  SparseCounts take_counts();

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::size_t place = 0;  // in counts_
    bool operator<(const Entry& other) const {
      return key != other.key ? key < other.key : place < other.place;
    }
  };
  void add(std::size_t row, std::uint64_t key, std::span<const std::uint32_t> keys,
           std::span<const std::uint8_t> counts);
  void drop_largest();
  void compact();

  NgramSettings settings_;
  std::uint64_t seed_;
  std::size_t most_values_;
  std::size_t seen_ = 0;
  std::uint64_t limit_ = ~std::uint64_t{0};  // keys from here on are out
  std::size_t values_ = 0;                   // of the rows that are in
  SparseCounts counts_;                      // also of rows that are out, until the next compact()
  std::vector<std::size_t> rows_;            // of counts_
  std::vector<bool> is_out_;
  std::priority_queue<Entry> entries_;  // of the rows that are in, the largest key first
};

}  // namespace unroll
