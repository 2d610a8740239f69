#include "unroll/text/icu_pieces-inl.h"

#include <fmt/format.h>
#include <unicode/unistr.h>
#include <unicode/utf16.h>

#include <cstdint>
#include <limits>

#include "unroll/core/error.h"

namespace unroll {

namespace {

/// How many bytes the UTF-16 units begin .. end − 1 take in UTF-8. Each half of a surrogate pair
/// counts for two.
std::size_t utf8_size(const char16_t* begin, const char16_t* end) {
  std::size_t bytes = 0;
  for (; begin != end; ++begin) {
    bytes += *begin < 0x80 ? 1 : *begin < 0x800 || U16_IS_SURROGATE(*begin) ? 2 : 3;
  }
  return bytes;
}

}  // namespace

std::unique_ptr<icu::BreakIterator> make_break_iterator(
    icu::BreakIterator* (*create)(const icu::Locale&, UErrorCode&), std::string_view what) {
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<icu::BreakIterator> iterator(create(icu::Locale::getRoot(), status));
  if (U_FAILURE(status) || iterator == nullptr) {
    throw Error(ErrorKind::kInternal, fmt::format("ICU has no {} rules: {}. Is its data installed?",
                                                  what, u_errorName(status)));
  }
  return iterator;
}

void append_icu_pieces(icu::BreakIterator& iterator, std::string_view text,
                       std::vector<std::string_view>& pieces) {
  if (text.size() > std::numeric_limits<std::int32_t>::max()) {
    throw DataError(
        "a text of more than 2 GiB can't be split into words; cut it into smaller ones");
  }
  // Through UTF-16, ICU's own form: a fifth faster on Chinese than its view of UTF-8.
  const auto utf16 = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  const char16_t* units = utf16.getBuffer();
  iterator.setText(utf16);
  std::int32_t begin = iterator.first();
  for (std::int32_t end = iterator.next(); end != icu::BreakIterator::DONE; end = iterator.next()) {
    const std::size_t bytes = utf8_size(units + begin, units + end);
    pieces.push_back(text.substr(0, bytes));
    text.remove_prefix(bytes);
    begin = end;
  }
}

}  // namespace unroll
