/// EpochOrder: the order in which an epoch's training rows come, in batches.
///
/// A permutation of all rows would touch a file of them everywhere at once. So rows are taken in
/// blocks that lie together in the file. For each epoch the blocks are shuffled, kJoinedBlocks of
/// them are joined at a time, and the rows of these are shuffled and cut into batches
/// (shuffled_batches). Rows of one batch come from as many places as there are joined blocks, and a
/// small part of the file is touched at a time. Up to kJoinedBlocks blocks are joined in any case,
/// so that rows which fit are shuffled as a whole.
///
/// The order is a function of the lengths of the rows, the seed, and the epoch: whether rows are in
/// memory or in a file makes no difference.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/range.h"
#include "unroll/text/example_rows.h"

namespace unroll {

class EpochOrder {
 public:
  /// A block has at most so many rows, or one batch; it ends early with so many ids.
  static constexpr std::size_t kBlockRows = std::size_t{1} << 16;
  static constexpr std::size_t kBlockIds = std::size_t{1} << 22;
  static constexpr std::size_t kJoinedBlocks = 4;

  /// The rows outlive it. Throws UsageError for batches of 0 rows.
  EpochOrder(const ExampleRows& rows, std::size_t batch_size, std::uint64_t seed);

  /// Steps of every epoch.
  std::size_t steps() const noexcept;
  /// Goes to the beginning of an epoch, from 0.
  void begin(std::size_t epoch);
  /// The rows of a step of this epoch. They live until the next call.
  std::span<const std::size_t> batch(std::size_t step);
  /// The most ids that joined blocks have together.
  std::size_t most_ids() const;

 private:
  struct Block {
    Range rows;
    std::size_t ids = 0;
  };
  void find_blocks();
  std::size_t groups() const noexcept;
  std::span<const std::size_t> blocks_of(std::size_t group) const;
  void join(std::size_t group);

  const ExampleRows& rows_;
  std::size_t batch_size_;
  std::uint64_t seed_;
  std::vector<Block> blocks_;
  std::size_t epoch_ = 0;
  std::vector<std::size_t> order_;   // of the blocks
  std::vector<std::size_t> firsts_;  // the first step of each group of blocks, and behind the last
  std::size_t group_ = 0;            // whose batches are here
  std::vector<std::vector<std::size_t>> batches_;
};

}  // namespace unroll
