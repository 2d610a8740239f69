#include "unroll/text/batches.h"

#include <algorithm>
#include <functional>
#include <mutex>
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

void sort_rows(const ExampleRows& examples, std::span<std::size_t> rows) {
  const auto is_longer = [&](std::size_t a, std::size_t b) {
    return examples.length(a) > examples.length(b);
  };
  // Batches of a sorted pool are sorted already; and std::stable_sort asks for memory.
  if (std::ranges::is_sorted(rows, is_longer)) return;
  std::ranges::stable_sort(rows, is_longer);
}

/// The same for many rows, each of which is asked once for its length.
void sort_pool(const ExampleRows& examples, std::span<std::size_t> rows) {
  std::vector<std::pair<std::size_t, std::size_t>> keyed;  // length, row
  for (const std::size_t row : rows) keyed.emplace_back(examples.length(row), row);
  std::ranges::stable_sort(keyed, std::greater<>(), &std::pair<std::size_t, std::size_t>::first);
  std::ranges::transform(keyed, rows.begin(), &std::pair<std::size_t, std::size_t>::second);
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

/// How many examples have each size.
class Sizes {
 public:
  void add(std::size_t size, std::size_t examples = 1) {
    if (size >= counts_.size()) counts_.resize(size + 1);
    counts_[size] += examples;
  }
  void add(const Sizes& others) {
    for (std::size_t size = 0; size < others.counts_.size(); ++size)
      add(size, others.counts_[size]);
  }
  std::size_t largest() const { return counts_.empty() ? 0 : counts_.size() - 1; }
  /// The sum of the `count` largest.
  std::size_t sum_of_largest(std::size_t count) const {
    std::size_t sum = 0;
    for (std::size_t size = counts_.size(); size-- > 0 && count > 0;) {
      const std::size_t taken = std::min(count, counts_[size]);
      sum += taken * size;
      count -= taken;
    }
    return sum;
  }

 private:
  std::vector<std::size_t> counts_;
};

}  // namespace

Batch make_batch(std::span<const Example> examples, std::span<const std::size_t> rows) {
  Batch batch;
  make_batch(examples, rows, batch);
  return batch;
}

void make_batch(std::span<const Example> examples, std::span<const std::size_t> rows,
                Batch& batch) {
  make_batch(HeldRows(examples), rows, batch);
}

void make_batch(const ExampleRows& examples, std::span<const std::size_t> rows, Batch& batch) {
  batch.rows.assign(rows.begin(), rows.end());
  sort_rows(examples, batch.rows);
  const auto length = [&](std::size_t row) { return examples.length(row); };
  batch.shape.assign(batch.rows | std::views::transform(length));
  batch.ids.resize(batch.shape.tokens());
  batch.labels.clear();
  batch.weights.clear();
  for (std::size_t row = 0; row < batch.rows.size(); ++row) {
    const std::size_t example = batch.rows[row];
    batch.labels.push_back(examples.label(example));
    batch.weights.push_back(examples.weight(example));
    const std::span<const std::int32_t> ids = examples.ids(example, batch.text);
    for (std::size_t t = 0; t < ids.size(); ++t) batch.ids[batch.shape.index(t, row)] = ids[t];
  }
}

void plan_batch(const BatchLimits& limits, Batch& batch, MemoryPlan& plan) {
  batch.shape.plan(limits, plan);
  plan.add(batch.ids, limits.tokens);
  plan.add(batch.labels, limits.rows);
  plan.add(batch.weights, limits.rows);
  plan.add(batch.rows, limits.rows);
  plan.add(batch.text, limits.steps);
}

BatchLimits batch_limits(std::span<const Example> examples, std::size_t batch_size,
                         std::size_t vocabulary) {
  return batch_limits(HeldRows(examples), batch_size, vocabulary);
}

BatchLimits batch_limits(const ExampleRows& examples, std::size_t batch_size,
                         std::size_t vocabulary) {
  Sizes lengths, distinct;
  std::mutex both;
  for_each_part(examples, [&](Range rows) {
    Sizes part_lengths, part_distinct;
    std::vector<std::int32_t> room, words;
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const auto ids = examples.ids(row, room);
      words.assign(ids.begin(), ids.end());
      std::ranges::sort(words);
      part_lengths.add(words.size());
      part_distinct.add(
          static_cast<std::size_t>(std::ranges::unique(words).begin() - words.begin()));
    }
    const std::scoped_lock lock(both);
    lengths.add(part_lengths);
    distinct.add(part_distinct);
  });
  return {.rows = std::min(batch_size, examples.size()),
          .steps = lengths.largest(),
          .tokens = lengths.sum_of_largest(batch_size),
          .distinct = std::min(distinct.sum_of_largest(batch_size), vocabulary)};
}

std::vector<Indices> shuffled_batches(std::span<const Example> examples, std::size_t batch_size,
                                      Random& random) {
  return shuffled_batches(HeldRows(examples), all_indices(examples.size()), batch_size, random);
}

std::vector<Indices> shuffled_batches(const ExampleRows& examples, Indices order,
                                      std::size_t batch_size, Random& random) {
  check(batch_size);
  random.shuffle(std::span(order));
  // A batch size beyond the number of examples makes one batch; it must not overflow the pool.
  const std::size_t pool_size =
      kPoolBatches * std::min(batch_size, std::max<std::size_t>(order.size(), 1));
  std::vector<Indices> batches;
  for (std::size_t begin = 0; begin < order.size(); begin += pool_size) {
    const auto pool = std::span(order).subspan(begin, std::min(pool_size, order.size() - begin));
    sort_pool(examples, pool);
    append_batches(pool, batch_size, batches);
  }
  random.shuffle(std::span(batches));
  return batches;
}

void sort_by_length(std::span<const Example> examples, Indices& order) {
  order.resize(examples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  sort_rows(HeldRows(examples), order);
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
