#include "unroll/tools/classifier/shown_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/text/utf8.h"

namespace unroll {

/// fmt knows the columns when it pads, so what it adds tells.
std::size_t columns_of(std::string_view text) {
  const std::size_t wide = 4 * text.size() + 1;
  const std::size_t padding = fmt::format("{:<{}}", text, wide).size() - text.size();
  return wide - padding;
}

std::string shown(std::string_view text, std::size_t most_columns) {
  constexpr std::size_t kBytesOfACharacter = 4;
  std::string_view kept = utf8_prefix(text, most_columns * kBytesOfACharacter);
  if (kept.size() < text.size() || columns_of(kept) > most_columns) {
    while (columns_of(kept) + 1 > most_columns) kept = utf8_prefix(kept, kept.size() - 1);
  }
  std::string line(kept);
  std::ranges::replace_if(
      line, [](unsigned char byte) { return byte < 0x20 || byte == 0x7F; }, ' ');
  return kept.size() < text.size() ? line + "…" : line;
}

}  // namespace unroll
