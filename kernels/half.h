/// Half precision: which of the precisions that take 16 bits for a factor pays on the CPU at hand,
/// and whether Float16 holds the sums of given weights.
#pragma once

#include <cstddef>

#include "unroll/core/precision.h"
#include "unroll/core/tensor.h"

namespace unroll {

/// What passes are for. Training never multiplies Float16: gradients leave its range.
enum class Passes { kTraining, kInference };

/// What of a recurrent layer decides which precision is fast.
struct LayerSizes {
  std::size_t inputs, hidden, gates;
};

/// The fastest precision for such passes of such a layer here that is exact enough; never slower
/// than kFull. For training it is kBFloat16 or kFull. UNROLL_HALF names another one: fp32, bf16,
/// narrow or fp16. Throws UsageError if that is none of them.
Precision half_precision(Passes passes, const LayerSizes& sizes);

/// The precision of a choice: kHalf is half_precision's.
Precision precision_of(PrecisionChoice choice, Passes passes, const LayerSizes& sizes);

/// Whether no product of these weights with inputs of at most this size, and no short sum of
/// them, leaves the range of Float16. False if anything is infinite or no number.
bool fits_float16(MatrixView<const float> weights, double largest_input) noexcept;

}  // namespace unroll
