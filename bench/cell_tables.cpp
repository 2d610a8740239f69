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

/// Everybody but ours, in the order in which they come first.
std::vector<std::string> peers_in(Rows table) {
  std::vector<std::string> names;
  for (const CellRow& row : table) {
    const bool is_known = std::ranges::find(names, row.implementation) != names.end();
    if (row.implementation != kOurs && !is_known) names.push_back(row.implementation);
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

/// "1.23 (1.21–1.26) onednn"; "1.23 (?) onednn" where too few rounds were quiet for an interval; a
/// dash where nobody else was there.
std::string against_best_text(Rows race) {
  const Rows peers = race.subspan(1);
  if (peers.empty()) return "–";
  const CellRow& best = *std::ranges::min_element(peers, {}, &CellRow::us);
  const MedianInterval& times = best.times_first;
  const std::string interval =
      times.count >= kLeastForInterval ? fmt::format("{:.2f}–{:.2f}", times.low, times.high) : "?";
  return fmt::format("{:.2f} ({}) {}", times.median, interval, best.implementation);
}

std::string line_of(Rows race, const std::vector<std::string>& peers) {
  const CellRow& ours = race.front();
  std::string text = fmt::format("| {} | {} | {} | {} | {} | {} | {:.0f} % |", ours.at.hidden,
                                 ours.at.batch, ours.at.input, ours.at.steps, beside_text(ours),
                                 speed_text(ours), 100 * ours.gflops / ours.peak_gflops);
  for (const std::string& peer : peers) text += fmt::format(" {} |", speed_text(race, peer));
  return text + fmt::format(" {} |\n", against_best_text(race));
}

std::string table_of(Rows table) {
  const std::vector<std::string> peers = peers_in(table);
  std::string text =
      fmt::format("**{}**\n\n| H | B | I | T | {} | {} | of the peak |", table_title(table[0]),
                  reads_ids(table[0]) ? "table, MiB" : "µs", kOurs);
  std::string rule = "|--:|--:|--:|--:|--:|--:|--:|";
  for (const std::string& peer : peers) {
    text += fmt::format(" {} |", peer);
    rule += "--:|";
  }
  text += fmt::format(" times as fast as the best peer |\n{}--:|\n", rule);
  while (!table.empty()) {
    text += line_of(take_same(table, [](const CellRow& row) { return to_string(row.at); }), peers);
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
