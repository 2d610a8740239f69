#include "unroll/text/epoch_order.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>

#include "unroll/core/error.h"
#include "unroll/core/random.h"
#include "unroll/text/batches.h"

namespace unroll {

namespace {

constexpr std::size_t kNoGroup = ~std::size_t{0};

std::size_t batches_in(std::size_t rows, std::size_t batch_size) {
  return rows / batch_size + (rows % batch_size > 0 ? 1 : 0);
}

}  // namespace

EpochOrder::EpochOrder(const ExampleRows& rows, std::size_t batch_size, std::uint64_t seed)
    : rows_(rows), batch_size_(batch_size), seed_(seed) {
  if (batch_size == 0) throw UsageError("the batch size is 0, expected at least 1");
  find_blocks();
}

/// All blocks but the last one have whole batches, so that every epoch has as many steps.
void EpochOrder::find_blocks() {
  Block block;
  for (std::size_t first = 0; first < rows_.size(); first = block.rows.end) {
    block.rows.end = first + std::min(batch_size_, rows_.size() - first);
    for (std::size_t row = first; row < block.rows.end; ++row) block.ids += rows_.length(row);
    const bool is_full = batch_size_ >= kBlockRows ||
                         block.rows.size() > kBlockRows - batch_size_ || block.ids >= kBlockIds;
    if (!is_full && block.rows.end < rows_.size()) continue;
    blocks_.push_back(block);
    block = {.rows = {block.rows.end, block.rows.end}};
    rows_.release();
  }
}

std::size_t EpochOrder::groups() const noexcept {
  return (blocks_.size() + kJoinedBlocks - 1) / kJoinedBlocks;
}

std::size_t EpochOrder::steps() const noexcept {
  return batches_in(rows_.size(), batch_size_);
}

std::span<const std::size_t> EpochOrder::blocks_of(std::size_t group) const {
  const std::size_t first = group * kJoinedBlocks;
  return std::span(order_).subspan(first, std::min(kJoinedBlocks, order_.size() - first));
}

void EpochOrder::begin(std::size_t epoch) {
  epoch_ = epoch;
  group_ = kNoGroup;
  order_.resize(blocks_.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  if (groups() > 1) {
    Random random(seed_, "shuffle/blocks/", epoch);
    random.shuffle(std::span(order_));
  }
  firsts_.assign(1, 0);
  for (std::size_t group = 0; group < groups(); ++group) {
    std::size_t rows = 0;
    for (const std::size_t block : blocks_of(group)) rows += blocks_[block].rows.size();
    firsts_.push_back(firsts_.back() + batches_in(rows, batch_size_));
  }
}

/// Makes the batches of a group's rows.
void EpochOrder::join(std::size_t group) {
  rows_.release();
  std::vector<std::size_t> rows;
  for (const std::size_t block : blocks_of(group)) {
    const Range range = blocks_[block].rows;
    rows_.expect(range);
    for (std::size_t row = range.begin; row < range.end; ++row) rows.push_back(row);
  }
  std::string stream = "shuffle/" + std::to_string(epoch_);
  if (groups() > 1) stream += "/" + std::to_string(group);
  Random random(seed_, stream);
  batches_ = shuffled_batches(rows_, std::move(rows), batch_size_, random);
  group_ = group;
  if (group + 1 >= groups()) return;
  for (const std::size_t block : blocks_of(group + 1)) rows_.expect(blocks_[block].rows);
}

std::span<const std::size_t> EpochOrder::batch(std::size_t step) {
  const auto behind = std::ranges::upper_bound(firsts_, step);
  const auto group = static_cast<std::size_t>(behind - firsts_.begin()) - 1;
  if (group != group_) join(group);
  return batches_[step - firsts_[group]];
}

std::size_t EpochOrder::most_ids() const {
  std::vector<std::size_t> ids;
  for (const Block& block : blocks_) ids.push_back(block.ids);
  const std::size_t count = std::min(kJoinedBlocks, ids.size());
  std::ranges::partial_sort(ids, ids.begin() + static_cast<std::ptrdiff_t>(count),
                            std::greater<>());
  return std::accumulate(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count),
                         std::size_t{0});
}

}  // namespace unroll
