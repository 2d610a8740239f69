/// Precision: what the products of recurrent layers multiply. PrecisionChoice: what a user asks
/// for; "half" is one of the other precisions, by the CPU (kernels/half.h).
#pragma once

#include <string_view>

namespace unroll {

enum class Precision {
  kFull,      ///< values as they are
  kBFloat16,  ///< all factors rounded to BFloat16, summed in float
  kNarrow,    ///< W and U rounded to BFloat16, x and h as they are
  kFloat16,   ///< all factors rounded to Float16, summed in it for a few terms; inference only
};

/// "fp32", "bf16", "narrow", "fp16".
inline std::string_view to_string(Precision precision) {
  switch (precision) {
    case Precision::kFull:
      return "fp32";
    case Precision::kBFloat16:
      return "bf16";
    case Precision::kNarrow:
      return "narrow";
    case Precision::kFloat16:
      return "fp16";
  }
  return "";
}

enum class PrecisionChoice { kFull, kBFloat16, kHalf };

/// "fp32", "bf16", "half".
inline std::string_view to_string(PrecisionChoice choice) {
  switch (choice) {
    case PrecisionChoice::kFull:
      return "fp32";
    case PrecisionChoice::kBFloat16:
      return "bf16";
    case PrecisionChoice::kHalf:
      return "half";
  }
  return "";
}

}  // namespace unroll
