/// NgramIndex: the n-grams that a classifier knows, numbered by rising key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/sparse_counts.h"
#include "unroll/core/tensor.h"

namespace unroll {

class NgramIndex {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  NgramIndex() = default;
  /// Keys in rising order. Throws ModelError for others.
  explicit NgramIndex(Tensor<std::uint32_t> keys);
  /// The keys that at least `least_rows` rows have.
  NgramIndex(const SparseCounts& rows, std::size_t least_rows);

  std::size_t size() const noexcept { return keys_.size(); }
  const Tensor<std::uint32_t>& keys() const noexcept { return keys_; }
  /// How many are n-grams of words: they have the lowest numbers.
  std::uint32_t words() const noexcept { return words_; }
  std::size_t bytes() const noexcept {
    return (keys_.size() + starts_.size()) * sizeof(std::uint32_t);
  }
  /// The number of the n-gram with this key, kNone if there is none.
  std::uint32_t number(std::uint32_t key) const noexcept;
  /// Keys of rows become numbers; n-grams that have none leave the rows.
  void number_columns(SparseCounts& rows) const;

 private:
  void find_starts();

  std::uint32_t words_ = 0;
  Tensor<std::uint32_t> keys_;         // (D)
  int shift_ = 32;                     // what is left of a key are its highest bits
  std::vector<std::uint32_t> starts_;  // by these: the number of the first key that has them
};

}  // namespace unroll
