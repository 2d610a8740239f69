/// unknown_share: how much of some texts a vocabulary made of other texts would lack.
#pragma once

#include <span>
#include <string_view>

#include "unroll/text/encoder.h"

namespace unroll {

/// The share of the tokens of `others` that are unknown to a vocabulary of `texts`; 0 if there are
/// no tokens. Judged by the first MiB of each; only if that has more than half unknown, by all.
double unknown_share(std::span<const std::string_view> texts,
                     std::span<const std::string_view> others, const EncoderSettings& settings,
                     const Vocabulary::Limits& limits);

}  // namespace unroll
