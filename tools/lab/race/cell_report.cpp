#include "unroll/tools/lab/race/cell_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "unroll/kernels/isa.h"

namespace unroll {

namespace {

/// The rows of the asked precision: the last contender's, which may have raced against fp32.
std::vector<CellRow> asked_for(std::span<const CellRow> rows) {
  std::vector<CellRow> asked;
  for (const CellRow& row : rows) {
    if (row.precision == rows.back().precision) asked.push_back(row);
  }
  return asked;
}

/// The precision, of half also what that is in these rows.
std::string precision_text(std::span<const CellRow> rows) {
  std::vector<std::string> names;
  for (const CellRow& row : rows) {
    std::string name(to_string(precision_of(row.precision, row.at)));
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  const PrecisionChoice choice = rows.front().precision;
  if (choice != PrecisionChoice::kHalf) return std::string(to_string(choice));
  return fmt::format("{} ({})", to_string(choice), fmt::join(names, " or "));
}

}  // namespace

std::string cell_table(const CellRaceResult& result) {
  const std::vector<CellRow> rows = asked_for(result.rows);
  const bool rounds = !rows.empty() && rows.front().precision != PrecisionChoice::kFull;
  std::string text =
      fmt::format("{:<5}{:<8}{:>5}{:>5}{:>6}{:>6}{:>10}{:>9}{:>8}{:>11}{}\n", "cell", "pass", "T",
                  "B", "I", "H", "us", "GFLOP/s", "% peak", "tokens/s", rounds ? " x fp32" : "");
  double peak = 0;
  for (const CellRow& row : rows) {
    text += fmt::format("{:<5}{:<8}{:>5}{:>5}{:>6}{:>6}{:>10.1f}{:>9.1f}{:>8.1f}{:>11.0f}{}\n",
                        to_string(row.at.cell), to_string(row.at.pass), row.at.steps, row.at.batch,
                        row.at.input, row.at.hidden, row.us, row.gflops,
                        100 * row.gflops / row.peak_gflops, row.tokens_per_s,
                        rounds ? fmt::format("{:>7.2f}", 1 / row.times_first.median) : "");
    peak = std::max(peak, row.peak_gflops);
  }
  if (rows.empty()) return text;
  const std::size_t threads = rows.front().threads;
  return text +
         fmt::format(
             "\n{}, {} thread{}, {}, {:.2f} GHz. us: median of a pass; GFLOP/s: of useful\n"
             "work; % peak: of the peak of the multiply-add units for floats, measured\n"
             "between the slices, at most {:.0f} GFLOP/s. Slices undisturbed by other jobs,\n"
             "in the worst race: {:.0f} %.\n",
             precision_text(rows), threads, threads == 1 ? "" : "s", to_string(active_isa()),
             result.conditions.clock, peak, 100 * result.conditions.undisturbed) +
         (rounds ? "x fp32: how often as fast as fp32, in the same race.\n" : "");
}

std::string cell_json(std::span<const CellRow> rows) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const CellRow& row : asked_for(rows)) {
    json.push_back({{"cell", to_string(row.at.cell)},
                    {"pass", to_string(row.at.pass)},
                    {"steps", row.at.steps},
                    {"batch", row.at.batch},
                    {"input", row.at.input},
                    {"hidden", row.at.hidden},
                    {"precision", to_string(row.precision)},
                    {"multiplied", to_string(precision_of(row.precision, row.at))},
                    {"threads", row.threads},
                    {"us", row.us},
                    {"gflops", row.gflops},
                    {"peak_gflops", row.peak_gflops},
                    {"tokens_per_s", row.tokens_per_s}});
  }
  return json.dump() + "\n";
}

}  // namespace unroll
