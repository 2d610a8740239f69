/// unknown_share: how much of some texts a vocabulary made of other texts would lack.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "unroll/text/encoder.h"

namespace unroll {

/// The most that unknown_share, the choice of a tokenizer and the training of subwords look at.
inline constexpr std::size_t kMostBytesLookedAt = std::size_t{8} << 20;

/// The share of the tokens of `others` that are unknown to a vocabulary of `texts`; 0 if there are
/// no tokens. Judged by the first MiB of each; only if that has more than half unknown, by the
/// first kMostBytesLookedAt of `texts`.
double unknown_share(std::span<const std::string_view> texts,
                     std::span<const std::string_view> others, const EncoderSettings& settings,
                     const Vocabulary::Limits& limits);

}  // namespace unroll
