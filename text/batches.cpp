#include "unroll/text/batches.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <ranges>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/memory_plan.h"

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

void sort_rows(std::span<const Example> examples, std::span<std::size_t> rows) {
  const auto is_longer = [&](std::size_t a, std::size_t b) {
    return examples[a].ids.size() > examples[b].ids.size();
  };
  // Batches of a sorted pool are sorted already; and std::stable_sort asks for memory.
  if (std::ranges::is_sorted(rows, is_longer)) return;
  std::ranges::stable_sort(rows, is_longer);
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

/// The sum of the `count` largest.
std::size_t sum_of_largest(std::vector<std::size_t> sizes, std::size_t count) {
  count = std::min(count, sizes.size());
  const auto end = sizes.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(sizes.begin(), end, sizes.end(), std::greater<>());
  return std::accumulate(sizes.begin(), end, std::size_t{0});
}

}  // namespace

Batch make_batch(std::span<const Example> examples, std::span<const std::size_t> rows) {
  Batch batch;
  make_batch(examples, rows, batch);
  return batch;
}

void make_batch(std::span<const Example> examples, std::span<const std::size_t> rows,
                Batch& batch) {
  batch.rows.assign(rows.begin(), rows.end());
  sort_rows(examples, batch.rows);
  const auto length = [&](std::size_t row) { return examples[row].ids.size(); };
  batch.shape.assign(batch.rows | std::views::transform(length));
  batch.ids.resize(batch.shape.tokens());
  batch.labels.clear();
  batch.weights.clear();
  for (std::size_t row = 0; row < batch.rows.size(); ++row) {
    const Example& example = examples[batch.rows[row]];
    batch.labels.push_back(example.label);
    batch.weights.push_back(example.weight);
    for (std::size_t t = 0; t < example.ids.size(); ++t)
      batch.ids[batch.shape.index(t, row)] = example.ids[t];
  }
}

void plan_batch(const BatchLimits& limits, Batch& batch, MemoryPlan& plan) {
  batch.shape.plan(limits, plan);
  plan.add(batch.ids, limits.tokens);
  plan.add(batch.labels, limits.rows);
  plan.add(batch.weights, limits.rows);
  plan.add(batch.rows, limits.rows);
}

BatchLimits batch_limits(std::span<const Example> examples, std::size_t batch_size,
                         std::size_t vocabulary) {
  std::vector<std::size_t> lengths, distinct;
  std::vector<std::int32_t> words;
  for (const Example& example : examples) {
    words = example.ids;
    std::ranges::sort(words);
    lengths.push_back(words.size());
    distinct.push_back(
        static_cast<std::size_t>(std::ranges::unique(words).begin() - words.begin()));
  }
  return {.rows = std::min(batch_size, examples.size()),
          .steps = lengths.empty() ? 0 : std::ranges::max(lengths),
          .tokens = sum_of_largest(lengths, batch_size),
          .distinct = std::min(sum_of_largest(distinct, batch_size), vocabulary)};
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
    sort_rows(examples, pool);
    append_batches(pool, batch_size, batches);
  }
  random.shuffle(std::span(batches));
  return batches;
}

void sort_by_length(std::span<const Example> examples, Indices& order) {
  order.resize(examples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  sort_rows(examples, order);
}

std::vector<Indices> sorted_batches(std::span<const Example> examples, std::size_t batch_size) {
  check(batch_size);
  Indices order;
  sort_by_length(examples, order);
  std::vector<Indices> batches;
  append_batches(order, batch_size, batches);
  return batches;
}

}  // namespace unroll
