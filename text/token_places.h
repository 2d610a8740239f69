/// Where in a text its tokens are. A token is folded: "fine" may be "ＦＩＮＥ" in the text, or
/// "ﬁne" with a ligature. Who shows a reader what a model made of a text shows the text's own
/// letters.
#pragma once

#include <string_view>
#include <vector>

#include "unroll/core/range.h"
#include "unroll/text/encoder.h"

namespace unroll {

/// For each token of TextEncoder::tokenize the bytes of the text that it was made of, whole
/// characters of a reader; empty for a token that can't be found again. `text`: valid UTF-8.
std::vector<Range> place_tokens(std::string_view text, const EncoderSettings& settings);

}  // namespace unroll
