// file_to_ids FILE: from a file of labelled texts to the ids of all texts and their vocabulary, as
// training reads it, with the seconds of each stage. bench/compare-readers.py calls it.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <ctime>
#include <limits>
#include <string>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/text/lexicon.h"
#include "unroll/text/records.h"

namespace {

using Clock = std::chrono::steady_clock;
using Numbers = std::vector<std::vector<std::int32_t>>;

/// What all threads of this process have used: on a busy machine it tells what the work took.
double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Seconds since the last call.
class Stopwatch {
 public:
  double lap() {
    const auto before = std::exchange(begin_, Clock::now());
    return std::chrono::duration<double>(begin_ - before).count();
  }

 private:
  Clock::time_point begin_ = Clock::now();
};

struct Result {
  std::size_t rows = 0, tokens = 0, words = 0;
  double read = 0, number = 0, look_up = 0;  // seconds
};

/// Texts become numbers of their tokens, and are freed block by block.
Numbers number_tokens(std::vector<unroll::Record> records, const unroll::EncoderSettings& settings,
                      unroll::Lexicon& lexicon) {
  Numbers numbers;
  numbers.reserve(records.size());
  const auto texts = unroll::texts_of(records);
  unroll::for_each_block(texts, settings, [&](std::size_t first, const auto& block) {
    std::ranges::move(lexicon.add(block, settings.max_tokens), std::back_inserter(numbers));
    for (std::size_t k = first; k < numbers.size(); ++k) std::string().swap(records[k].text);
  });
  return numbers;
}

Result run(const std::string& file, const unroll::ReadOptions& options,
           const unroll::EncoderSettings& settings) {
  Result result;
  Stopwatch stopwatch;
  std::vector<unroll::Record> records = unroll::read_records(file, options);
  result.rows = records.size();
  result.read = stopwatch.lap();
  unroll::Lexicon lexicon;
  Numbers numbers = number_tokens(std::move(records), settings, lexicon);
  result.number = stopwatch.lap();
  const unroll::TextEncoder encoder = unroll::encoder_of(lexicon, settings, {.min_count = 1});
  const unroll::Lexicon::Ids ids(lexicon, encoder);
  unroll::parallel_for(numbers.size(), 1024, [&](unroll::Range range) {
    for (std::size_t k = range.begin; k < range.end; ++k) ids.encode(numbers[k]);
  });
  result.look_up = stopwatch.lap();
  result.words = encoder.vocabulary().size();
  for (const auto& text : numbers) result.tokens += text.size();
  return result;
}

long peak_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss >> 10;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App program("From a file of labelled texts to ids");
  std::string file, tokenizer = "space";
  bool fold = true, only_read = false;
  std::size_t threads = 1;
  program.add_option("--tokenizer", tokenizer);
  program.add_flag("--fold,!--no-fold", fold);
  program.add_flag("--only-read", only_read);
  program.add_option("--threads", threads);
  program.add_option("file", file)->required();
  CLI11_PARSE(program, argc, argv);
  unroll::set_thread_count(threads);
  if (only_read) {
    Stopwatch stopwatch;
    const double begin = processor_seconds();
    const std::vector<unroll::Record> records = unroll::read_records(file, {});
    const double seconds = stopwatch.lap(), busy = processor_seconds() - begin;
    fmt::print("{{\"seconds\":{},\"processor_seconds\":{},\"rows\":{},\"peak_mib\":{}}}\n", seconds,
               busy, records.size(), peak_mib());
    return 0;
  }
  unroll::EncoderSettings settings;
  settings.tokenizer.kind = unroll::tokenizer_kind(tokenizer).value();
  settings.tokenizer.fold = fold;
  settings.max_tokens = std::numeric_limits<std::size_t>::max();
  const double begin = processor_seconds();
  const Result result = run(file, {}, settings);
  const double busy = processor_seconds() - begin;
  fmt::print(
      "{{\"seconds\":{},\"processor_seconds\":{},\"read\":{},\"number\":{},\"look_up\":{},\"rows\":"
      "{},\"tokens\":{},"
      "\"words\":{},\"peak_mib\":{}}}\n",
      result.read + result.number + result.look_up, busy, result.read, result.number,
      result.look_up, result.rows, result.tokens, result.words, peak_mib());
  return 0;
} catch (const unroll::Error& error) {
  fmt::print(stderr, "file_to_ids: {}\n", error.what());
  return error.exit_status();
}
