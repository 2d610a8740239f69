#include "unroll/tools/classifier/ngram_sample.h"

#include <utility>

#include "unroll/core/random.h"
#include "unroll/tools/classifier/train_ngrams.h"

namespace unroll {

namespace {

std::uint64_t key_of(std::uint64_t seed, std::size_t row) {
  Random random(seed, "n-gram rows");
  random.seek(2 * row);
  const std::uint64_t high = random.bits();
  return high << 32 | random.bits();
}

}  // namespace

NgramSample::NgramSample(const NgramSettings& settings, std::uint64_t seed, std::size_t most_values)
    : settings_(settings), seed_(seed), most_values_(most_values) {}

/// The n-grams of a block are counted on all threads, those of rows that are out already are not.
void NgramSample::add(std::span<const TokenizedText> texts) {
  std::vector<const TokenizedText*> wanted;
  std::vector<std::pair<std::size_t, std::uint64_t>> rows;
  for (const TokenizedText& text : texts) {
    const std::size_t row = seen_++;
    const std::uint64_t key = key_of(seed_, row);
    if (key >= limit_) continue;
    wanted.push_back(&text);
    rows.emplace_back(row, key);
  }
  SparseCounts found;
  append_ngrams(wanted, settings_, found);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const Range values = found.row(k);
    add(rows[k].first, rows[k].second,
        std::span(found.columns).subspan(values.begin, values.size()),
        std::span(found.counts).subspan(values.begin, values.size()));
  }
}

void NgramSample::add(std::size_t row, std::uint64_t key, std::span<const std::uint32_t> keys,
                      std::span<const std::uint8_t> counts) {
  if (key >= limit_) return;
  entries_.push({key, rows_.size()});
  rows_.push_back(row);
  is_out_.push_back(false);
  counts_.append(keys, counts);
  values_ += keys.size();
  while (values_ > most_values_) drop_largest();
}

void NgramSample::drop_largest() {
  const Entry largest = entries_.top();
  entries_.pop();
  limit_ = largest.key;
  is_out_[largest.place] = true;
  values_ -= counts_.row(largest.place).size();
  if (counts_.columns.size() > most_values_ + most_values_ / 8) compact();
}

/// Rows that are out leave the counts. The others keep their order.
void NgramSample::compact() {
  std::vector<std::size_t> places(rows_.size());
  std::size_t kept = 0, end = 0;
  for (std::size_t place = 0; place < rows_.size(); ++place) {
    const Range values = counts_.row(place);
    if (is_out_[place]) continue;
    for (std::size_t k = values.begin; k < values.end; ++k, ++end) {
      counts_.columns[end] = counts_.columns[k];
      counts_.counts[end] = counts_.counts[k];
    }
    rows_[kept] = rows_[place];
    places[place] = kept++;
    counts_.ends[kept - 1] = end;
  }
  counts_.columns.resize(end);
  counts_.counts.resize(end);
  counts_.ends.resize(kept);
  rows_.resize(kept);
  is_out_.assign(kept, false);
  std::priority_queue<Entry> entries;
  for (; !entries_.empty(); entries_.pop())
    entries.push({entries_.top().key, places[entries_.top().place]});
  entries_ = std::move(entries);
}

std::vector<std::size_t> NgramSample::take_rows() {
  compact();
  return std::exchange(rows_, {});
}

SparseCounts NgramSample::take_counts() {
  return std::exchange(counts_, {});
}

}  // namespace unroll
