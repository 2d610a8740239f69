#include "unroll/tools/lab/race/activation_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "unroll/kernels/isa.h"

namespace unroll {

namespace {

/// Two contenders that wait for memory differ by less.
constexpr double kSurelyFaster = 0.98;
constexpr double kBytesPerElement = 2 * sizeof(float);  // one read, one written

std::string bytes_text(std::size_t bytes) {
  if (bytes >= 1 << 20) return fmt::format("{:.3g} MiB", static_cast<double>(bytes) / (1 << 20));
  if (bytes >= 1 << 10) return fmt::format("{:.3g} KiB", static_cast<double>(bytes) / (1 << 10));
  return fmt::format("{} bytes", bytes);
}

/// Three digits that count.
std::string short_text(double value) {
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}", value, decimals);
}

std::string race_table(std::span<const ActivationRow> race) {
  std::vector<ActivationRow> rows(race.begin(), race.end());
  std::ranges::sort(rows, {}, &ActivationRow::ns_per_element);
  std::string text = race_title(race.front()) + "\n";
  text += fmt::format("{:<10}{:<7}{:>7}{:>7}{:>7}{:>8} {:>16} {:>16}\n", "", "isa", "cycles", "ns",
                      "GB/s", "max ulp", "time/best", "time/same isa");
  for (const ActivationRow& row : rows) {
    text += fmt::format("{:<10}{:<7}{:>7.3f}{:>7.3f}{:>7.1f}{:>8} {:>16} {:>16}\n",
                        row.implementation, row.isa, row.cycles_per_element, row.ns_per_element,
                        gigabytes_per_second(row), ulp_text(row.max_ulp),
                        ratio_text(row.times_best), ratio_text(row.times_same_isa));
  }
  return text + "\n";
}

/// The row of ours in a race on this instruction set, or (empty) on the best one.
const ActivationRow* ours_in(std::span<const ActivationRow> race, std::string_view isa) {
  const ActivationRow* found = nullptr;
  for (const ActivationRow& row : race) {
    if (row.implementation == kOurs && (isa.empty() || row.isa == isa)) found = &row;
  }
  return found;
}

void add_if_better(const ActivationRow& row, const MedianInterval& ratio, const ActivationRow* ours,
                   std::vector<std::string>& found) {
  if (ours == nullptr || row.function == kCopy || row.implementation == kOurs) return;
  const bool faster = ratio.count >= kLeastForInterval && ratio.high < kSurelyFaster;
  if (!faster || !(row.max_ulp <= ours->max_ulp)) return;
  found.push_back(fmt::format("{}: {} {} takes {} of the time of unroll {}, at {} ulp (ours {})",
                              race_title(row), row.implementation, row.isa, ratio_text(ratio),
                              ours->isa, ulp_text(row.max_ulp), ulp_text(ours->max_ulp)));
}

}  // namespace

std::vector<std::span<const ActivationRow>> races_of(std::span<const ActivationRow> rows) {
  std::vector<std::span<const ActivationRow>> races;
  std::size_t first = 0;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (rows[k].function != kCopy) continue;  // memcpy ends a race
    races.push_back(rows.subspan(first, k + 1 - first));
    first = k + 1;
  }
  return races;
}

std::string race_title(const ActivationRow& row) {
  return fmt::format("{}, {}, {} thread{}", row.function, bytes_text(row.bytes), row.threads,
                     row.threads == 1 ? "" : "s");
}

std::string ulp_text(double ulp) {
  return ulp < 1000 ? fmt::format("{:.2f}", ulp) : fmt::format("{:.1e}", ulp);
}

std::string ratio_text(const MedianInterval& ratio) {
  if (std::isnan(ratio.median)) return "-";
  return fmt::format("{} ({}-{})", short_text(ratio.median), short_text(ratio.low),
                     short_text(ratio.high));
}

double gigabytes_per_second(const ActivationRow& row) {
  return kBytesPerElement / row.ns_per_element;
}

std::string activation_table(const ActivationRaceResult& result) {
  std::string text;
  for (const auto& race : races_of(result.rows)) text += race_table(race);
  text += fmt::format(
      "cycles, ns: medians per element, at {:.2f} GHz; GB/s: read and written (memcpy:\n"
      "the limit of memory); max ulp: largest error over every 1009th float; time/best:\n"
      "its time / that of unroll on the best instruction set, /same isa: on its own\n"
      "(95 % intervals). Slices undisturbed by other jobs, in the worst race: {:.0f} %.\n\n",
      result.conditions.clock, 100 * result.conditions.undisturbed);
  const std::vector<std::string> better = faster_and_as_exact(result.rows);
  if (better.empty()) text += "Nobody is both faster than unroll and at least as accurate.\n";
  for (const std::string& line : better) text += "faster, as accurate: " + line + "\n";
  return text;
}

std::vector<std::string> faster_and_as_exact(std::span<const ActivationRow> rows) {
  std::vector<std::string> found;
  for (const auto& race : races_of(rows)) {
    const ActivationRow* best = ours_in(race, "");
    for (const ActivationRow& row : race) {
      add_if_better(row, row.times_best, best, found);
      if (row.isa == to_string(Isa::kScalar)) continue;  // ours is the standard library's there
      const ActivationRow* same = ours_in(race, row.isa);
      if (same != best) add_if_better(row, row.times_same_isa, same, found);
    }
  }
  return found;
}

std::string activation_json(std::span<const ActivationRow> rows) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ActivationRow& row : rows) {
    if (row.function == kCopy) continue;
    json.push_back({{"function", row.function},
                    {"implementation", row.implementation},
                    {"isa", row.isa},
                    {"threads", row.threads},
                    {"bytes", row.bytes},
                    {"ns_per_element", row.ns_per_element},
                    {"cycles_per_element", row.cycles_per_element},
                    {"max_ulp", row.max_ulp}});
  }
  return json.dump() + "\n";
}

}  // namespace unroll
