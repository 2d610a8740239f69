#include "unroll/tools/program/attribution_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/classifier/shown_text.h"

namespace unroll {

namespace {

// ----------------------------------------------------------------------------------------- colours

/// Backgrounds of a terminal of 256 colours, for the label and against it, weak before strong. Blue
/// and orange differ for people who do not tell red from green.
constexpr std::array kFor{195, 153, 117, 75};
constexpr std::array kAgainst{230, 223, 216, 209};
/// Tokens that move the decision by less than this share of the strongest one have no colour.
constexpr double kVisible = 0.1;

std::string colored(std::string_view text, int background) {
  return fmt::format("\033[38;5;16;48;5;{}m{}\033[0m", background, text);
}

std::string colored(std::string_view text, double value, double strongest) {
  const double share = strongest > 0 ? std::abs(value) / strongest : 0;
  if (share < kVisible) return std::string(text);
  const auto& colors = value > 0 ? kFor : kAgainst;
  const auto count = static_cast<double>(colors.size());
  return colored(text, colors[static_cast<std::size_t>(std::min(count * share, count - 1))]);
}

/// Words on lines of some width, with colours or without. A line ends at a blank or between words
/// of a script without spaces; elsewhere only where a run of words is wider than a line.
class Paragraph {
 public:
  explicit Paragraph(std::size_t width) : width_(width) {}

  /// `look`: how the word is printed, in as many columns as the word has.
  void add(std::string_view word, std::string_view look) {
    const std::size_t columns = columns_of(word);
    if (is_unspaced(word) || run_columns_ + columns > width_) place_run();
    run_ += look;
    run_columns_ += columns;
  }
  void add(std::string_view word) { add(word, word); }

  /// White space: nothing at the end of a line.
  void add_blank() {
    place_run();
    blank_ = true;
  }

  std::string text() {
    place_run();
    return text_ + '\n';
  }

 private:
  void place_run() {
    if (run_columns_ == 0) return;
    const std::size_t blank = blank_ && column_ > 0 ? 1 : 0;
    const bool fits = column_ + blank + run_columns_ <= width_;
    if (column_ > 0) text_ += fits ? std::string(blank, ' ') : "\n";
    column_ = (fits ? column_ + blank : 0) + run_columns_;
    text_ += run_;
    run_.clear();
    run_columns_ = 0;
    blank_ = false;
  }

