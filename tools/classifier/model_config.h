/// Configurations as words: SequenceClassifierConfig as JSON for the model file, every enumeration
/// by name for flags.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "unroll/layers/sequence_classifier.h"
#include "unroll/optim/optimizer.h"
#include "unroll/optim/schedule.h"
#include "unroll/text/tokenizer.h"

namespace unroll {

/// Throws UsageError for a configuration that no model file may have: a size that is 0 or beyond
/// what this program reads, a share or a bias that is none.
void check_config(const SequenceClassifierConfig& config);
/// Everything but vocabulary and classes, which follow from the encoder and the labels. Checks it
/// first: what is written can be read.
std::string to_json(const SequenceClassifierConfig& config);
/// Throws ModelError for anything to_json would not write, sizes out of range included.
SequenceClassifierConfig model_config_from_json(std::string_view json);

/// All values of an enumeration that has a to_string, in the order in which help lists them.
template <typename Enum>
inline constexpr std::array<Enum, 0> kAll{};
template <>
inline constexpr std::array kAll<Cell> = kAllCells;
template <>
inline constexpr std::array kAll<Activation>{Activation::kTanh, Activation::kSigmoid,
                                             Activation::kRelu};
template <>
inline constexpr std::array kAll<GruReset>{GruReset::kAfter, GruReset::kBefore};
template <>
inline constexpr std::array kAll<Precision>{Precision::kFull, Precision::kBFloat16,
                                            Precision::kNarrow, Precision::kFloat16};
template <>
inline constexpr std::array kAll<PrecisionChoice>{
    PrecisionChoice::kFull, PrecisionChoice::kBFloat16, PrecisionChoice::kHalf};
template <>
inline constexpr std::array kAll<Direction>{Direction::kForward, Direction::kBackward};
template <>
inline constexpr std::array kAll<Pool>{Pool::kMax, Pool::kMean, Pool::kLast};
template <>
inline constexpr std::array kAll<TokenizerKind> = kAllTokenizers;
template <>
inline constexpr std::array kAll<OptimizerKind>{OptimizerKind::kAdam, OptimizerKind::kAdamW,
                                                OptimizerKind::kLazyAdam, OptimizerKind::kSgd};
template <>
inline constexpr std::array kAll<Decay>{Decay::kConstant, Decay::kStep, Decay::kCosine,
                                        Decay::kLinear};
template <>
inline constexpr std::array kAll<RecurrentInit>{RecurrentInit::kOrthogonal, RecurrentInit::kGlorot,
                                                RecurrentInit::kUniform, RecurrentInit::kIdentity};

/// The value with this name, if there is one.
template <typename Enum>
std::optional<Enum> from_name(std::string_view name) {
  for (Enum value : kAll<Enum>) {
    if (to_string(value) == name) return value;
  }
  return std::nullopt;
}

}  // namespace unroll
