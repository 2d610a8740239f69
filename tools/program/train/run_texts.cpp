#include "unroll/tools/program/train/run_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "unroll/core/error.h"
#include "unroll/core/ranks.h"
#include "unroll/text/labels.h"
#include "unroll/tools/classifier/grown.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/process_memory.h"
#include "unroll/tools/classifier/run_identity.h"
#include "unroll/tools/classifier/text_cache.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/unseen_rows.h"

namespace unroll {

namespace {

/// The text of a file as it is read, whole; of a packed one, its records tell.
std::size_t content_bytes(const std::string& path, std::span<const Record> records) {
  std::size_t bytes = 0;
  for (const Record& record : records) bytes += record.text.size() + record.label.size() + 2;
  std::error_code unknown;
  const auto on_disk = std::filesystem::file_size(path, unknown);
  return unknown ? bytes : std::max<std::size_t>(bytes, on_disk);
}

/// A file that alone is more than the limit is refused. A small one is read whatever the limit is:
/// then the error can say what training needs, too.
ReadOptions read_options(const TrainFlags& flags) {
  constexpr std::size_t kReadAnyway = std::size_t{128} << 20;
  ReadOptions options = flags.columns;
  const std::size_t limit = flags.options.max_memory;
  if (limit > 0) options.most_bytes = std::max(limit, kReadAnyway);
  return options;
}

/// A few texts with several labels among many may be slips, and they decide what the model is.
void tell_of_label_sets(std::size_t several, std::size_t none, std::size_t first, std::size_t rows,
                        const std::string& file, Terminal& terminal) {
  constexpr double kFew = 0.01;
  if (several + none == 0) return;
  const std::string text = fmt::format(
      "{}:{}: {} of {} rows have several labels, {} have none; this is the first. The model "
      "answers "
      "any number of labels",
      file, first, several, rows, none);
  const bool is_dubious = static_cast<double>(several + none) < kFew * static_cast<double>(rows);
  is_dubious ? terminal.warning(text) : terminal.note(text);
}

void tell_of_label_sets(std::span<const Record> records, const std::string& file,
                        Terminal& terminal) {
  std::size_t several = 0, none = 0, first = 0;
  for (const Record& record : records) {
    several += record.more_labels.empty() ? 0 : 1;
    none += record.label.empty() ? 1 : 0;
    if (several + none == 1 && first == 0) first = record.line;
  }
  tell_of_label_sets(several, none, first, records.size(), file, terminal);
}

/// Dev labels that are training's as numbers become these. `labels`: of the training rows.
void match_dev_labels(std::vector<std::string> labels, std::span<Record> dev,
                      const TrainFlags& flags, Terminal& terminal) {
  if (dev.empty()) return;
  if (flags.options.start) labels = grown(flags.options.start->labels(), std::move(labels));
  ReadReport report;
  match_labels(dev, labels, flags.dev, report);
  show(report, terminal);
  UnseenRows unseen(labels);
  for (const Record& record : dev) unseen.add(record);
  unseen.warn(flags.dev, terminal);
}

/// What the texts of a file take in memory at most, while they are read: the file, and its records.
/// It is a guess for a packed file.
std::size_t memory_of_texts(const std::string& path) {
  constexpr std::size_t kCopies = 3, kPacked = 4;
  std::error_code unknown;
  const auto size = std::filesystem::file_size(path, unknown);
  if (unknown) return 0;
  const bool is_packed = path.ends_with(".gz") || path.ends_with(".xz") || path.ends_with(".zst");
  return kProgramBytes + kCopies * (is_packed ? kPacked : 1) * static_cast<std::size_t>(size);
}

/// Texts that fit into a small process are held whatever the limit is.
bool fit_into_memory(const TrainFlags& flags) {
  constexpr std::size_t kHeldAnyway = std::size_t{64} << 20;
  const std::size_t needed = memory_of_texts(flags.train);
  const std::size_t limit =
      flags.options.max_memory > 0 ? flags.options.max_memory : physical_memory();
  return needed <= std::max(limit, kHeldAnyway);
}

/// Shows how far the passes over the texts are.
class ReadingProgress {
 public:
  explicit ReadingProgress(Terminal& terminal) : terminal_(terminal) {}

