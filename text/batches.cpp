#include "unroll/text/batches.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "unroll/core/error.h"

namespace unroll {

namespace {

using Indices = std::vector<std::size_t>;

/// Batches per pool: the larger, the more alike the lengths within a batch (no idle rows), the
/// smaller, the more random the company an example is in.
constexpr std::size_t kPoolBatches = 50;

Indices all_indices(std::size_t count) {
  Indices indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  return indices;
}

void sort_by_length(std::span<const Example> examples, std::span<std::size_t> rows) {
  std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    return examples[a].ids.size() > examples[b].ids.size();
  });
}

void append_batches(std::span<const std::size_t> rows, std::size_t batch_size,
                    std::vector<Indices>& batches) {
  for (std::size_t begin = 0; begin < rows.size(); begin += batch_size) {
    const auto batch = rows.subspan(begin, std::min(batch_size, rows.size() - begin));
    batches.emplace_back(batch.begin(), batch.end());
  }
}

void check(std::size_t batch_size) {
  if (batch_size == 0) throw UsageError("the batch size is 0, expected at least 1");
}

RaggedShape shape_of(std::span<const Example> examples, const Indices& rows) {
  std::vector<std::size_t> lengths;
  lengths.reserve(rows.size());
  for (const std::size_t row : rows) lengths.push_back(examples[row].ids.size());
  return RaggedShape(lengths);
}

}  // namespace

Batch make_batch(std::span<const Example> examples, std::span<const std::size_t> rows) {
  Batch batch;
  batch.rows.assign(rows.begin(), rows.end());
  sort_by_length(examples, batch.rows);
  batch.shape = shape_of(examples, batch.rows);
  batch.ids.resize(batch.shape.tokens());
  for (std::size_t row = 0; row < batch.rows.size(); ++row) {
    const Example& example = examples[batch.rows[row]];
    batch.labels.push_back(example.label);
    for (std::size_t t = 0; t < example.ids.size(); ++t)
      batch.ids[batch.shape.index(t, row)] = example.ids[t];
  }
  return batch;
}

std::vector<Indices> shuffled_batches(std::span<const Example> examples, std::size_t batch_size,
                                      Random& random) {
  check(batch_size);
  Indices order = all_indices(examples.size());
  random.shuffle(std::span(order));
  // A batch size beyond the number of examples makes one batch; it must not overflow the pool.
  const std::size_t pool_size =
      kPoolBatches * std::min(batch_size, std::max<std::size_t>(order.size(), 1));
  std::vector<Indices> batches;
  for (std::size_t begin = 0; begin < order.size(); begin += pool_size) {
    const auto pool = std::span(order).subspan(begin, std::min(pool_size, order.size() - begin));
    sort_by_length(examples, pool);
    append_batches(pool, batch_size, batches);
  }
  random.shuffle(std::span(batches));
  return batches;
}

std::vector<Indices> sorted_batches(std::span<const Example> examples, std::size_t batch_size) {
  check(batch_size);
  Indices order = all_indices(examples.size());
  sort_by_length(examples, order);
  std::vector<Indices> batches;
  append_batches(order, batch_size, batches);
  return batches;
}

}  // namespace unroll
