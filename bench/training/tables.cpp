#include "bench/training/tables.h"

#include <fmt/format.h>

#include <algorithm>

namespace unroll::bench {
namespace {

/// "2.71 (2.65–2.80)"; "2.71 (?)" where too few rounds were quiet for an interval.
std::string ratio_text(const MedianInterval& ratio) {
  if (ratio.count < kLeastForInterval) return fmt::format("{:.2f} (?)", ratio.median);
  return fmt::format("{:.2f} ({:.2f}–{:.2f})", ratio.median, ratio.low, ratio.high);
}

std::string line_of(const TrainingRow& row, const TrainingRow& ours) {
  const std::string start =
      fmt::format("| {} | {} | {:.0f} | {:.1f} | {:.0f} |", row.implementation, row.layout,
                  row.tokens_per_s, row.ms_per_step, row.peak_mib);
  if (&row == &ours) return start + " – | – |\n";
  return start +
         fmt::format(" {} | {:.1f} |\n", ratio_text(row.times_first), row.peak_mib / ours.peak_mib);
}

std::string table_of(std::span<const TrainingRow> rows) {
  const std::size_t threads = rows.front().threads;
  std::string text = fmt::format("{} thread{}:\n\n", threads, threads == 1 ? "" : "s");
  text +=
      "| | batches | tokens/s | ms a step | peak MiB | ours is so many times as fast | its "
      "memory / ours |\n|---|---|--:|--:|--:|--:|--:|\n";
  for (const TrainingRow& row : rows) text += line_of(row, rows.front());
  return text + "\n";
}

}  // namespace

std::string training_title(const std::string& file, const TrainingData& data) {
  const std::size_t texts = data.examples.size();
  const double average =
      static_cast<double>(token_count(data.examples)) / static_cast<double>(texts);
  return fmt::format("**{}**: {} texts of {:.1f} tokens on average, {} words, {} labels\n\n", file,
                     texts, average, data.classifier.encoder().vocabulary().size(),
                     data.classifier.labels().size());
}

std::string training_tables(std::span<const TrainingRow> rows) {
  std::string text;
  while (!rows.empty()) {
    const auto end = std::ranges::find_if(
        rows, [&](const TrainingRow& row) { return row.threads != rows.front().threads; });
    const auto same = static_cast<std::size_t>(end - rows.begin());
    text += table_of(rows.first(same));
    rows = rows.subspan(same);
  }
  return text;
}

}  // namespace unroll::bench
