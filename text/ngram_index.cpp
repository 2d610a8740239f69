#include "unroll/text/ngram_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/text/ngrams.h"

namespace unroll {

namespace {

/// Keys are counted in so many parts, by their highest bits: each part's table stays in a cache,
/// and the parts in their order are the keys in theirs, whoever counts them.
constexpr std::size_t kPartBits = 4;
constexpr std::size_t kParts = std::size_t{1} << kPartBits;

std::size_t part_of_key(std::uint32_t key) {
  return key >> (32 - kPartBits);
}

/// How many rows have each key of one part.
class KeyCounts {
 public:
  void add(std::uint32_t key) {
    if (2 * used_ >= entries_.size()) grow();
    Entry& entry = entries_[slot_of(key)];
    if (entry.rows == 0) {
      entry.key = key;
      ++used_;
    }
    ++entry.rows;
  }

  /// In rising order.
  std::vector<std::uint32_t> keys_of(std::size_t least_rows) const {
    std::vector<std::uint32_t> keys;
    for (const Entry& entry : entries_) {
      if (entry.rows > 0 && entry.rows >= least_rows) keys.push_back(entry.key);
    }
    std::ranges::sort(keys);
    return keys;
  }

 private:
  struct Entry {
    std::uint32_t key = 0;
    std::uint32_t rows = 0;
  };

  void grow() {
    constexpr std::size_t kFirst = 1024;
    const std::vector<Entry> before =
        std::exchange(entries_, std::vector<Entry>(std::max(kFirst, 2 * entries_.size())));
    for (const Entry& entry : before) {
      if (entry.rows > 0) entries_[slot_of(entry.key)] = entry;
    }
  }
  std::size_t slot_of(std::uint32_t key) const {
    const std::size_t mask = entries_.size() - 1;
    std::size_t slot = key & mask;
    while (entries_[slot].rows != 0 && entries_[slot].key != key) slot = (slot + 1) & mask;
    return slot;
  }

  std::vector<Entry> entries_;
  std::size_t used_ = 0;
};

Tensor<std::uint32_t> frequent_keys(const SparseCounts& rows, std::size_t least_rows) {
  std::array<std::vector<std::uint32_t>, kParts> parts;
  parallel_parts(kParts, [&](std::size_t part) {
    KeyCounts counts;
    for (const std::uint32_t key : rows.columns) {
      if (part_of_key(key) == part) counts.add(key);
    }
    parts[part] = counts.keys_of(least_rows);
  });
  std::size_t size = 0;
  for (const auto& part : parts) size += part.size();
  Tensor<std::uint32_t> keys;
  if (size == 0) return keys;
  keys.resize({size});
  auto end = keys.values().begin();
  for (const auto& part : parts) end = std::ranges::copy(part, end).out;
  return keys;
}

}  // namespace

NgramIndex::NgramIndex(Tensor<std::uint32_t> keys) : keys_(std::move(keys)) {
  const auto values = keys_.values();
  if (std::ranges::adjacent_find(values, std::greater_equal<>()) != values.end()) {
    throw ModelError("the keys of its n-grams do not rise");
  }
  find_starts();
}

NgramIndex::NgramIndex(const SparseCounts& rows, std::size_t least_rows)
    : keys_(frequent_keys(rows, least_rows)) {
  find_starts();
}

/// Keys are hashes, so few have the same highest bits: two of the letters' and two of the words',
/// which differ in the highest one. A hash table of them would take a fifth of a program's start.
void NgramIndex::find_starts() {
  const auto keys = keys_.values();
  words_ = static_cast<std::uint32_t>(std::ranges::lower_bound(keys, kLetterKeys) - keys.begin());
  const int bits = std::max(1, static_cast<int>(std::bit_width(keys.size())) - 1);
  shift_ = 32 - bits;
  starts_.assign((std::size_t{1} << bits) + 1, 0);
  for (std::size_t k = 0; k < keys.size(); ++k)
    starts_[(keys[k] >> shift_) + 1] = static_cast<std::uint32_t>(k + 1);  // the last one stays
  std::inclusive_scan(starts_.begin(), starts_.end(), starts_.begin(), std::ranges::max);
}

std::uint32_t NgramIndex::number(std::uint32_t key) const noexcept {
  if (keys_.empty()) return kNone;
  const std::uint32_t* const bucket = starts_.data() + (key >> shift_);
  const std::uint32_t* const end = keys_.data() + bucket[1];
  const std::uint32_t* const found = std::lower_bound(keys_.data() + bucket[0], end, key);
  return found != end && *found == key ? static_cast<std::uint32_t>(found - keys_.data()) : kNone;
}

void NgramIndex::number_columns(SparseCounts& rows) const {
  constexpr std::size_t kAtLeast = 4096;
  parallel_for(rows.columns.size(), kAtLeast, [&](Range range) {
    for (std::size_t k = range.begin; k < range.end; ++k) {
      rows.columns[k] = number(rows.columns[k]);
    }
  });
  std::size_t kept = 0, begin = 0;
  for (std::size_t& end : rows.ends) {
    for (std::size_t k = begin; k < end; ++k) {
      if (rows.columns[k] == kNone) continue;
      rows.columns[kept] = rows.columns[k];
      rows.counts[kept++] = rows.counts[k];
    }
    begin = std::exchange(end, kept);
  }
  rows.columns.resize(kept);
  rows.counts.resize(kept);
}

}  // namespace unroll
