#include "unroll/tools/lab/flow/long_lag.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>

#include "unroll/core/error.h"

namespace unroll {

namespace {

/// The symbols of the temporal order: the distractors a b c d come first.
constexpr std::size_t kDistractors = 4;
constexpr std::size_t kX = 4;  // Y is the next
constexpr std::size_t kEnd = 6;
constexpr std::size_t kBegin = 7;
constexpr std::size_t kOrderSymbols = 8;

/// The symbols of the copy task behind its alphabet. The answers have no signal.
constexpr std::int32_t kBlank = static_cast<std::int32_t>(kCopyAlphabet);
constexpr std::size_t kSignal = kCopyAlphabet + 1;

/// Fewest steps in which the task's places exist.
std::size_t fewest_steps(LongLagTask task) {
  switch (task) {
    case LongLagTask::kAdding:
      return 2;  // a half has at least one step
    case LongLagTask::kTemporalOrder:
      return 10;  // T/10 is not the step of E
    case LongLagTask::kCopyMemory:
      break;
  }
  return 1;
}

}  // namespace

std::string_view to_string(LongLagTask task) {
  switch (task) {
    case LongLagTask::kAdding:
      return "adding";
    case LongLagTask::kTemporalOrder:
      return "order";
    case LongLagTask::kCopyMemory:
      break;
  }
  return "copy";
}

LongLagTask long_lag_task_named(std::string_view name) {
  for (LongLagTask task :
       {LongLagTask::kAdding, LongLagTask::kTemporalOrder, LongLagTask::kCopyMemory}) {
    if (to_string(task) == name) return task;
  }
  throw UsageError(
      fmt::format("there is no long-lag task \"{}\"; there are adding, order, copy", name));
}

std::size_t long_lag_input_size(LongLagTask task) {
  switch (task) {
    case LongLagTask::kAdding:
      return 2;  // value, marker
    case LongLagTask::kTemporalOrder:
      return kOrderSymbols;
    case LongLagTask::kCopyMemory:
      break;
  }
  return kSignal + 1;
}

std::size_t long_lag_output_size(LongLagTask task) {
  switch (task) {
    case LongLagTask::kAdding:
      return 1;
    case LongLagTask::kTemporalOrder:
      return 4;
    case LongLagTask::kCopyMemory:
      break;
  }
  return kCopyAlphabet + 1;
}

template <typename Real>
LongLagStream<Real>::LongLagStream(LongLagTask task, std::size_t steps, std::uint64_t seed,
                                   std::string_view name)
    : task_(task),
      steps_(steps),
      random_(seed, fmt::format("long-lag/{}/{}/{}", to_string(task), steps, name)) {
  if (steps >= fewest_steps(task)) return;
  throw UsageError(fmt::format("the long-lag task {} needs at least {} steps, not {}",
                               to_string(task), fewest_steps(task), steps));
}

template <typename Real>
void LongLagStream<Real>::next(std::size_t count, LongLagBatch<Real>& batch) {
  batch.shape = next_shape(count);
  batch.x.resize({batch.shape.tokens(), long_lag_input_size(task_)});
  batch.x.fill(0);
  switch (task_) {
    case LongLagTask::kAdding:
      return next_adding(batch);
    case LongLagTask::kTemporalOrder:
      return next_order(batch);
    case LongLagTask::kCopyMemory:
      return next_copy(batch);
  }
}

template <typename Real>
RaggedShape LongLagStream<Real>::next_shape(std::size_t count) {
  if (task_ == LongLagTask::kAdding) return RaggedShape::rectangle(steps_, count);
  if (task_ == LongLagTask::kCopyMemory) {
    return RaggedShape::rectangle(steps_ + 2 * kCopiedLetters, count);
  }
  std::vector<std::size_t> lengths(count);
  for (std::size_t& length : lengths) length = between(steps_, steps_ + steps_ / 10);
  std::ranges::sort(lengths, std::greater<>());
  return RaggedShape(lengths);
}

template <typename Real>
void LongLagStream<Real>::next_adding(LongLagBatch<Real>& batch) {
  const MatrixView<Real> x = batch.x.matrix();
  batch.y.resize({batch.shape.batch(), 1});
  for (std::size_t row = 0; row < batch.shape.batch(); ++row) {
    for (std::size_t t = 0; t < steps_; ++t) {
      x(batch.shape.index(t, row), 0) = static_cast<Real>(random_.uniform());
    }
    const std::size_t half = steps_ / 2;
    const std::size_t first = batch.shape.index(between(0, half - 1), row);
    const std::size_t second = batch.shape.index(between(half, steps_ - 1), row);
    x(first, 1) = x(second, 1) = 1;
    batch.y[row] = x(first, 0) + x(second, 0);
  }
}

template <typename Real>
void LongLagStream<Real>::next_order(LongLagBatch<Real>& batch) {
  const MatrixView<Real> x = batch.x.matrix();
  batch.classes.resize(batch.shape.batch());
  for (std::size_t row = 0; row < batch.shape.batch(); ++row) {
    const std::size_t length = batch.shape.length(row);
    std::vector<std::size_t> symbols(length);
    for (std::size_t& symbol : symbols) symbol = between(0, kDistractors - 1);
    symbols.front() = kBegin;
    symbols.back() = kEnd;
    const std::size_t first = between(0, 1);
    const std::size_t second = between(0, 1);
    symbols[between(steps_ / 10, steps_ / 5)] = kX + first;
    symbols[between(steps_ / 2, steps_ * 3 / 5)] = kX + second;
    for (std::size_t t = 0; t < length; ++t) x(batch.shape.index(t, row), symbols[t]) = 1;
    batch.classes[row] = static_cast<std::int32_t>(2 * first + second);
  }
}

template <typename Real>
void LongLagStream<Real>::next_copy(LongLagBatch<Real>& batch) {
  const MatrixView<Real> x = batch.x.matrix();
  const std::size_t steps = batch.shape.steps();
  batch.classes.assign(batch.shape.tokens(), kBlank);
  for (std::size_t row = 0; row < batch.shape.batch(); ++row) {
    for (std::size_t t = kCopiedLetters; t < steps; ++t) x(batch.shape.index(t, row), kBlank) = 1;
    const std::size_t signal = batch.shape.index(steps - kCopiedLetters - 1, row);
    x(signal, kBlank) = 0;
    x(signal, kSignal) = 1;
    for (std::size_t k = 0; k < kCopiedLetters; ++k) {
      const std::size_t letter = between(0, kCopyAlphabet - 1);
      x(batch.shape.index(k, row), letter) = 1;
      batch.classes[batch.shape.index(steps - kCopiedLetters + k, row)] =
          static_cast<std::int32_t>(letter);
    }
  }
}

/// Uniform in first .. last.
template <typename Real>
std::size_t LongLagStream<Real>::between(std::size_t first, std::size_t last) {
  return first + static_cast<std::size_t>(random_.below(last - first + 1));
}

template class LongLagStream<float>;
template class LongLagStream<double>;

}  // namespace unroll
