// tokenizers [--seconds S] [--tokenizers icu,space,...] FILE: how fast each tokenizer cuts the
// lines of a file, next to ICU's word iterator alone, which only finds boundaries. All take turns;
// one thread.
#include <fmt/format.h>
#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/unistr.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/text/lines.h"
#include "unroll/text/source.h"
#include "unroll/text/tokenizer.h"

namespace {

using Clock = std::chrono::steady_clock;
using Texts = std::vector<std::string_view>;

struct Contender {
  std::string name;
  std::function<std::size_t(const Texts&)> cut;  // returns how many tokens
  std::size_t tokens = 0;
  std::vector<double> seconds;
};

Texts lines_of(std::string_view content) {
  Texts texts;
  unroll::LineReader lines(content);
  for (unroll::Line line; lines.next(line);) texts.push_back(line.text);
  return texts;
}

/// The boundaries of each text, by an iterator that is made once.
Contender bare_icu() {
  UErrorCode status = U_ZERO_ERROR;
  const std::shared_ptr<icu::BreakIterator> iterator(
      icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
  return {"bare iterator", [iterator](const Texts& texts) {
            std::size_t count = 0;
            for (const std::string_view text : texts) {
              const auto utf16 = icu::UnicodeString::fromUTF8(
                  icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
              iterator->setText(utf16);
              while (iterator->next() != icu::BreakIterator::DONE) ++count;
            }
            return count;
          }};
}

Contender tokenizer(unroll::TokenizerKind kind) {
  const auto tokenizer = std::make_shared<unroll::Tokenizer>(unroll::TokenizerSettings{kind, true});
  return {std::string(unroll::to_string(kind)), [tokenizer](const Texts& texts) {
            std::size_t count = 0;
            for (const std::string_view text : texts) count += (*tokenizer)(text).size();
            return count;
          }};
}

void take_turns(std::vector<Contender>& contenders, const Texts& texts, double seconds) {
  for (const auto begin = Clock::now();
       contenders.front().seconds.size() < 5 ||
       std::chrono::duration<double>(Clock::now() - begin).count() < seconds;) {
    for (Contender& contender : contenders) {
      const auto turn = Clock::now();
      contender.tokens = contender.cut(texts);
      contender.seconds.push_back(std::chrono::duration<double>(Clock::now() - turn).count());
    }
  }
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// The median of the first one's time over this one's, turn by turn.
double times_as_fast(const Contender& first, const Contender& contender) {
  std::vector<double> ratios;
  for (std::size_t k = 0; k < contender.seconds.size(); ++k) {
    ratios.push_back(first.seconds[k] / contender.seconds[k]);
  }
  return median(ratios);
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App program("How fast tokenizers are");
  std::string file;
  double seconds = 5;
  std::vector<std::string> names{"icu", "char", "space"};
  program.add_option("--seconds", seconds);
  program.add_option("--tokenizers", names)->delimiter(',');
  program.add_option("file", file)->required();
  CLI11_PARSE(program, argc, argv);
  const unroll::Source source = unroll::read_source(file);
  const Texts texts = lines_of(source.content);
  std::vector<Contender> contenders{bare_icu()};
  for (const std::string& name : names) {
    if (const auto kind = unroll::tokenizer_kind(name)) contenders.push_back(tokenizer(*kind));
  }
  take_turns(contenders, texts, seconds);
  fmt::print("{:<14} {:>9} {:>7} {:>6}\n", "tokenizer", "tokens", "MB/s", "times");
  for (const Contender& contender : contenders) {
    fmt::print("{:<14} {:>9} {:>7.1f} {:>6.2f}\n", contender.name, contender.tokens,
               static_cast<double>(source.content.size()) / median(contender.seconds) / 1e6,
               times_as_fast(contenders.front(), contender));
  }
  return 0;
} catch (const unroll::Error& error) {
  fmt::print(stderr, "tokenizers: {}\n", error.what());
  return error.exit_status();
}
