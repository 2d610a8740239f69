// Sheets as plain text.

#include <fmt/format.h>

#include <algorithm>

#include "unroll/tools/classifier/shown_text.h"
#include "unroll/tools/lab/sheets/sheet.h"

namespace unroll {

namespace {

constexpr std::size_t kWidth = 80;
/// Where formulas begin (after the equation's ID) and where their numbers do.
constexpr std::size_t kFormulaColumn = 11;
constexpr std::size_t kNumbersColumn = 36;
/// Numbers on a line; more are continued below.
constexpr std::size_t kNumbersPerLine = 4;

std::string padded(std::string_view text, std::size_t width) {
  return fmt::format("{:<{}}", text, width);
}

/// Symbols without the braces that only tell how far a subscript reaches; parentheses instead where
/// it is a sum.
std::string plain(std::string_view symbols) {
  std::string text;
  bool sum = false;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const std::string_view inner = symbols.substr(i, symbols.find('}', i) - i);
    if (symbols[i] == '{') sum = inner.find("−") != inner.npos || inner.find('+') != inner.npos;
    if (symbols[i] != '{' && symbols[i] != '}') {
      text += symbols[i];
    } else if (sum) {
      text += symbols[i] == '{' ? '(' : ')';
    }
  }
  return text;
}

std::string plain_text(std::string_view text) {
  std::string result;
  for (const TextPiece& piece : pieces_of(text))
    result += piece.is_symbols ? plain(piece.text) : piece.text;
  return result;
}

/// Where the character at `begin` ends, in bytes.
std::size_t character_end(std::string_view text, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return end;
}

/// Fills lines of kWidth columns; a break is where a space is, or before a wide character.
std::string wrapped(std::string_view text) {
  std::string lines;
  std::string line;
  std::string word;
  const auto flush_word = [&] {
    if (columns_of(line) + columns_of(word) > kWidth) {
      while (!line.empty() && line.back() == ' ') line.pop_back();
      lines += line + '\n';
      line.clear();
    }
    line += word;
    word.clear();
  };
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = character_end(text, begin);
    const std::string_view character = text.substr(begin, end - begin);
    const bool wide = columns_of(character) == 2;
    // Closing punctuation of Chinese stays with the character before it.
    const bool closes = character == "。" || character == "，" || character == "：" ||
                        character == "；" || character == "、" || character == "）";
    if (wide && !closes) flush_word();
    word += character;
    if (character == " ") flush_word();
    begin = end;
  }
  flush_word();
  return lines + line + '\n';
}

class TextWriter {
 public:
  void operator()(const SheetHeading& heading) {
    const std::string text = plain_text(heading.text);
    output += '\n' + text + '\n';
    if (heading.level == 1) output += std::string(columns_of(text), '=') + '\n';
  }
  void operator()(const SheetText& text) { output += wrapped(plain_text(text.text)); }
  void operator()(const SheetEquation& equation) {
    const std::string name = plain(equation.name);
    std::string formula = name;
    for (std::size_t n = 0; n < equation.terms.size(); ++n) {
      const SheetTerm& term = equation.terms[n];
      formula +=
          fmt::format(" {}{}{}", term.sign, term.symbols.empty() ? "" : " ", plain(term.symbols));
      line(n == 0 ? equation.id : "", formula, term.numbers);
      formula = std::string(columns_of(name), ' ');
    }
  }
  void operator()(const SheetTable& table);

  std::string output;

 private:
  void line(std::string_view id, std::string_view formula, const std::optional<Numbers>& numbers);
};

std::string number_line(const Numbers& numbers, std::size_t first, std::size_t count) {
  // A sign, a digit, the point, the decimals, and a space before.
  const int width = numbers.style == NumberStyle::kSixDecimals ? 10 : 9;
  std::string text;
  for (std::size_t i = first; i < first + count; ++i) {
    text += fmt::format("{:>{}}", number_text(numbers.values[i], numbers.style), width);
  }
  return text;
}

/// The lines of a row of `count` numbers that starts at `first`, within brackets.
void add_row(const Numbers& numbers, std::size_t first, std::size_t count, bool more,
             std::vector<std::string>& lines) {
  for (std::size_t begin = 0; begin < count; begin += kNumbersPerLine) {
    const std::size_t shown = std::min(kNumbersPerLine, count - begin);
    const bool last = begin + shown == count;
    lines.push_back(fmt::format("{}{}{}", begin == 0 ? '[' : ' ',
                                number_line(numbers, first + begin, shown),
                                !last  ? ""
                                : more ? " …]"
                                       : " ]"));
  }
}

std::vector<std::string> lines_of(const Numbers& numbers) {
  std::vector<std::string> lines;
  if (numbers.form == Numbers::Form::kScalar) {
    lines.push_back(fmt::format(" {}", number_line(numbers, 0, 1)));
  } else if (numbers.form == Numbers::Form::kColumn) {
    add_row(numbers, 0, numbers.rows, numbers.more_rows, lines);
  } else {
    for (std::size_t r = 0; r < numbers.rows; ++r) {
      add_row(numbers, r * numbers.columns, numbers.columns, numbers.more_columns, lines);
    }
    if (numbers.more_rows) lines.emplace_back("         ⋮");
  }
  return lines;
}

void TextWriter::line(std::string_view id, std::string_view formula,
                      const std::optional<Numbers>& numbers) {
  if (columns_of(id) >= kFormulaColumn) {  // a long ID has a line of its own
    output += std::string(id) + '\n';
    id = {};
  }
  output += padded(id, kFormulaColumn) + std::string(formula);
  std::size_t at = kFormulaColumn + columns_of(formula);
  if (!numbers) {
    output += '\n';
    return;
  }
  if (at >= kNumbersColumn) {
    output += '\n';
    at = 0;
  }
  for (const std::string& text : lines_of(*numbers)) {
    output += std::string(kNumbersColumn - at, ' ') + text + '\n';
    at = 0;
  }
}

void TextWriter::operator()(const SheetTable& table) {
  std::vector<std::size_t> widths;
  for (const std::string& column : table.columns) widths.push_back(columns_of(plain_text(column)));
  for (const auto& row : table.rows) {
    for (std::size_t k = 0; k < row.size(); ++k)
      widths[k] = std::max(widths[k], columns_of(row[k]));
  }
  const auto add = [&](const std::vector<std::string>& row, bool symbols) {
    std::string text;
    for (std::size_t k = 0; k < row.size(); ++k) {
      text += fmt::format("  {:>{}}", symbols ? plain_text(row[k]) : row[k], widths[k]);
    }
    output += text + '\n';
  };
  add(table.columns, true);
  for (const auto& row : table.rows) add(row, false);
}

}  // namespace

std::string to_text(const Sheet& sheet) {
  TextWriter writer;
  writer.output = sheet.title + '\n' + std::string(columns_of(sheet.title), '=') + '\n';
  for (const auto& item : sheet.items) std::visit(writer, item);
  return writer.output;
}

}  // namespace unroll
