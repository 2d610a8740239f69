// Sheets as HTML: formulas in MathML, their numbers in grids between brackets, which wrap where the
// page is narrow.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "unroll/tools/lab/pages/html_page.h"
#include "unroll/tools/lab/sheets/sheet.h"

namespace unroll {

namespace {

constexpr std::string_view kStyle = R"css(<style>
.eq { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .45rem; margin: 0 0 .7rem; }
.eq > .id, .eq > .none { width: 6.2rem; text-align: center; }
.given { display: inline-flex; margin-right: 1.8rem; }
.card > h2:first-child { margin-top: 0; }
.card > h3 { margin-top: 1.2rem; }
@media (max-width: 36rem) { .eq > .none { display: none; } }
.part { display: inline-flex; align-items: center; gap: .45rem; max-width: 100%; overflow-x: auto; }
.m { display: inline-grid; gap: 0 .7rem; padding: .05rem .4rem; position: relative;
  font-variant-numeric: tabular-nums; font-size: .85rem; line-height: 1.35; text-align: right;
  border-left: 1.5px solid; border-right: 1.5px solid; border-radius: .35rem; }
.m > b { font-weight: 400; text-align: center; color: var(--muted); }
math { font-size: 1.05rem; }
</style>
)css";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return (c >= '0' && c <= '9') || c == '.';
}

/// Letters that are a name together, upright.
constexpr std::array<std::string_view, 8> kNames{"tanh", "softmax", "log",  "exp",
                                                 "max",  "mean",    "ReLU", "diag"};

/// Reads the notation of sheet.h from left to right.
class SymbolReader {
 public:
  explicit SymbolReader(std::string_view symbols) : rest_(symbols) {}

  std::string row() {
    std::string html;
    while (!rest_.empty()) {
      if (take("  ")) {
        html += "<mspace width=\"1em\"/>";
      } else if (take(" ")) {
        html += after_name_ ? "<mspace width=\".17em\"/>" : "";
      } else {
        const std::string base = atom();
        html += with_scripts(base);
      }
    }
    return html;
  }

