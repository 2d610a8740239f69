/// Batches: encoded texts, cut into length-bucketed batches that lie packed in memory
/// (unroll/core/ragged.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/ragged.h"
#include "unroll/core/random.h"
#include "unroll/text/example_rows.h"

namespace unroll {

/// B examples, longest first.
struct Batch {
  RaggedShape shape;
  std::vector<std::int32_t> ids;     ///< (N), packed time-major
  std::vector<std::int32_t> labels;  ///< (B)
  std::vector<float> weights;        ///< (B)
  std::vector<std::size_t> rows;     ///< (B): which example each row is
  std::vector<std::int32_t> text;    ///< the ids of one of them, while it is taken
};

/// The examples with these indices as one batch, sorted by length (stable).
Batch make_batch(std::span<const Example> examples, std::span<const std::size_t> rows);

/// Makes the batch in the memory that `batch` already has.
void make_batch(const ExampleRows& examples, std::span<const std::size_t> rows, Batch& batch);
void make_batch(std::span<const Example> examples, std::span<const std::size_t> rows, Batch& batch);
void plan_batch(const BatchLimits& limits, Batch& batch, MemoryPlan& plan);

/// Sizes that no batch of `batch_size` of these examples exceeds, whichever examples it takes. For
/// `distinct` it counts a word once for each example that has it, but at most `vocabulary` words.
BatchLimits batch_limits(const ExampleRows& examples, std::size_t batch_size,
                         std::size_t vocabulary);
BatchLimits batch_limits(std::span<const Example> examples, std::size_t batch_size,
                         std::size_t vocabulary);

/// Which examples go together, in batches of `batch_size` (the last ones may be smaller): for
/// training, a random permutation cut into pools, each sorted by length and cut into batches, the
/// batches then shuffled.
std::vector<std::vector<std::size_t>> shuffled_batches(std::span<const Example> examples,
                                                       std::size_t batch_size, Random& random);
/// Batches of these rows alone, from the order in which they are given.
std::vector<std::vector<std::size_t>> shuffled_batches(const ExampleRows& examples,
                                                       std::vector<std::size_t> rows,
                                                       std::size_t batch_size, Random& random);

/// Sets `order` to all examples by falling length; examples of equal length keep their order.
void sort_by_length(std::span<const Example> examples, std::vector<std::size_t>& order);

/// The batches for evaluation: all examples by falling length, in a fixed order, at most batch_size
/// in each batch.
std::vector<std::vector<std::size_t>> sorted_batches(std::span<const Example> examples,
                                                     std::size_t batch_size);

}  // namespace unroll
