#include "bench/cell_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace unroll::bench {
namespace {

using Rows = std::span<const CellRow>;

/// The first rows that have the same `key`; the others stay in `rows`.
template <typename Key>
Rows take_same(Rows& rows, Key key) {
  const auto end =
      std::ranges::find_if(rows, [&](const CellRow& row) { return key(row) != key(rows[0]); });
  const Rows same = rows.first(static_cast<std::size_t>(end - rows.begin()));
  rows = rows.subspan(same.size());
  return same;
}

/// "lstm forward, 2 threads".
std::string table_title(const CellRow& row) {
  return fmt::format("{}, {} thread{}", layer_text(row.at), row.threads,
                     row.threads == 1 ? "" : "s");
}

/// Our own in bfloat16 is no peer.
bool is_peer(const CellRow& row) {
  return row.implementation != kOurs && row.precision == PrecisionChoice::kFull;
}

/// Everybody but ours, in the order in which they come first.
std::vector<std::string> peers_in(Rows table) {
  std::vector<std::string> names;
  for (const CellRow& row : table) {
    const bool is_known = std::ranges::find(names, row.implementation) != names.end();
    if (is_peer(row) && !is_known) names.push_back(row.implementation);
  }
  return names;
}

bool reads_ids(const CellRow& row) {
  return row.at.vocabulary > 0;
}

/// What is compared: GFLOP/s, or µs where not all do the same work.
std::string speed_text(const CellRow& row) {
  return reads_ids(row) ? fmt::format("{:.0f}", row.us) : fmt::format("{:.1f}", row.gflops);
}

std::string speed_text(Rows race, const std::string& implementation) {
  const auto found = std::ranges::find(race, implementation, &CellRow::implementation);
  return found != race.end() ? speed_text(*found) : "–";
}

/// Ours: µs, or, where these are what is compared, the MiB of the words' products.
std::string beside_text(const CellRow& ours) {
  const auto bytes = static_cast<double>(word_table_bytes(ours.at));
  return fmt::format("{:.0f}", reads_ids(ours) ? bytes / 0x1p20 : ours.us);
}

/// "1.23 (1.21–1.26)"; "1.23 (?)" where too few rounds were quiet for an interval.
std::string ratio_text(double median, double low, double high, std::size_t count) {
  if (count < kLeastForInterval) return fmt::format("{:.2f} (?)", median);
  return fmt::format("{:.2f} ({:.2f}–{:.2f})", median, low, high);
}

/// "1.23 (1.21–1.26) onednn"; a dash where nobody else was there.
std::string against_best_text(Rows race) {
  const CellRow* best = nullptr;
  for (const CellRow& row : race) {
    if (is_peer(row) && (best == nullptr || row.us < best->us)) best = &row;
  }
  if (best == nullptr) return "–";
  const MedianInterval& times = best->times_first;
  return fmt::format("{} {}", ratio_text(times.median, times.low, times.high, times.count),
                     best->implementation);
}

bool is_rounded(const CellRow& row) {
  return row.precision == PrecisionChoice::kBFloat16;
}

/// How many times as fast as in fp32 ours is in bfloat16.
std::string bfloat16_text(Rows race) {
  const auto found = std::ranges::find_if(race, is_rounded);
  if (found == race.end()) return "–";
  const MedianInterval& times = found->times_first;
  return ratio_text(1 / times.median, 1 / times.high, 1 / times.low, times.count);
}

std::string line_of(Rows race, const std::vector<std::string>& peers, bool with_bfloat16) {
  const CellRow& ours = race.front();
  std::string text = fmt::format("| {} | {} | {} | {} | {} | {} | {:.0f} % |", ours.at.hidden,
                                 ours.at.batch, ours.at.input, ours.at.steps, beside_text(ours),
                                 speed_text(ours), 100 * ours.gflops / ours.peak_gflops);
  if (with_bfloat16) text += fmt::format(" {} |", bfloat16_text(race));
  for (const std::string& peer : peers) text += fmt::format(" {} |", speed_text(race, peer));
  return text + fmt::format(" {} |\n", against_best_text(race));
}

std::string table_of(Rows table) {
  const std::vector<std::string> peers = peers_in(table);
  const bool with_bfloat16 = std::ranges::any_of(table, is_rounded);
  std::string text =
      fmt::format("**{}**\n\n| H | B | I | T | {} | {} | of the peak |", table_title(table[0]),
                  reads_ids(table[0]) ? "table, MiB" : "µs", kOurs);
  std::string rule = "|--:|--:|--:|--:|--:|--:|--:|";
  if (with_bfloat16) {
    text += " bf16 against fp32 |";
    rule += "--:|";
  }
  for (const std::string& peer : peers) {
    text += fmt::format(" {} |", peer);
    rule += "--:|";
  }
  text += fmt::format(" times as fast as the best peer |\n{}--:|\n", rule);
  while (!table.empty()) {
    const Rows race = take_same(table, [](const CellRow& row) { return to_string(row.at); });
    text += line_of(race, peers, with_bfloat16);
  }
  return text + "\n";
}

}  // namespace

std::string cell_tables(std::span<const CellRow> rows) {
  std::string text;
  while (!rows.empty()) text += table_of(take_same(rows, table_title));
  return text;
}

}  // namespace unroll::bench
