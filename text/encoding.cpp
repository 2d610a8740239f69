#include "unroll/text/encoding.h"

#include <unicode/uchar.h>

#include <algorithm>

#include "unroll/text/utf8.h"

namespace unroll {

namespace {

// ----------------------------------------------------------------------------------------- UTF-16

/// Such a text is valid UTF-8 where it is of Latin, Greek, Cyrillic … letters alone: then so many
/// bytes are zeros and other controls.
constexpr double kControlsOfUtf16 = 0.25;
constexpr double kAsciiOfUtf16 = 0.01;  // line ends alone are about as many in Chinese

struct Utf16Count {
  std::size_t units = 0;
  std::size_t ascii = 0;    // blanks, line ends, digits and small letters of ASCII
  std::size_t foreign = 0;  // surrogates alone, private use, and what Unicode leaves free
};

char16_t unit_at(std::string_view bytes, std::size_t offset, bool big) {
  const auto first = static_cast<unsigned char>(bytes[offset + (big ? 0 : 1)]);
  const auto second = static_cast<unsigned char>(bytes[offset + (big ? 1 : 0)]);
  return static_cast<char16_t>(first << 8 | second);
}

/// Capitals are left out: in the wrong order, the commonest Chinese character is an N.
bool is_frequent(char16_t unit) {
  return unit == '\n' || unit == '\r' || unit == '\t' || unit == ' ' ||
         (unit >= '1' && unit <= '9') || (unit >= 'a' && unit <= 'z');
}

Utf16Count count_units(std::string_view bytes, bool big) {
  Utf16Count count;
  for (std::size_t offset = 0; offset + 1 < bytes.size(); offset += 2) {
    const char16_t unit = unit_at(bytes, offset, big);
    ++count.units;
    count.ascii += is_frequent(unit);
    count.foreign += unit == 0 || u_isdefined(unit) == 0 || u_charType(unit) == U_PRIVATE_USE_CHAR;
  }
  return count;
}

/// The part of the bytes that no text of bytes has, but for a few.
double share_of_controls(std::string_view bytes) {
  const auto is_control = [](char c) {
    return c >= 0 && c < ' ' && std::string_view("\t\n\r\f\x1b").find(c) == std::string_view::npos;
  };
  return static_cast<double>(std::ranges::count_if(bytes, is_control)) /
         static_cast<double>(bytes.size());
}

bool reads_as(const Utf16Count& count, const Utf16Count& other, bool may_be_utf8) {
  const auto units = static_cast<double>(count.units);
  const bool has_ascii =
      count.ascii > 1 && static_cast<double>(count.ascii) > kAsciiOfUtf16 * units;
  const bool is_this_order = count.ascii > 10 * other.ascii;
  const bool is_text = static_cast<double>(count.foreign) < kAsciiOfUtf16 * units;
  return has_ascii && is_this_order && is_text && !may_be_utf8;
}

}  // namespace

bool is_binary(std::string_view bytes) noexcept {
  constexpr double kMostControls = 0.02;
  return !bytes.empty() && share_of_controls(bytes) > kMostControls;
}

double share_of_zeros(std::string_view bytes) noexcept {
  const std::size_t first = bytes.find('\0');  // most texts have none
  if (first == bytes.npos) return 0;
  return static_cast<double>(std::ranges::count(bytes.substr(first), '\0')) /
         static_cast<double>(bytes.size());
}

std::string utf32_of(std::string_view beginning) {
  const std::size_t whole = beginning.size() / 4 * 4;
  if (whole == 0) return "";
  bool little = true, big = true;  // the highest byte is always zero, and the next one nearly
  for (std::size_t offset = 0; offset < whole; offset += 4) {
    little = little && beginning[offset + 3] == '\0' && beginning[offset + 2] <= 0x10 &&
             beginning[offset + 2] >= 0;
    big = big && beginning[offset] == '\0' && beginning[offset + 1] <= 0x10 &&
          beginning[offset + 1] >= 0;
  }
  if (little == big) return "";  // nothing but zeros is both
  return little ? "UTF-32LE" : "UTF-32BE";
}

std::string utf16_of(std::string_view beginning) {
  if (!utf32_of(beginning).empty()) return "";
  if (beginning.starts_with("\xFF\xFE")) return "UTF-16LE";
  if (beginning.starts_with("\xFE\xFF")) return "UTF-16BE";
  if (beginning.find('\0') == std::string_view::npos) return "";
  const bool may_be_utf8 =
      share_of_controls(beginning) < kControlsOfUtf16 && !invalid_utf8(whole_characters(beginning));
  const Utf16Count little = count_units(beginning, false), big = count_units(beginning, true);
  if (reads_as(little, big, may_be_utf8)) return "UTF-16LE";
  return reads_as(big, little, may_be_utf8) ? "UTF-16BE" : "";
}

}  // namespace unroll
