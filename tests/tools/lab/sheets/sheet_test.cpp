#include "unroll/tools/lab/sheets/sheet.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace unroll {
namespace {

Sheet one(SheetEquation equation) {
  Sheet sheet{.title = "S", .items = {}};
  sheet.items.emplace_back(std::move(equation));
  return sheet;
}

void expect_in(const std::string& part, const std::string& text) {
  EXPECT_NE(text.find(part), std::string::npos) << "no " << part << " in\n" << text;
}

TEST(Sheet, WritesNumbersInTheirStyle) {
  EXPECT_EQ(number_text(0.12345, NumberStyle::kFourDecimals), "0.1235");
  EXPECT_EQ(number_text(-0.00012, NumberStyle::kFourDecimals), "-1.2e-04");
  EXPECT_EQ(number_text(0, NumberStyle::kFourDecimals), "0");
  EXPECT_EQ(number_text(12345.6, NumberStyle::kFourDecimals), "1.2e+04");
  EXPECT_EQ(number_text(-1.0 / 3, NumberStyle::kSixDecimals), "-0.333333");
  EXPECT_EQ(number_text(-1e-9, NumberStyle::kSixDecimals), "0.000000");
  EXPECT_EQ(number_text(-0.3, NumberStyle::kShortest), "-0.3");
}

TEST(Sheet, PutsEachTermOnALineOfText) {
  const std::vector<double> a{1, 2, 3}, b{0.5, 0.25, 0.125};
  const std::string text =
      to_text(one({"RNN-z", "z_{3}", {{"=", "U x_{3}", column(a, 2)}, {"+", "b", column(b, 9)}}}));
  expect_in("RNN-z      z_3 = U x_3", text);
  expect_in("[   1.0000   2.0000 …]", text);
  expect_in("               + b", text);
  expect_in("[   0.5000   0.2500   0.1250 ]", text);
}

TEST(Sheet, ShowsTheCornerOfAMatrix) {
  Tensor<double> matrix({3, 3});
  for (std::size_t i = 0; i < 9; ++i) matrix[i] = static_cast<double>(i + 1);
  const Numbers numbers = corner(std::as_const(matrix).matrix(), 2, 2);
  EXPECT_EQ(numbers.values, (std::vector<double>{1, 2, 4, 5}));
  EXPECT_TRUE(numbers.more_rows && numbers.more_columns);
  const Numbers whole = corner(std::as_const(matrix).matrix(), 9, 9);
  EXPECT_FALSE(whole.more_rows || whole.more_columns);
  const std::string text = to_text(one({"", "A", {{"=", "", numbers}}}));
  expect_in("[   4.0000   5.0000 …]", text);
  expect_in("⋮", text);
}

TEST(Sheet, ContinuesLongColumnsOnTheNextLine) {
  const std::vector<double> a{1, 2, 3, 4, 5};
  expect_in("[   1.0000   2.0000   3.0000   4.0000\n",
            to_text(one({"", "a", {{"=", "", column(a, 5)}}})));
}

TEST(Sheet, KeepsProseWithinEightyColumns) {
  Sheet sheet{.title = "S", .items = {}};
  std::string english, chinese;
  for (int k = 0; k < 40; ++k) {
    english += "word ";
    chinese += "汉字，";
  }
  sheet.items.emplace_back(SheetText{english});
  sheet.items.emplace_back(SheetText{chinese});
  std::size_t begin = 0;
  const std::string text = to_text(sheet);
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::size_t columns = 0;
    for (char c : text.substr(begin, end - begin)) {
      const bool wide_begins = (static_cast<unsigned char>(c) & 0xF0) == 0xE0;
      columns += wide_begins ? 2 : (static_cast<unsigned char>(c) & 0x80) == 0 ? 1 : 0;
    }
    EXPECT_LE(columns, 80u);
  }
}

TEST(Sheet, WritesSubscriptsPlainlyAndSumsInParentheses) {
  const std::string text = to_text(one({"", "h_{k−1}ᵀ", {{"=", "dz_{f,3}^{(3)}", {}}}}));
  expect_in("h_(k−1)ᵀ = dz_f,3^(3)", text);
}

TEST(Sheet, GivesALongIdALineOfItsOwn) {
  const std::string text = to_text(one({"GRU-after-q", "q_t", {{"=", "W_h h_{t−1}", {}}}}));
  expect_in("GRU-after-q\n           q_t = W_h h_(t−1)\n", text);
}

TEST(Sheet, LeavesDollarsAndBracesOfATextAlone) {
  Sheet sheet{.title = "S", .items = {}};
  sheet.items.emplace_back(SheetText{"word \"" + literal("{$5}$") + "\" and $h_{3}$."});
  expect_in("word \"{$5}$\" and h_3.", to_text(sheet));
  expect_in("word &quot;{$5}$&quot; and <math><msub>", to_html(sheet));
}

TEST(Sheet, WritesFormulasAsMathMl) {
  const std::string html =
      to_html(one({"RNN-dh", "δ_{t}", {{"=", "W_fᵀ dz_{t+1}^{(3)}", scalar(-0.5)}}}));
  expect_in("<span class=\"id\">RNN-dh</span>", html);
  expect_in("<msubsup><mi>W</mi><mi>f</mi><mrow><mi mathvariant=\"normal\">T</mi></mrow></msubsup>",
            html);
  expect_in("<msub><mi>δ</mi><mrow><mi>t</mi></mrow></msub>", html);
  expect_in("<span>−0.5000</span>", html);
}

TEST(Sheet, EscapesWhatTextsHold) {
  Sheet sheet{.title = "<&>", .items = {}};
  sheet.items.emplace_back(SheetHeading{1, "\"<script>\""});
  sheet.items.emplace_back(SheetTable{{"<th>"}, {{"<td>"}}});
  const std::string html = to_html(sheet);
  EXPECT_EQ(html.find("<script>"), std::string::npos);
  expect_in("&lt;th&gt;", html);
  expect_in("&lt;td&gt;", html);
}

}  // namespace
}  // namespace unroll
