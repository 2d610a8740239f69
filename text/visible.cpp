#include "unroll/text/visible.h"

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <cstdint>

#include "unroll/text/utf8.h"

namespace unroll {

namespace {

std::string written(char c) {
  switch (c) {
    case '\t':
      return "\\t";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    default:
      return fmt::format("\\x{:02X}", static_cast<std::uint8_t>(c));
  }
}

/// Beyond ASCII. The ideographic space is as wide as the letters around it.
bool is_unseen(char32_t character) {
  constexpr char32_t kIdeographicSpace = 0x3000;
  const auto point = static_cast<UChar32>(character);
  const bool is_odd = (U_GET_GC_MASK(point) & (U_GC_C_MASK | U_GC_Z_MASK)) != 0;
  return character != kIdeographicSpace &&
         (is_odd || u_hasBinaryProperty(point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0);
}

}  // namespace

std::string visible(std::string_view text) {
  std::string result;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    const auto character = next_character(text, end);
    if (!character) {
      result += written(text[end++]);
    } else if (*character < 0x80) {
      const bool is_plain = *character >= ' ' && *character != 0x7F;
      result += is_plain ? std::string(1, text[begin]) : written(text[begin]);
    } else if (is_unseen(*character)) {
      result += fmt::format("\\u{:04X}", static_cast<std::uint32_t>(*character));
    } else {
      result += text.substr(begin, end - begin);
    }
  }
  return result;
}

}  // namespace unroll
