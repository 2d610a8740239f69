#include "unroll/tools/classifier/row_answers.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace unroll {

namespace {

/// 2 Σ h / Σ (a + p).
struct Quotient {
  double hits = 0;
  double named = 0;

  void add(bool is_hit) {
    hits += is_hit ? 1 : 0;
    ++named;
  }
  double f1() const { return named == 0 ? 0 : 2 * hits / named; }
};

}  // namespace

void RowAnswers::add(std::span<const std::string_view> actual,
                     std::span<const std::string_view> predicted) {
  rows_.push_back({ids_of(actual), ids_of(predicted)});
}

RowAnswers::Ids RowAnswers::ids_of(std::span<const std::string_view> labels) {
  Ids ids;
  for (const std::string_view label : labels) {
    const auto next = static_cast<std::uint32_t>(ids_.size());
    ids.push_back(ids_.try_emplace(std::string(label), next).first->second);
  }
  std::ranges::sort(ids);
  return ids;
}

std::vector<float> RowAnswers::right() const {
  std::vector<float> right;
  for (const Row& row : rows_) right.push_back(row.actual == row.predicted ? 1.0F : 0.0F);
  return right;
}

/// Calls body(row, label, whether it is a hit) for each label that a row has or was predicted to
/// have; a hit is told once, of the two times that its label is named.
template <typename Body>
void RowAnswers::for_each_label(Body body) const {
  for (const Row& row : rows_) {
    for (const std::uint32_t id : row.actual)
      body(row, id, std::ranges::binary_search(row.predicted, id));
    for (const std::uint32_t id : row.predicted) body(row, id, false);
  }
}

RowAnswers::Groups RowAnswers::groups_of(const Metric& metric) const {
  Groups groups(ids_.size());
  switch (metric.kind) {
    case Metric::Kind::kMicroF1:
      return groups;
    case Metric::Kind::kMacroF1:
      std::iota(groups.begin(), groups.end(), std::size_t{0});
      return groups;
    case Metric::Kind::kLabelF1:
      for (const auto& [label, id] : ids_) groups[id] = label == metric.label ? 0 : kNoGroup;
      return groups;
    case Metric::Kind::kAccuracy:
    case Metric::Kind::kLoss:
      break;
  }
  throw std::logic_error("accuracy and loss are no quotients");
}

std::vector<float> RowAnswers::scores(const Groups& group_of) const {
  std::vector<Quotient> quotients;
  for_each_label([&](const Row&, std::uint32_t id, bool is_hit) {
    if (group_of[id] == kNoGroup) return;
    quotients.resize(std::max(quotients.size(), group_of[id] + 1));
    quotients[group_of[id]].add(is_hit);
  });
  const auto n = static_cast<double>(rows_.size());
  const auto parts = static_cast<double>(quotients.size());
  double mean = 0;
  for (const Quotient& quotient : quotients) mean += quotient.f1() / parts;
  std::vector<double> scores(rows_.size(), mean);
  for_each_label([&](const Row& row, std::uint32_t id, bool is_hit) {
    if (group_of[id] == kNoGroup) return;
    const Quotient& quotient = quotients[group_of[id]];
    const auto i = static_cast<std::size_t>(&row - rows_.data());
    scores[i] += n * ((is_hit ? 2 : 0) - quotient.f1()) / (parts * quotient.named);
  });
  return {scores.begin(), scores.end()};
}

std::vector<float> RowAnswers::scores(const Metric& metric) const {
  return metric.kind == Metric::Kind::kAccuracy ? right() : scores(groups_of(metric));
}

}  // namespace unroll
