/// HoldBack: which training rows are held back, to choose an epoch by, where there are no other
/// texts for that.
///
/// stratified_split holds back a tenth of the rows while that is no more than kMostRows. A tenth of
/// a larger file would tell nothing that kMostRows do not, and would be held in memory. There a row
/// is held back whose text's key, a random number that is a function of text and seed, is below
/// a limit. So equal texts are on one side without any of them being remembered. A label that this
/// would leave without a row on either side gets one, if it has two different texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "unroll/text/records.h"
#include "unroll/text/split.h"

namespace unroll {

class HoldBack {
 public:
  static constexpr std::size_t kMostRows = std::size_t{1} << 15;

  HoldBack(double fraction, std::uint64_t seed, std::size_t most_rows = kMostRows);

  /// The memory that deciding takes, of so many rows.
  static std::size_t bytes(std::size_t rows, double fraction);

  /// Takes the next row.
  void add(const Record& record);
  /// All rows are there. Throws DataError if one side would be empty.
  void decide();
  /// Whether the row is held back: the record that was added as this one, from 0.
  bool holds(std::size_t row, const Record& record) const;

 private:
  using Key = std::uint64_t;
  using Smallest = std::set<Key>;  // the smallest keys that rows with some labels have

  bool are_many() const;
  Key key_of(const Record& record) const;
  void keep_smallest(std::uint32_t combination, Key key);
  void decide_by_keys();
  void mend(const Smallest& keys, double expected);
  bool holds(Key key) const;
  bool has_both_sides() const;

  double fraction_;
  std::uint64_t seed_;
  std::size_t most_rows_;
  std::size_t count_ = 0;
  std::unique_ptr<SplitRows> rows_;  // while they are not many
  std::vector<bool> held_;           // of each of them, once that is decided
  CombinationCounts labels_;
  std::vector<Smallest> smallest_;  // of each combination of labels
  Key limit_ = 0;
  Smallest more_, spared_;  // keys that are held back, or are not, whatever the limit is
};

}  // namespace unroll
