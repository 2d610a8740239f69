/// Splitting labelled texts into parts: seeded, stratified by label, exact repeats and what belongs
/// together never across parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/records.h"

namespace unroll {

/// The combinations of labels that records have, numbered as they come, and how many records have
/// each.
class CombinationCounts {
 public:
  CombinationCounts() = default;
  CombinationCounts(CombinationCounts&&) = default;
  CombinationCounts& operator=(CombinationCounts&&) = default;

  /// Counts a record. Returns the number of its combination.
  std::uint32_t add(const Record& record);
  std::size_t size() const noexcept { return rows_.size(); }
  std::size_t rows(std::size_t combination) const { return rows_[combination]; }
  /// Its labels, as the first of its records has them; one "" where it has none.
  const std::vector<std::string>& operator[](std::size_t combination) const {
    return *combinations_[combination];
  }
  /// The label of each combination that the fewest records have; "" where there is none. The views
  /// live as long as this object.
  std::vector<std::string_view> rarest() const;

 private:
  using Combination = std::vector<std::string>;
  Combination combination_;  // of the record at hand
  std::map<Combination, std::uint32_t> numbers_;
  std::vector<const Combination*> combinations_;
  std::vector<std::size_t> rows_;
};

/// What a split has to know of records: a number for each text, and one for its labels.
class SplitRows {
 public:
  void add(const Record& record);
  std::size_t size() const noexcept { return texts_.size(); }
  std::uint64_t text(std::size_t row) const { return texts_[row]; }
  std::uint32_t labels_of(std::size_t row) const { return combinations_[row]; }
  const CombinationCounts& labels() const noexcept { return labels_; }

 private:
  std::vector<std::uint64_t> texts_;
  std::vector<std::uint32_t> combinations_;
  CombinationCounts labels_;
};

/// parts[p] holds record indices in their original order, about fraction_p of every label. Records
/// whose texts are the same bytes always go to the same part, and count for the label of the first
/// of them; a record with several labels counts for the one that the fewest records have.
/// `fractions` are positive and sum to 1 (UsageError otherwise). The result depends on the seed and
/// the records alone.
///
/// Where no text repeats, a part's share of a label is its fraction rounded down or up (largest
/// remainders), with one exception: a label with at least as many different texts as there are
/// parts is in every part.
///
/// `groups` has a name for each record, or is empty. Records whose names are equal and not "" go to
/// the same part, too: those of an author, of a product. Where a text has several names, its groups
/// are one. Groups are as large as they are and have labels of all kinds, so parts have about their
/// share, and about that of each label; no part is empty if there are as many groups as parts.
std::vector<std::vector<std::size_t>> stratified_split(std::span<const Record> records,
                                                       std::span<const double> fractions,
                                                       std::uint64_t seed,
                                                       std::span<const std::string> groups = {});
std::vector<std::vector<std::size_t>> stratified_split(const SplitRows& rows,
                                                       std::span<const double> fractions,
                                                       std::uint64_t seed,
                                                       std::span<const std::string> groups = {});

}  // namespace unroll
