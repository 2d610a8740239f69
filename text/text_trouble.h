/// Traces of what happened to a text before it was read: bytes of one encoding that were read as
/// another, markup that was not taken out, characters that no writer meant.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace unroll {

enum class TextTrouble : std::uint8_t {
  kReplacement,  ///< U+FFFD: a character was lost when the text was converted
  kMojibake,     ///< UTF-8 that was read as Latin-1 or Windows-1252, such as "Ã©" or "â€™"
  kControl,      ///< a control character besides tab and line ends, NUL among them
  kEntity,       ///< an HTML entity, such as "&amp;" or "&#39;"
  kTag,          ///< an HTML tag, such as "<br />"
};
inline constexpr std::array kTextTroubles{TextTrouble::kReplacement, TextTrouble::kMojibake,
                                          TextTrouble::kControl, TextTrouble::kEntity,
                                          TextTrouble::kTag};
std::string_view to_string(TextTrouble trouble);

/// What there is of it in valid UTF-8, each kind once, in the order above.
std::vector<TextTrouble> trouble_in(std::string_view text);

}  // namespace unroll