  std::size_t width_;
  std::string text_, run_;
  std::size_t column_ = 0, run_columns_ = 0;
  bool blank_ = false;
};

/// What the model does not read, word by word.
void add_plain(std::string_view gap, Paragraph& paragraph) {
  std::string word;
  const auto flush = [&] {
    if (!word.empty()) paragraph.add(word);
    word.clear();
  };
  for_each_character(gap, [&](std::string_view character) {
    std::size_t size = 0;
    if (is_blank(next_character(character, size).value_or(U' '))) {
      flush();
      paragraph.add_blank();
    } else {
      if (is_unspaced(character)) flush();
      word += character;
    }
  });
  flush();
}

double strongest(std::span<const TokenAttribution> tokens) {
  double most = 0;
  for (const TokenAttribution& token : tokens) most = std::max(most, std::abs(token.sum()));
  return most;
}

std::string colored_text(const Attribution& attribution, std::string_view text, std::size_t width) {
  Paragraph paragraph(width);
  const double most = strongest(attribution.tokens);
  std::size_t done = 0;
  for (const TokenAttribution& token : attribution.tokens) {
    if (token.begin == token.end) continue;
    add_plain(text.substr(done, token.begin - done), paragraph);
    const std::string piece = shown(text.substr(token.begin, token.end - token.begin), width);
    paragraph.add(piece, colored(piece, token.sum(), most));
    done = token.end;
  }
  add_plain(text.substr(done), paragraph);
  return paragraph.text();
}

// ------------------------------------------------------------------------------------------ tables

constexpr std::size_t kNumberColumns = 9;
constexpr std::size_t kGap = 2;  // before a piece of the text
constexpr std::size_t kLeastPieceColumns = 8;

struct Column {
  const char* title;
  double (*value)(const TokenAttribution&);
};
constexpr std::array kColumns{
    Column{"sum", [](const TokenAttribution& token) { return token.sum(); }},
    Column{"without", [](const TokenAttribution& token) { return token.occlusion; }},
    Column{"network", [](const TokenAttribution& token) { return token.network; }},
    Column{"n-grams", [](const TokenAttribution& token) { return token.ngrams; }}};

/// The columns for which a line has room.
std::span<const Column> columns_within(std::size_t width) {
  constexpr std::size_t kLeast = kGap + kLeastPieceColumns;
  const std::size_t room = std::max(width, kLeast) - kLeast;
  return std::span(kColumns).first(
      std::clamp<std::size_t>(room / kNumberColumns, 1, kColumns.size()));
}

/// A piece of the text behind so many numbers, and a remark behind it.
std::string piece_text(std::string_view piece, std::string_view remark, std::size_t numbers,
                       std::size_t width) {
  const std::size_t used = numbers * kNumberColumns + kGap + columns_of(remark);
  const std::size_t room = std::max(kLeastPieceColumns, std::max(width, used) - used);
  return fmt::format("{:{}}{}{}\n", "", kGap, shown(piece, room), remark);
}

/// Whose numbers are listed, in the order of the text.
std::vector<std::size_t> listed_tokens(std::span<const TokenAttribution> tokens,
                                       const AttributionForm& form) {
  std::vector<std::size_t> listed(tokens.size());
  std::iota(listed.begin(), listed.end(), std::size_t{0});
  if (!form.colors || listed.size() <= form.top) return listed;
  std::ranges::stable_sort(listed, std::greater<>(),
                           [&](std::size_t t) { return std::abs(tokens[t].sum()); });
  listed.resize(form.top);
  std::ranges::sort(listed);
  return listed;
}

/// The text's own letters, or the token where they are not known.
std::string_view piece_of(const TokenAttribution& token, std::string_view text) {
  return token.begin < token.end ? text.substr(token.begin, token.end - token.begin)
                                 : std::string_view(token.token);
}

std::string token_table(const Attribution& attribution, std::string_view text,
                        const AttributionForm& form) {
  const std::span<const Column> columns = columns_within(form.width);
  std::string table;
  for (const Column& column : columns) table += fmt::format("{:>{}}", column.title, kNumberColumns);
  table += "  token\n";
  for (const std::size_t t : listed_tokens(attribution.tokens, form)) {
    const TokenAttribution& token = attribution.tokens[t];
    for (const Column& column : columns)
      table += fmt::format("{:+{}.3f}", column.value(token), kNumberColumns);
    table += piece_text(piece_of(token, text), token.known ? "" : " ?", columns.size(), form.width);
  }
  return table;
}

std::string ngram_table(std::span<const NgramAttribution> ngrams, const AttributionForm& form) {
  std::string table;
  for (const NgramAttribution& ngram : ngrams.first(std::min(form.top, ngrams.size()))) {
    const std::string times =
        ngram.places.size() > 1 ? fmt::format(" ×{}", ngram.places.size()) : "";
    table += fmt::format("{:+{}.3f}{}", ngram.sum(), kNumberColumns,
                         piece_text(ngram.text, times, 1, form.width));
  }
  if (table.empty()) return "";
  return fmt::format("\n{:>{}}  n-gram\n{}", "sum", kNumberColumns, table);
}

// ------------------------------------------------------------------------------------ the decision

std::string headline(const Attribution& attribution, const AttributionForm& form) {
  Paragraph line(form.width);
  const auto add_label = [&](std::string_view label, int background, std::string_view behind) {
    const std::string name = shown(label, form.width);
    line.add(name, form.colors ? colored(name, background) : name);
    add_plain(behind, line);
  };
  const std::string score = fmt::format(": score {:+.3f}", attribution.score);
  const std::string probability = fmt::format(" {:.1f} %", 100 * attribution.probability);
  if (attribution.against.empty()) {
    add_label(attribution.label, kFor.back(), probability + score);
  } else {
    add_label(attribution.label, kFor.back(), probability + ", against ");
    add_label(attribution.against, kAgainst.back(), score);
  }
  return line.text();
}

/// Where a text may have any number of labels.
std::string answer_text(const Attribution& attribution, const AttributionForm& form) {
  std::string names;
  for (const std::string& label : attribution.answered)
    names += (names.empty() ? "" : ", ") + shown(label, form.width);
  Paragraph line(form.width);
  add_plain("answered: " + (names.empty() ? "none of the labels" : names), line);
  return line.text();
}

double sum_of_tokens(const Attribution& attribution) {
  double sum = 0;
  for (const TokenAttribution& token : attribution.tokens) sum += token.sum();
  return sum;
}

/// How the parts add up to the score.
std::string sums(const Attribution& attribution) {
  const auto line = [](double value, const char* what) {
    const double shown = std::abs(value) < 0.0005 ? 0.0 : value;  // never −0.000
    return fmt::format("{:+{}.3f}  {}\n", shown, kNumberColumns, what);
  };
  return "\n" + line(sum_of_tokens(attribution), "all tokens") +
         line(attribution.network_base + attribution.ngram_base, "whatever the tokens are") +
         line(attribution.rest, "not attributed") + line(attribution.score, "score");
}

}  // namespace

std::string to_text(const Attribution& attribution, std::string_view text,
                    const AttributionForm& form) {
  std::string result = headline(attribution, form);
  if (attribution.against.empty()) result += answer_text(attribution, form);
  if (attribution.cut)
    result += "the text is too long for the network, which reads its beginning\n";
  result += "\n";
  if (form.colors) result += colored_text(attribution, text, form.width) + "\n";
  if (!attribution.tokens.empty()) result += token_table(attribution, text, form);
  return result + ngram_table(attribution.ngrams, form) + sums(attribution);
}

std::string to_json(const Attribution& attribution, std::string_view text) {
  using Json = nlohmann::ordered_json;
  Json tokens = Json::array(), ngrams = Json::array();
  for (const TokenAttribution& token : attribution.tokens) {
    tokens.push_back({{"token", token.token},
                      {"text", text.substr(token.begin, token.end - token.begin)},
                      {"begin", token.begin},
                      {"end", token.end},
                      {"known", token.known},
                      {"sum", token.sum()},
                      {"network", token.network},
                      {"ngrams", token.ngrams},
                      {"occlusion", token.occlusion}});
  }
  for (const NgramAttribution& ngram : attribution.ngrams) {
    ngrams.push_back({{"text", ngram.text},
                      {"count", ngram.places.size()},
                      {"sum", ngram.sum()},
                      {"tf_idf", ngram.tf_idf},
                      {"naive_bayes", ngram.naive_bayes}});
  }
  const Json json = {{"text", text},
                     {"labels", attribution.answered},
                     {"label", attribution.label},
                     {"against", attribution.against.empty() ? Json() : Json(attribution.against)},
                     {"probability", attribution.probability},
                     {"score", attribution.score},
                     {"tokens", tokens},
                     {"ngrams", ngrams},
                     {"network_base", attribution.network_base},
                     {"ngram_base", attribution.ngram_base},
                     {"rest", attribution.rest},
                     {"cut", attribution.cut}};
  return json.dump();
}

}  // namespace unroll
