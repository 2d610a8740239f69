/// What each row of a test adds to a metric, so that a bootstrap of rows can draw them.
///
/// Accuracy is a mean over rows: a row adds 1 where its answer is right. F1 is no mean. Over rows i
/// with h_i labels hit, a_i that they have and p_i that were predicted,
///
///     F = 2 Σ h_i / Σ (a_i + p_i)
///
/// is a quotient of two sums. Near what was measured it changes with the rows as the mean of
///
///     s_i = F + n (2 h_i − F (a_i + p_i)) / Σ_j (a_j + p_j)
///
/// does, which is F plus the influence of row i (the delta method; Efron & Tibshirani 1993, ch.
/// 21). The mean of all s_i is F exactly. Macro-F1 is the mean of such quotients, one for each
/// label.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

class RowAnswers {
 public:
  /// A row's labels and those that were predicted, each once.
  void add(std::span<const std::string_view> actual, std::span<const std::string_view> predicted);

  std::size_t rows() const noexcept { return rows_.size(); }
  /// 1 for rows with all of their labels and no other ones, else 0.
  std::vector<float> right() const;
  /// A score of each row, whose mean is the metric. The loss has none. Labels count for macro-F1
  /// that some row has or was predicted to have.
  std::vector<float> scores(const Metric& metric) const;

 private:
  using Ids = std::vector<std::uint32_t>;
  struct Row {
    Ids actual, predicted;  // sorted
  };
  /// Labels that have one quotient together, or no part in any.
  using Groups = std::vector<std::size_t>;
  static constexpr std::size_t kNoGroup = static_cast<std::size_t>(-1);

  Ids ids_of(std::span<const std::string_view> labels);
  template <typename Body>
  void for_each_label(Body body) const;
  Groups groups_of(const Metric& metric) const;
  std::vector<float> scores(const Groups& group_of) const;

  std::map<std::string, std::uint32_t, std::less<>> ids_;
  std::vector<Row> rows_;
};

}  // namespace unroll
