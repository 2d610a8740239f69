// jieba_cut [--dictionary D] [--user-dictionary U] [--seconds S] FILE: the lines of a file, cut as
// the tokenizer `jieba` cuts them, its words separated by tabs; with --seconds the time of a pass.
// compare-jieba.py compares both with Python's jieba.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <string>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/text/jieba_files.h"
#include "unroll/text/lines.h"
#include "unroll/text/source.h"

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

template <typename Body>
void for_each_line(std::string_view content, Body body) {
  unroll::LineReader lines(content);
  for (unroll::Line line; lines.next(line);) body(line.text);
}

void print_words(unroll::JiebaCutter& cutter, std::string_view content) {
  for_each_line(content, [&](std::string_view line) {
    std::string words;
    for (const std::string_view word : cutter(line)) {
      if (!words.empty()) words += '\t';
      words += word;
    }
    fmt::print("{}\n", words);
  });
}

/// The median of passes over all lines.
double median_pass(unroll::JiebaCutter& cutter, std::string_view content, double seconds) {
  std::vector<double> passes;
  std::size_t words = 0;
  for (const auto begin = Clock::now(); passes.size() < 3 || since(begin) < seconds;) {
    const auto pass = Clock::now();
    for_each_line(content, [&](std::string_view line) { words += cutter(line).size(); });
    passes.push_back(since(pass));
  }
  if (words == 0) return 0;
  std::ranges::nth_element(passes, passes.begin() + std::ssize(passes) / 2);
  return passes[passes.size() / 2];
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App program("Cuts lines as jieba does");
  unroll::JiebaFiles files;
  std::string file;
  double seconds = 0;
  program.add_option("--dictionary", files.dictionary);
  program.add_option("--user-dictionary", files.user_dictionary);
  program.add_option("--seconds", seconds);
  program.add_option("file", file)->required();
  CLI11_PARSE(program, argc, argv);
  const unroll::JiebaDictionary dictionary = unroll::read_jieba(files);
  unroll::JiebaCutter cutter = dictionary.cutter();
  const unroll::Source source = unroll::read_source(file);
  if (seconds > 0) {
    fmt::print("{}\n", median_pass(cutter, source.content, seconds));
  } else {
    print_words(cutter, source.content);
  }
  return 0;
} catch (const unroll::Error& error) {
  fmt::print(stderr, "jieba_cut: {}\n", error.what());
  return error.exit_status();
}
