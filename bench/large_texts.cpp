// large_texts --rows N [--seed S] [--noise P] [--out FILE]: N labelled texts with a known answer,
// as TSV. Ten million of them have about 1.5 GB.
//
// A text has 18 to 42 words of a vocabulary of 50,000, the k-th as frequent as 1/k, and among these
// one to three marks, words of two kinds. Its label is the kind of its last mark: so the order
// matters, and no word alone has the answer. In a share P of the rows, drawn at random, the label
// is the other one. Nothing in the text tells which rows these are: no classifier is right about
// more than 1 − P of new rows, and one that has learnt the rule is right about exactly that many.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "unroll/core/random.h"

namespace {

constexpr std::size_t kWords = 50'000, kMarks = 40;  // of each kind

/// The k-th word: syllables, so that n-grams of letters occur in many words, as in a language.
std::string word(std::size_t k) {
  constexpr std::string_view kConsonants = "bdfgklmnprstvz", kVowels = "aeiou";
  std::string text;
  do {
    text += kConsonants[k % kConsonants.size()];
    k /= kConsonants.size();
    text += kVowels[k % kVowels.size()];
    k /= kVowels.size();
  } while (k > 0);
  return text;
}

/// A mark is a word that no other one begins like.
std::string mark(std::size_t kind, std::size_t k) {
  return (kind == 0 ? "cha" : "hu") + word(k);
}

class Texts {
 public:
  Texts(std::uint64_t seed, double noise) : random_(seed, "large texts"), noise_(noise) {
    for (std::size_t k = 0; k < kWords; ++k) words_[k] = word(k);
  }

  /// Appends one line, label TAB text.
  void append(std::string& lines) {
    constexpr std::size_t kLeast = 18, kSpan = 25;
    const std::size_t length = kLeast + random_.below(kSpan);
    std::array<std::size_t, 3> places{};
    const std::size_t marks = 1 + random_.below(places.size());
    for (std::size_t m = 0; m < marks; ++m) places[m] = random_.below(length);
    text_.clear();
    std::size_t kind = 0;
    for (std::size_t t = 0; t < length; ++t) {
      if (t > 0) text_ += ' ';
      const auto chosen = std::span(places).first(marks);
      const bool is_mark = std::ranges::find(chosen, t) != chosen.end();
      if (is_mark) kind = random_.below(2);
      text_ += is_mark ? mark(kind, random_.below(kMarks)) : words_[frequent()];
    }
    const bool is_wrong = random_.uniform() < noise_;
    lines += (kind == 1) != is_wrong ? "second\t" : "first\t";
    lines += text_;
    lines += '\n';
  }

 private:
  /// A number below kWords; k with a probability in the ratio of 1/(k + 1).
  std::size_t frequent() {
    return static_cast<std::size_t>(std::exp(random_.uniform() * std::log(kWords + 1.0))) - 1;
  }

  unroll::Random random_;
  double noise_;
  std::array<std::string, kWords + 1> words_;
  std::string text_;
};

}  // namespace

int main(int count, char** arguments) {
  std::size_t rows = 10'000'000;
  std::uint64_t seed = 1;
  double noise = 0.05;
  std::string out = "-";
  CLI::App app("Labelled texts with a known answer");
  app.add_option("--rows", rows, "Texts");
  app.add_option("--seed", seed, "Seed of everything random");
  app.add_option("--noise", noise, "Share of labels that are wrong")->check(CLI::Range(0.0, 0.5));
  app.add_option("--out", out, "TSV file; - is stdout");
  CLI11_PARSE(app, count, arguments);
  std::FILE* const file = out == "-" ? stdout : std::fopen(out.c_str(), "w");
  if (file == nullptr) return 7;
  const auto texts = std::make_unique<Texts>(seed, noise);
  std::string lines = "label\ttext\n";
  for (std::size_t row = 0; row < rows; ++row) {
    texts->append(lines);
    if (lines.size() < 1 << 20 && row + 1 < rows) continue;
    if (std::fwrite(lines.data(), 1, lines.size(), file) != lines.size()) return 7;
    lines.clear();
  }
  if (std::fclose(file) != 0) return 7;
  fmt::print(stderr, "{} rows; no classifier is right about more than {:.1f} % of new ones\n", rows,
             100 * (1 - noise));
}
