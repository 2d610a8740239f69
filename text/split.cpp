#include "unroll/text/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/hash.h"
#include "unroll/core/random.h"

namespace unroll {

namespace {

constexpr double kSumTolerance = 1e-6;  // 0.7 + 0.2 + 0.1 is not quite 1

/// Indices of records that go to the same part, in order.
using Group = std::vector<std::size_t>;

void check(std::span<const double> fractions) {
  double sum = 0;
  for (const double fraction : fractions) {
    if (!(fraction > 0))
      throw UsageError(fmt::format("a part's fraction is {}, expected more than 0", fraction));
    sum += fraction;
  }
  if (!(std::abs(sum - 1) <= kSumTolerance)) {
    throw UsageError(fmt::format("the fractions of the parts sum to {}, expected 1", sum));
  }
}

/// Records that belong together: each one points to an earlier one, the first to itself.
class Unions {
 public:
  explicit Unions(std::size_t count) : parents_(count) {
    std::iota(parents_.begin(), parents_.end(), std::size_t{0});
  }

  std::size_t first_of(std::size_t record) {
    while (parents_[record] != record) {
      parents_[record] = parents_[parents_[record]];
      record = parents_[record];
    }
    return record;
  }

  void join(std::size_t a, std::size_t b) {
    const auto [first, second] = std::minmax({first_of(a), first_of(b)});
    parents_[second] = first;
  }

 private:
  std::vector<std::size_t> parents_;
};

/// Rows with equal texts, or names of groups, in the order of their first rows.
std::vector<Group> group_rows(const SplitRows& rows, std::span<const std::string> names) {
  std::unordered_map<std::uint64_t, std::size_t> texts;
  std::unordered_map<std::string_view, std::size_t> named;
  Unions unions(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    unions.join(i, texts.emplace(rows.text(i), i).first->second);
    if (!names.empty() && !names[i].empty())
      unions.join(i, named.emplace(names[i], i).first->second);
  }
  std::map<std::size_t, Group> groups;
  for (std::size_t i = 0; i < rows.size(); ++i) groups[unions.first_of(i)].push_back(i);
  std::vector<Group> in_order;
  for (auto& [first, group] : groups) in_order.push_back(std::move(group));
  return in_order;
}

/// The equal texts of each label. Where they have several labels, the rarest of the first row
/// counts.
std::map<std::string_view, std::vector<Group>> group_by_label(const SplitRows& rows) {
  const std::vector<std::string_view> rarest = rows.labels().rarest();
  std::map<std::string_view, std::vector<Group>> strata;
  for (Group& group : group_rows(rows, {})) {
    strata[rarest[rows.labels_of(group.front())]].push_back(std::move(group));
  }
  return strata;
}

std::size_t record_count(std::span<const Group> groups) {
  std::size_t count = 0;
  for (const Group& group : groups) count += group.size();
  return count;
}

/// How many records a part still lacks: of the label at hand, and of all labels so far.
struct Need {
  double of_label = 0;
  double of_all = 0;
  bool empty = true;  ///< has no record of the label yet
};

/// Hands out the groups of one label, each to the part that lacks most. For groups of one record
/// that is the method of largest remainders: every part gets its share, rounded down or up. The
/// last groups are kept for empty parts, so that each part has the label if there are enough
/// groups. Ties go to the part that lacks most over all labels, so that many rare labels do not
/// pile up in the first part.
class Dealer {
 public:
  explicit Dealer(std::span<const double> fractions)
      : fractions_(fractions), needs_(fractions.size()) {}

  void deal(std::span<const Group> groups, std::vector<Group>& parts) {
    begin_label(record_count(groups));
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const std::size_t part = choose(groups.size() - i);
      parts[part].insert(parts[part].end(), groups[i].begin(), groups[i].end());
      give(part, groups[i].size());
    }
  }

 private:
  void begin_label(std::size_t count) {
    for (std::size_t p = 0; p < needs_.size(); ++p) {
      needs_[p].of_label = fractions_[p] * static_cast<double>(count);
      needs_[p].of_all += needs_[p].of_label;
      needs_[p].empty = true;
    }
  }

  std::size_t choose(std::size_t groups_left) const {
    const auto empty =
        std::count_if(needs_.begin(), needs_.end(), [](const Need& need) { return need.empty; });
    const bool only_empty = empty > 0 && groups_left <= static_cast<std::size_t>(empty);
    const auto lacks_less = [only_empty](const Need& a, const Need& b) {
      if (only_empty && a.empty != b.empty) return b.empty;
      return std::pair(a.of_label, a.of_all) < std::pair(b.of_label, b.of_all);
    };
    return static_cast<std::size_t>(std::max_element(needs_.begin(), needs_.end(), lacks_less) -
                                    needs_.begin());
  }

  void give(std::size_t part, std::size_t count) {
    needs_[part].of_label -= static_cast<double>(count);
    needs_[part].of_all -= static_cast<double>(count);
    needs_[part].empty = false;
  }

