#include "unroll/tools/program/numbers.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace unroll {

namespace {

/// 010 is eight to some and ten to others.
bool has_leading_zero(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' &&
         std::isdigit(static_cast<unsigned char>(text[1])) != 0;
}

/// The number that the whole text is.
template <typename Number>
std::optional<Number> parse(std::string_view text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || parsed != end || has_leading_zero(text)) return std::nullopt;
  return number;
}

/// A check that a text is a number in a range; `what` names what is expected.
template <typename Number>
CLI::Validator number_in(Number least, Number most, std::string_view what) {
  const std::string range = fmt::format("{} .. {}", least, most);
  const auto check = [=, expected = fmt::format("expected {} in {}", what, range)](
                         const std::string& text) -> std::string {
    const auto number = parse<Number>(text);
    if (number && *number >= least && *number <= most) return "";
    return fmt::format("{}, found \"{}\"", expected, text);
  };
  return {check, range, std::string(what)};
}

/// Bytes of a unit's letter.
std::optional<double> unit_bytes(char letter) {
  switch (std::toupper(static_cast<unsigned char>(letter))) {
    case 'K':
      return 0x1p10;
    case 'M':
      return 0x1p20;
    case 'G':
      return 0x1p30;
    default:
      return std::nullopt;
  }
}

std::optional<double> bytes_of(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto unit = unit_bytes(text.back());
  const auto number = parse<double>(text.substr(0, text.size() - 1));
  if (!unit || !number) return std::nullopt;
  return *number * *unit;
}

}  // namespace

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  return number_in(least, most, "a whole number");
}

CLI::Validator real_number(double least, double most) {
  return number_in(least, most, "a number");
}

CLI::Validator memory_size() {
  constexpr double kLeast = 0x1p10;
  constexpr double kMost = 0x1p50;
  const auto check = [](const std::string& text) -> std::string {
    const auto bytes = bytes_of(text);
    if (!bytes || !(*bytes >= kLeast && *bytes <= kMost)) {
      return fmt::format(
          "expected a size in 1K .. 1048576G, a number and K, M or G as in 200M or 1.5G, found "
          "\"{}\"",
          text);
    }
    return "";
  };
  return {check, "as 200M or 1.5G", "a size"};
}

std::size_t bytes_of_size(std::string_view text) {
  return static_cast<std::size_t>(bytes_of(text).value_or(0));
}

}  // namespace unroll
