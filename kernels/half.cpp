#include "unroll/kernels/half.h"

#include <cmath>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/core/float16.h"
#include "unroll/kernels/isa.h"
#include "unroll/kernels/kernel_table.h"

namespace unroll {
namespace {

/// What UNROLL_HALF names, if it is set.
std::optional<Precision> wanted_precision() {
  const char* const name = std::getenv("UNROLL_HALF");
  if (name == nullptr || *name == '\0') return std::nullopt;
  for (const Precision precision :
       {Precision::kFull, Precision::kBFloat16, Precision::kNarrow, Precision::kFloat16}) {
    if (to_string(precision) == name) return precision;
  }
  throw UsageError(
      fmt::format("UNROLL_HALF: no precision `{}`; there are: fp32, bf16, narrow, fp16", name));
}

Precision for_training(Precision precision) {
  switch (precision) {
    case Precision::kFull:
    case Precision::kBFloat16:
      return precision;
    case Precision::kNarrow:
    case Precision::kFloat16:
      break;
  }
  return Precision::kFull;
}

/// Whether W as floats is in a first-level cache from step to step: it then gains nothing by being
/// half as large. On Emerald Rapids, with 48 KiB, a GRU of 64 units was 0.96 times as fast with
/// narrow weights, and an RNN of 64 units 0.75 times with Float16.
bool stays_in_cache(const LayerSizes& sizes) {
  constexpr std::size_t kCache = std::size_t{48} << 10;
  return sizes.gates * sizes.hidden * sizes.hidden * sizeof(float) <= kCache;
}

/// Pairs need even sizes.
bool has_pairs(const LayerSizes& sizes) {
  return sizes.inputs % 2 == 0 && sizes.hidden % 2 == 0;
}

Precision fastest_precision(const LayerSizes& sizes) {
  if (has_pairs(sizes) && multiplies_bfloat16()) return Precision::kBFloat16;
  if (stays_in_cache(sizes)) return Precision::kFull;
  if (has_pairs(sizes) && multiplies_float16()) return Precision::kFloat16;
  return Precision::kNarrow;
}

}  // namespace

Precision half_precision(Passes passes, const LayerSizes& sizes) {
  const std::optional<Precision> wanted = wanted_precision();
  const Precision precision = wanted ? *wanted : fastest_precision(sizes);
  switch (passes) {
    case Passes::kTraining:
      return for_training(precision);
    case Passes::kInference:
      break;
  }
  return precision;
}

Precision precision_of(PrecisionChoice choice, Passes passes, const LayerSizes& sizes) {
  switch (choice) {
    case PrecisionChoice::kFull:
      return Precision::kFull;
    case PrecisionChoice::kBFloat16:
      return Precision::kBFloat16;
    case PrecisionChoice::kHalf:
      break;
  }
  return half_precision(passes, sizes);
}

bool fits_float16(MatrixView<const float> weights, double largest_input) noexcept {
  double largest = 0;
  for (std::size_t r = 0; r < weights.rows(); ++r) {
    for (const float weight : weights.row(r)) {
      const double size = std::abs(static_cast<double>(weight));
      if (std::isnan(size)) return false;
      largest = size > largest ? size : largest;
    }
  }
  constexpr double kTerms = kShortLinesOfFloat16 * kDepth<Float16>;
  constexpr double kMost = kLargestFloat16 / 2;  // all roundings together add less than a fiftieth
  return largest <= kMost && largest_input <= kMost && largest * largest_input * kTerms <= kMost;
}

}  // namespace unroll
