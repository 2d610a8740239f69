#include "unroll/tools/lab/sheets/sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace unroll {

namespace {

/// Smaller magnitudes would lose their digits among four decimals, larger ones their column.
constexpr double kSmallestFixed = 1e-3;
constexpr double kLargestFixed = 1e4;

std::string four_decimals(double value) {
  if (value == 0) return "0";
  const bool fixed = std::abs(value) >= kSmallestFixed && std::abs(value) < kLargestFixed;
  return fixed ? fmt::format("{:.4f}", value) : fmt::format("{:.1e}", value);
}

/// Six decimals, and no minus sign before nothing.
std::string six_decimals(double value) {
  std::string text = fmt::format("{:.6f}", value);
  return text == "-0.000000" ? text.substr(1) : text;
}

}  // namespace

std::string symbol(Activation activation) {
  switch (activation) {
    case Activation::kTanh:
      return "tanh";
    case Activation::kSigmoid:
      return "σ";
    case Activation::kRelu:
      return "ReLU";
  }
  return "?";
}

std::string number_text(double value, NumberStyle style) {
  switch (style) {
    case NumberStyle::kFourDecimals:
      return four_decimals(value);
    case NumberStyle::kSixDecimals:
      return six_decimals(value);
    case NumberStyle::kShortest:
      break;
  }
  return fmt::format("{}", value);
}

Numbers scalar(double value, NumberStyle style) {
  return {.style = style, .values = {value}};
}

Numbers column(std::span<const double> values, std::size_t most, NumberStyle style) {
  const std::size_t rows = std::min(most, values.size());
  return {.form = Numbers::Form::kColumn,
          .rows = rows,
          .more_rows = rows < values.size(),
          .style = style,
          .values = {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rows)}};
}

Numbers corner(MatrixView<const double> matrix, std::size_t rows, std::size_t columns,
               NumberStyle style) {
  Numbers numbers{.form = Numbers::Form::kMatrix,
                  .rows = std::min(rows, matrix.rows()),
                  .columns = std::min(columns, matrix.columns()),
                  .style = style,
                  .values = {}};
  numbers.more_rows = numbers.rows < matrix.rows();
  numbers.more_columns = numbers.columns < matrix.columns();
  for (std::size_t r = 0; r < numbers.rows; ++r) {
    const auto row = matrix.row(r).first(numbers.columns);
    numbers.values.insert(numbers.values.end(), row.begin(), row.end());
  }
  return numbers;
}

std::string literal(std::string_view text) {
  std::string doubled;
  for (char c : text) doubled += c == '$' ? std::string("$$") : std::string(1, c);
  return doubled;
}

std::vector<TextPiece> pieces_of(std::string_view text) {
  std::vector<TextPiece> pieces(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      pieces.back().text += text[i];
    } else if (!pieces.back().is_symbols && text.substr(i + 1).starts_with('$')) {
      pieces.back().text += text[i++];
    } else {
      pieces.push_back({!pieces.back().is_symbols, ""});
    }
  }
  return pieces;
}

}  // namespace unroll
