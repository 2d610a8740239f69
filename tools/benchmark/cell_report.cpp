#include "unroll/tools/benchmark/cell_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "unroll/kernels/isa.h"

namespace unroll {

std::string cell_table(const CellRaceResult& result) {
  std::string text = fmt::format("{:<6}{:<8}{:>5}{:>5}{:>6}{:>6}{:>11}{:>9}{:>8}{:>12}\n", "cell",
                                 "pass", "T", "B", "I", "H", "us", "GFLOP/s", "% peak", "tokens/s");
  double peak = 0;
  for (const CellRow& row : result.rows) {
    text += fmt::format("{:<6}{:<8}{:>5}{:>5}{:>6}{:>6}{:>11.1f}{:>9.1f}{:>8.1f}{:>12.0f}\n",
                        to_string(row.at.cell), to_string(row.at.pass), row.at.steps, row.at.batch,
                        row.at.input, row.at.hidden, row.us, row.gflops,
                        100 * row.gflops / row.peak_gflops, row.tokens_per_s);
    peak = std::max(peak, row.peak_gflops);
  }
  if (result.rows.empty()) return text;
  const std::size_t threads = result.rows.front().threads;
  return text + fmt::format(
                    "\n{}, {} thread{}, {}, {:.2f} GHz. us: median of a pass; GFLOP/s: of useful\n"
                    "work; % peak: of the peak of the multiply-add units, measured between the\n"
                    "slices, at most {:.0f} GFLOP/s. Slices undisturbed by other jobs, in the\n"
                    "worst race: {:.0f} %.\n",
                    kPrecision, threads, threads == 1 ? "" : "s", to_string(active_isa()),
                    result.clock, peak, 100 * result.undisturbed);
}

std::string cell_json(std::span<const CellRow> rows) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const CellRow& row : rows) {
    json.push_back({{"cell", to_string(row.at.cell)},
                    {"pass", to_string(row.at.pass)},
                    {"steps", row.at.steps},
                    {"batch", row.at.batch},
                    {"input", row.at.input},
                    {"hidden", row.at.hidden},
                    {"precision", kPrecision},
                    {"threads", row.threads},
                    {"us", row.us},
                    {"gflops", row.gflops},
                    {"peak_gflops", row.peak_gflops},
                    {"tokens_per_s", row.tokens_per_s}});
  }
  return json.dump() + "\n";
}

}  // namespace unroll