  std::span<const double> fractions_;
  std::vector<Need> needs_;
};

/// Hands out groups with labels of all kinds, large ones first, each to the part that it brings
/// nearest to its share of each label, or takes least far from it: to where it adds least to the
/// sum of squares of (rows − wanted rows) / √(wanted rows), over labels and over all rows. The last
/// groups are kept for empty parts.
class GroupDealer {
 public:
  GroupDealer(const SplitRows& rows, std::span<const double> fractions)
      : rows_(rows), counts_(fractions.size()) {
    for (std::size_t p = 0; p < fractions.size(); ++p) {
      for (std::size_t k = 0; k < rows.labels().size(); ++k)
        counts_[p].push_back({.wanted = fractions[p] * static_cast<double>(rows.labels().rows(k))});
      counts_[p].push_back({.wanted = fractions[p] * static_cast<double>(rows.size())});
    }
  }

  void deal(std::span<const Group> groups, std::vector<Group>& parts) {
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const std::vector<double> brought = rows_of(groups[i]);
      const std::size_t part = choose(brought, groups.size() - i, parts);
      parts[part].insert(parts[part].end(), groups[i].begin(), groups[i].end());
      for (std::size_t k = 0; k < brought.size(); ++k) counts_[part][k].rows += brought[k];
    }
  }

 private:
  struct Count {
    double wanted = 0;
    double rows = 0;
  };

  /// Counts the rows of each combination of labels, and then all.
  std::vector<double> rows_of(const Group& group) const {
    std::vector<double> counts(rows_.labels().size() + 1);
    for (const std::size_t row : group) ++counts[rows_.labels_of(row)];
    counts.back() = static_cast<double>(group.size());
    return counts;
  }

  std::size_t choose(std::span<const double> brought, std::size_t groups_left,
                     std::span<const Group> parts) const {
    const auto empty = static_cast<std::size_t>(std::ranges::count_if(parts, &Group::empty));
    std::size_t best = parts.size();
    for (std::size_t p = 0; p < parts.size(); ++p) {
      if (groups_left <= empty && !parts[p].empty()) continue;
      if (best == parts.size() || added(p, brought) < added(best, brought)) best = p;
    }
    return best;
  }

  double added(std::size_t part, std::span<const double> brought) const {
    double sum = 0;
    for (std::size_t k = 0; k < brought.size(); ++k) {
      const Count& count = counts_[part][k];
      const double missing = count.wanted - count.rows;
      sum += brought[k] * (brought[k] - 2 * missing) / count.wanted;
    }
    return sum;
  }

  const SplitRows& rows_;
  std::vector<std::vector<Count>> counts_;  // of each part
};

/// Large groups first, while there is still room to make up for them; equal ones by chance.
void order(std::vector<Group>& groups, Random& random) {
  random.shuffle(std::span(groups));
  std::ranges::stable_sort(groups, std::greater<>(), [](const Group& g) { return g.size(); });
}

}  // namespace

std::uint32_t CombinationCounts::add(const Record& record) {
  combination_.assign(1, record.label);
  combination_.insert(combination_.end(), record.more_labels.begin(), record.more_labels.end());
  const auto [found, is_new] =
      numbers_.emplace(combination_, static_cast<std::uint32_t>(numbers_.size()));
  if (is_new) {
    combinations_.push_back(&found->first);
    rows_.push_back(0);
  }
  ++rows_[found->second];
  return found->second;
}

/// The first of equals is taken: where a rare label is decides more than where a frequent one is.
std::vector<std::string_view> CombinationCounts::rarest() const {
  std::map<std::string_view, std::size_t> rows;
  for (std::size_t k = 0; k < rows_.size(); ++k)
    for (const std::string& label : *combinations_[k]) rows[label] += rows_[k];
  std::vector<std::string_view> rarest;
  for (const auto* labels : combinations_) {
    rarest.push_back(*std::ranges::min_element(
        *labels, {}, [&](const std::string& label) { return rows.at(label); }));
  }
  return rarest;
}

void SplitRows::add(const Record& record) {
  texts_.push_back(hash_of(record.text));
  combinations_.push_back(labels_.add(record));
}

std::vector<std::vector<std::size_t>> stratified_split(std::span<const Record> records,
                                                       std::span<const double> fractions,
                                                       std::uint64_t seed,
                                                       std::span<const std::string> groups) {
  SplitRows rows;
  for (const Record& record : records) rows.add(record);
  return stratified_split(rows, fractions, seed, groups);
}

std::vector<std::vector<std::size_t>> stratified_split(const SplitRows& rows,
                                                       std::span<const double> fractions,
                                                       std::uint64_t seed,
                                                       std::span<const std::string> groups) {
  check(fractions);
  if (!groups.empty() && groups.size() != rows.size()) {
    throw ShapeError(fmt::format("stratified_split: {} records have {} names of groups",
                                 rows.size(), groups.size()));
  }
  Random random(seed, "split");
  std::vector<Group> parts(fractions.size());
  if (!groups.empty()) {
    std::vector<Group> whole = group_rows(rows, groups);
    order(whole, random);
    GroupDealer(rows, fractions).deal(whole, parts);
  } else {
    Dealer dealer(fractions);
    for (auto& [label, of_label] : group_by_label(rows)) {
      order(of_label, random);
      dealer.deal(of_label, parts);
    }
  }
  for (Group& part : parts) std::sort(part.begin(), part.end());
  return parts;
}

}  // namespace unroll
