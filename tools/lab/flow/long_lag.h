/// The classical tasks that need a long memory, as endless streams of fresh sequences.
///
/// Adding (Hochreiter & Schmidhuber 1997, experiment 4, in the form of Le, Jaitly & Hinton 2015): T
///   steps of (value, marker), values uniform in [0, 1), markers 0 but for two ones, one in each
///   half; the answer, at the end, is the sum of the two marked values. Who always answers 1 has a
///   mean squared error of 1/6 = 0.167, the variance of a sum of two uniform values.
/// Temporal order (Hochreiter & Schmidhuber 1997, experiment 6a): E, then letters of {a, b, c, d},
///   then B, T to 1.1·T steps long; one X or Y at a step of [T/10, T/5] and one of [T/2, 3T/5], E
///   being step 0. The answer, at the end, is which two they were: XX, XY, YX, YY.
/// Copy memory (Arjovsky, Shah & Bengio 2016): 10 letters of an alphabet of 8, T − 1 blanks, the
///   signal to speak, 10 blanks. The answers, at every step, are T + 10 blanks and then the
///   letters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "unroll/core/ragged.h"
#include "unroll/core/random.h"
#include "unroll/core/tensor.h"

namespace unroll {

enum class LongLagTask { kAdding, kTemporalOrder, kCopyMemory };
/// adding, order, copy.
std::string_view to_string(LongLagTask task);
/// Throws UsageError for another name.
LongLagTask long_lag_task_named(std::string_view name);

std::size_t long_lag_input_size(LongLagTask task);   ///< I
std::size_t long_lag_output_size(LongLagTask task);  ///< K
/// How many letters the copy task has to remember, and how many there are.
inline constexpr std::size_t kCopiedLetters = 10;
inline constexpr std::size_t kCopyAlphabet = 8;

/// B sequences, N = Σ lengths; I, K of the task.
template <typename Real>
struct LongLagBatch {
  RaggedShape shape;
  Tensor<Real> x;                     ///< (N, I)
  Tensor<Real> y;                     ///< adding: (B, 1), the sums
  std::vector<std::int32_t> classes;  ///< order: (B), copy: (N), one for each step
};

/// A stream of sequences of a task, a function of its arguments. Instantiated for float and double.
template <typename Real>
class LongLagStream {
 public:
  /// `steps` is the task's T. Streams of different names have nothing to do with each other. Throws
  /// UsageError if the task needs more steps.
  LongLagStream(LongLagTask task, std::size_t steps, std::uint64_t seed, std::string_view name);

  /// The next `count` sequences; those of the temporal order sorted by length.
  void next(std::size_t count, LongLagBatch<Real>& batch);

 private:
  void next_adding(LongLagBatch<Real>& batch);
  void next_order(LongLagBatch<Real>& batch);
  void next_copy(LongLagBatch<Real>& batch);
  RaggedShape next_shape(std::size_t count);
  std::size_t between(std::size_t first, std::size_t last);

  LongLagTask task_;
  std::size_t steps_;
  Random random_;
};

}  // namespace unroll