 private:
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  std::string_view take_while(bool (*belongs)(char)) {
    std::size_t count = 0;
    while (count < rest_.size() && belongs(rest_[count])) ++count;
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::string_view take_character() {
    std::size_t count = 1;
    while (count < rest_.size() && (static_cast<unsigned char>(rest_[count]) & 0xC0) == 0x80)
      ++count;
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string atom() {
    after_name_ = false;
    if (is_digit(rest_[0])) return fmt::format("<mn>{}</mn>", take_while(is_digit));
    for (std::string_view name : kNames) {
      if (!take(name)) continue;
      after_name_ = true;
      return fmt::format("<mi>{}</mi>", name);
    }
    const bool is_ascii_letter = is_letter(rest_[0]);
    const std::string_view character = take_character();
    constexpr std::array<std::string_view, 5> kLetters{"δ", "φ", "σ", "ŷ", "η"};
    if (is_ascii_letter || std::ranges::find(kLetters, character) != kLetters.end())
      return fmt::format("<mi>{}</mi>", character);
    if (character == "/" || character == "∂")
      return fmt::format("<mo lspace=\"0\" rspace=\"0\">{}</mo>", character);
    return fmt::format("<mo stretchy=\"false\">{}</mo>", html_text(character));
  }

  /// What follows `_` or `^`: a character, or what is in braces.
  std::string script() {
    if (!take("{")) return SymbolReader(take_character()).row();
    const std::size_t end = std::min(rest_.find('}'), rest_.size());
    const std::string inner = SymbolReader(rest_.substr(0, end)).row();
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return "<mrow>" + inner + "</mrow>";
  }

  std::string with_scripts(const std::string& base) {
    std::string below, above;
    for (;;) {
      if (take("_")) {
        below = script();
      } else if (take("^")) {
        above += script();
      } else if (take("ᵀ")) {
        above += "<mi mathvariant=\"normal\">T</mi>";
      } else if (take("²")) {
        above += "<mn>2</mn>";
      } else {
        break;
      }
    }
    if (!above.empty()) above = "<mrow>" + above + "</mrow>";
    if (below.empty() && above.empty()) return base;
    if (above.empty()) return "<msub>" + base + below + "</msub>";
    if (below.empty()) return "<msup>" + base + above + "</msup>";
    return "<msubsup>" + base + below + above + "</msubsup>";
  }

  std::string_view rest_;
  bool after_name_ = false;
};

std::string math(std::string_view symbols) {
  return "<math>" + SymbolReader(symbols).row() + "</math>";
}

std::string html_with_math(std::string_view text) {
  std::string html;
  for (const TextPiece& piece : pieces_of(text))
    html += piece.is_symbols ? math(piece.text) : html_text(piece.text);
  return html;
}

/// A number with a real minus sign.
std::string html_number(double value, NumberStyle style) {
  std::string text = number_text(value, style);
  if (text.starts_with('-')) text.replace(0, 1, "−");
  return text;
}

std::string html_numbers(const Numbers& numbers) {
  if (numbers.form == Numbers::Form::kScalar)
    return fmt::format("<span>{}</span>", html_number(numbers.values[0], numbers.style));
  const std::size_t columns = numbers.columns + (numbers.more_columns ? 1 : 0);
  std::string html =
      fmt::format("<span class=\"m\" style=\"grid-template-columns:repeat({},auto)\">", columns);
  for (std::size_t r = 0; r < numbers.rows; ++r) {
    for (std::size_t k = 0; k < numbers.columns; ++k) {
      html += fmt::format("<span>{}</span>",
                          html_number(numbers.values[r * numbers.columns + k], numbers.style));
    }
    if (numbers.more_columns) html += "<b>⋯</b>";
  }
  for (std::size_t k = 0; numbers.more_rows && k < columns; ++k)
    html += k == numbers.columns ? "<b>⋱</b>" : "<b>⋮</b>";
  return html + "</span>";
}

std::string part(std::string_view sign, const std::string& html) {
  return fmt::format("<span class=\"part\">{}{}</span>", sign.empty() ? "" : math(sign), html);
}

class HtmlWriter {
 public:
  void operator()(const SheetHeading& heading) {
    if (heading.level > 1) {
      output += fmt::format("<h3>{}</h3>\n", html_with_math(heading.text));
      return;
    }
    close();
    output += fmt::format("<section class=\"card\" id=\"part{}\">\n<h2>{}</h2>\n", ++parts_,
                          html_with_math(heading.text));
    open_ = true;
  }
  void operator()(const SheetText& text) {
    output += fmt::format("<p>{}</p>\n", html_with_math(text.text));
  }
  void operator()(const SheetEquation& equation) {
    std::string symbols = equation.name;
    for (const SheetTerm& term : equation.terms) {
      if (!term.symbols.empty()) symbols += " " + term.sign + " " + term.symbols;
    }
    // Numbers that nothing explains are side by side.
    const bool is_given = equation.id.empty() && symbols == equation.name;
    output += is_given ? "<div class=\"eq given\">" : "<div class=\"eq\">";
    if (!equation.id.empty()) {
      output += fmt::format("<span class=\"id\">{}</span>", equation.id);
    } else if (!is_given) {
      output += "<span class=\"none\"></span>";
    }
    output += part("", math(symbols));
    bool first = true;
    for (const SheetTerm& term : equation.terms) {
      if (!term.numbers) continue;
      output += part(first ? "=" : term.sign, html_numbers(*term.numbers));
      first = false;
    }
    output += "</div>\n";
  }
  void operator()(const SheetTable& table) {
    output += "<div class=\"wide\"><table><tr>";
    for (const std::string& name : table.columns)
      output += fmt::format("<th class=\"number\">{}</th>", html_with_math(name));
    output += "</tr>\n";
    for (const auto& row : table.rows) {
      output += "<tr>";
      for (const std::string& cell : row)
        output += fmt::format("<td class=\"number\">{}</td>", html_text(cell));
      output += "</tr>\n";
    }
    output += "</table></div>\n";
  }
  void close() {
    if (open_) output += "</section>\n";
    open_ = false;
  }

  std::string output{kStyle};

 private:
  bool open_ = false;
  std::size_t parts_ = 0;
};

/// Links to the parts.
std::string navigation(const Sheet& sheet) {
  std::string html = "<nav><ul>";
  std::size_t parts = 0;
  for (const auto& item : sheet.items) {
    const auto* heading = std::get_if<SheetHeading>(&item);
    if (heading == nullptr || heading->level > 1) continue;
    html +=
        fmt::format("<li><a href=\"#part{}\">{}</a></li>", ++parts, html_with_math(heading->text));
  }
  return html + "</ul></nav>\n";
}

}  // namespace

std::string to_html(const Sheet& sheet) {
  HtmlWriter writer;
  writer.output += navigation(sheet);
  for (const auto& item : sheet.items) std::visit(writer, item);
  writer.close();
  return html_page(sheet.title, writer.output, sheet.language);
}

}  // namespace unroll