  void operator()(std::string_view what, std::size_t rows, double share) {
    if (what != what_) begun_ = Clock::now();
    what_ = what;
    const double seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    const double rate = static_cast<double>(rows) / std::max(seconds, 1e-3);
    terminal_.progress(fmt::format("{:<10}  {:3.0f} %  {} rows  {} rows/s  ETA {}", what,
                                   100 * share, count_text(static_cast<double>(rows)),
                                   count_text(rate),
                                   duration_text(seconds / std::max(share, 1e-6) - seconds)));
  }

 private:
  using Clock = std::chrono::steady_clock;

  Terminal& terminal_;
  std::string what_;
  Clock::time_point begun_ = Clock::now();
};

void tell_of_cache(const StreamedTexts& texts, Terminal& terminal) {
  if (!texts.damage().empty())
    terminal.warning(fmt::format("the cache is made anew: {}", texts.damage()));
  if (texts.is_cached()) {
    terminal.note(fmt::format("cache   {}: {} rows of an earlier run", texts.path().string(),
                              count_text(static_cast<double>(texts.survey().rows))));
  } else {
    terminal.note(fmt::format("stream  texts are not held; ids go to {}", texts.path().string()));
  }
}

/// Training texts that are not held in memory, read once.
std::unique_ptr<StreamedTexts> stream_texts(const TrainFlags& flags, const ReadOptions& columns,
                                            std::span<const Record> dev, Terminal& terminal) {
  auto texts = std::make_unique<StreamedTexts>(
      flags.train, columns, flags.options,
      StreamingOptions{.cache = flags.cache.empty() ? default_cache(flags.out)
                                                    : std::filesystem::path(flags.cache),
                       .dev_hash = flags.dev.empty() ? "" : identity_of(dev),
                       .progress = ReadingProgress(terminal)});
  const TextSurvey& survey = texts->survey();
  show({.remarks = survey.remarks}, terminal);
  tell_of_cache(*texts, terminal);
  tell_of_label_sets(survey.several, survey.none, survey.first_of_either, survey.rows, flags.train,
                     terminal);
  return texts;
}

RunTexts read_held(const TrainFlags& flags, Terminal& terminal) {
  const ReadOptions columns = read_options(flags);
  RunTexts texts;
  texts.train = read_data(flags.train, columns, terminal);
  if (!flags.dev.empty()) texts.dev = read_data(flags.dev, columns, terminal);
  tell_of_label_sets(texts.train, flags.train, terminal);
  match_dev_labels(labels_in(texts.train), texts.dev, flags, terminal);
  return texts;
}

RunTexts read_streamed(const TrainFlags& flags, Terminal& terminal) {
  const ReadOptions columns = read_options(flags);
  RunTexts texts;
  if (!flags.dev.empty()) texts.dev = read_data(flags.dev, columns, terminal);
  texts.streamed = stream_texts(flags, columns, texts.dev, terminal);
  std::vector<std::string> labels;
  for (const auto& [label, rows] : texts.streamed->survey().labels) labels.push_back(label);
  match_dev_labels(std::move(labels), texts.dev, flags, terminal);
  return texts;
}

/// The first rank decides for all: each way has its own exchanges.
bool streams(const TrainFlags& flags, Ranks& ranks) {
  const bool own = flags.stream || !fit_into_memory(flags);
  return ranks.from_first(own ? "streams" : "") == "streams";
}

std::string identity_of(const RunTexts& texts) {
  return (texts.streamed ? texts.streamed->survey().hash : identity_of(texts.train)) +
         identity_of(texts.dev);
}

}  // namespace

std::size_t reading_bytes(const TrainFlags& flags, const RunTexts& texts) {
  const std::size_t train_bytes = bytes_of(texts.train), dev_bytes = bytes_of(texts.dev);
  const std::size_t first = content_bytes(flags.train, texts.train) + train_bytes;
  const std::size_t second =
      texts.dev.empty() ? 0 : train_bytes + content_bytes(flags.dev, texts.dev) + dev_bytes;
  return kProgramBytes + std::max(first, second);
}

RunTexts read_texts(const TrainFlags& flags, Terminal& terminal, Ranks& ranks) {
  const bool is_streamed = streams(flags, ranks);
  RunTexts texts;
  agree(ranks,
        {.what = "texts",
         .advice = "give all machines equal copies of --train and --dev, or a "
                   "shared path"},
        [&] {
          texts = is_streamed ? read_streamed(flags, terminal) : read_held(flags, terminal);
          return ranks.count() == 1 ? "" : identity_of(texts);
        });
  return texts;
}

}  // namespace unroll
