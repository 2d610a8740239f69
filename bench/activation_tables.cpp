#include "bench/activation_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string_view>
#include <tuple>
#include <vector>

#include "unroll/tools/lab/race/activation_report.h"

namespace unroll::bench {
namespace {

using Rows = std::vector<ActivationRow>;

/// The rows of each function, with memcpy's of its races.
std::vector<Rows> by_function(std::span<const ActivationRow> rows) {
  std::vector<Rows> parts;
  for (const auto& race : races_of(rows)) {
    if (parts.empty() || parts.back().front().function != race.front().function) {
      parts.emplace_back();
    }
    parts.back().insert(parts.back().end(), race.begin(), race.end());
  }
  return parts;
}

/// The different values of a member, smallest first.
std::vector<std::size_t> values_of(const Rows& rows, std::size_t ActivationRow::*member) {
  std::set<std::size_t> values;
  for (const ActivationRow& row : rows) values.insert(row.*member);
  return {values.begin(), values.end()};
}

/// The row of this contender in another race; null if there is none.
const ActivationRow* find(const Rows& rows, const ActivationRow& contender, std::size_t threads,
                          std::size_t bytes) {
  const auto is_it = [&](const ActivationRow& row) {
    return row.implementation == contender.implementation && row.isa == contender.isa &&
           row.threads == threads && row.bytes == bytes;
  };
  const auto found = std::ranges::find_if(rows, is_it);
  return found == rows.end() ? nullptr : &*found;
}

/// The widest first.
constexpr std::array<std::string_view, 6> kIsas = {"avx512", "avx2", "avx",
                                                   "sse4.1", "sse2", "scalar"};

/// The rows of one race: the widest instruction set first, memcpy last; in each the fastest first.
Rows in_table_order(const Rows& rows, std::size_t threads, std::size_t bytes) {
  Rows chosen;
  std::ranges::copy_if(rows, std::back_inserter(chosen), [&](const ActivationRow& row) {
    return row.threads == threads && row.bytes == bytes;
  });
  std::ranges::sort(chosen, {}, [](const ActivationRow& row) {
    return std::tuple(std::ranges::find(kIsas, row.isa), row.cycles_per_element);
  });
  return chosen;
}

/// The columns of a function's table.
struct Columns {
  std::vector<std::size_t> sizes;
  std::vector<std::size_t> threads;
};

std::string size_text(std::size_t bytes) {
  return bytes >= 1 << 20 ? fmt::format("{} MiB", bytes >> 20) : fmt::format("{} KiB", bytes >> 10);
}

std::string head(const Columns& columns) {
  std::string names = "| contender | instruction set | largest error, ulp |";
  for (std::size_t bytes : columns.sizes) names += fmt::format(" cycles, {} |", size_text(bytes));
  names += " time / ours, same set | time / ours, best |";
  for (std::size_t count : columns.threads) {
    names += fmt::format(" ns, {} thread{} |", count, count == 1 ? "" : "s");
  }
  std::string rule = "|---|---|--:|--:|--:|";
  for (std::size_t k = 0; k < columns.sizes.size() + columns.threads.size(); ++k) rule += "--:|";
  return names + "\n" + rule + "\n";
}

std::string line(const Rows& rows, const ActivationRow& row, const Columns& columns) {
  const std::string_view bold = row.implementation == kOurs ? "**" : "";
  std::string text = fmt::format("| {}{}{} | {} | {} |", bold, row.implementation, bold, row.isa,
                                 row.function == kCopy ? "-" : ulp_text(row.max_ulp));
  for (std::size_t bytes : columns.sizes) {
    const ActivationRow* at = find(rows, row, row.threads, bytes);
    text += at != nullptr ? fmt::format(" {:.2f} |", at->cycles_per_element) : " |";
  }
  text += fmt::format(" {} | {} |", ratio_text(row.times_same_isa), ratio_text(row.times_best));
  for (std::size_t count : columns.threads) {
    const ActivationRow* at = find(rows, row, count, row.bytes);
    text += at != nullptr ? fmt::format(" {:.3f} |", at->ns_per_element) : " |";
  }
  return text + "\n";
}

std::string table(const Rows& rows, std::size_t bytes) {
  const Columns columns = {values_of(rows, &ActivationRow::bytes),
                           values_of(rows, &ActivationRow::threads)};
  std::string text = fmt::format("### {}\n\n", rows.front().function) + head(columns);
  for (const ActivationRow& row : in_table_order(rows, columns.threads.front(), bytes)) {
    text += line(rows, row, columns);
  }
  return text + "\n";
}

std::string verdict(std::span<const ActivationRow> rows) {
  const std::vector<std::string> better = faster_and_as_exact(rows);
  if (better.empty()) {
    return "Both faster than ours and at least as exact, at any function, size and number of "
           "threads: **none**.\n\n";
  }
  std::string text = "Both faster than ours and at least as exact:\n\n";
  for (const std::string& who : better) text += "- " + who + "\n";
  return text + "\n";
}

}  // namespace

std::string activation_tables(std::span<const ActivationRow> rows, std::size_t bytes) {
  std::string text = verdict(rows);
  for (const Rows& part : by_function(rows)) text += table(part, bytes);
  return text;
}

}  // namespace unroll::bench
