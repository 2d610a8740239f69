/// Sheet: a page of formulas with numbers in them, as plain text and as HTML.
///
/// Symbols are written once, in a notation that both understand: `z_{f,3}` and `h_t` have
/// subscripts, `dz_3^{(3)}` both, `Wᵀ` is transposed; everything else is Unicode as it is.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "unroll/core/tensor.h"
#include "unroll/kernels/ops.h"

namespace unroll {

enum class NumberStyle {
  kFourDecimals,  ///< 0.1234; smaller than 0.001 as 1.2e-05
  kSixDecimals,   ///< 0.123457
  kShortest,      ///< as few digits as tell it from any other double
};
std::string number_text(double value, NumberStyle style);

/// φ as formulas have it: "tanh", "σ", "ReLU".
std::string symbol(Activation activation);

/// Numbers as shown: a scalar, a column, or a matrix, perhaps only its beginning.
struct Numbers {
  enum class Form { kScalar, kColumn, kMatrix };
  Form form = Form::kScalar;
  std::size_t rows = 1;  ///< shown
  std::size_t columns = 1;
  bool more_rows = false;  ///< there are more than are shown
  bool more_columns = false;
  NumberStyle style = NumberStyle::kFourDecimals;
  std::vector<double> values;  ///< (rows, columns)
};

Numbers scalar(double value, NumberStyle style = NumberStyle::kFourDecimals);
/// At most `most` components of a column.
Numbers column(std::span<const double> values, std::size_t most,
               NumberStyle style = NumberStyle::kFourDecimals);
/// At most `rows` × `columns` of a matrix, its top left corner.
Numbers corner(MatrixView<const double> matrix, std::size_t rows, std::size_t columns,
               NumberStyle style = NumberStyle::kFourDecimals);

/// `sign symbols`, and what it amounts to: a term of a sum, a factor of a product, a result.
struct SheetTerm {
  std::string sign;     ///< "=", "+", "⊙" …
  std::string symbols;  ///< empty for a result
  std::optional<Numbers> numbers;
};

struct SheetEquation {
  std::string id;    ///< of the equation it is an instance of; may be empty
  std::string name;  ///< what it gives: symbols
  std::vector<SheetTerm> terms;
};
/// In texts and headings, symbols are between $ signs; $$ is a dollar.
struct SheetHeading {
  int level = 1;  ///< 1: a part, 2: a paragraph of it
  std::string text;
};
struct SheetText {
  std::string text;
};
struct SheetTable {
  std::vector<std::string> columns;  ///< as SheetText
  std::vector<std::vector<std::string>> rows;
};

struct Sheet {
  std::string title;
  std::string language = "en";
  std::vector<std::variant<SheetHeading, SheetText, SheetEquation, SheetTable>> items;
};

/// A text that may hold dollars of its own, for headings and texts.
std::string literal(std::string_view text);
/// A text in pieces: symbols, and what is between them.
struct TextPiece {
  bool is_symbols = false;
  std::string text;
};
std::vector<TextPiece> pieces_of(std::string_view text);

/// Lines of at most 80 columns, where a symbol or a number is not wider itself. Columns are written
/// as rows: [ x_1 x_2 … ].
std::string to_text(const Sheet& sheet);
/// A self-contained page (html_page.h), formulas as MathML.
std::string to_html(const Sheet& sheet);

}  // namespace unroll
