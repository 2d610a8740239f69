/// Metric: the figure by which dev texts choose an epoch. Accuracy hardly sees a label that one
/// text in a thousand has: whoever never answers it is right about 99.9 %. F1 of a label,
///
///     F1 = 2 hits / (texts that have it + texts that were predicted so),
///
/// sees nothing else, and macro-F1 is its mean over the labels, rare or frequent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/optim/training_loop.h"

namespace unroll {

struct Metric {
  enum class Kind : std::uint8_t { kAccuracy, kMacroF1, kLabelF1, kLoss };
  Kind kind = Kind::kAccuracy;
  std::string label = {};  ///< whose F1, of kLabelF1
};

/// "accuracy", "macro-f1", "f1:LABEL", "loss".
std::string to_string(const Metric& metric);
std::optional<Metric> metric_from(std::string_view name);

/// Answers about rows, counted.
class AnswerCounts {
 public:
  explicit AnswerCounts(std::size_t labels) : counts_(labels) {}

  /// `actual` is −1 for a label that training has not seen: the answer is wrong.
  void add(std::int32_t actual, std::int32_t predicted);

  double accuracy() const;
  /// Both are 0 where there is nothing to divide by.
  double f1(std::size_t label) const;
  /// The mean over the labels that some row has or was predicted to have.
  double macro_f1() const;

 private:
  struct Count {
    std::size_t hits = 0;
    std::size_t actual = 0;
    std::size_t predicted = 0;
  };

  std::vector<Count> counts_;
  std::size_t rows_ = 0;
  std::size_t correct_ = 0;
};

/// How good answers about the dev rows are.
struct DevScore {
  double accuracy = 0;
  double metric = 0;  ///< the figure that was asked for
  double loss = 0;    ///< mean over the rows that have a label, each times its weight

  /// What the training loop compares: higher is better.
  Score by(const Metric& metric) const;
};

/// `labels`: the classifier's, in byte order. Throws UsageError if the metric is the F1 of none of
/// them.
void check_metric(const Metric& metric, std::span<const std::string> labels);
/// `labels` as above, with a metric that was checked.
DevScore dev_score(const AnswerCounts& answers, double loss, const Metric& metric,
                   std::span<const std::string> labels);

}  // namespace unroll
