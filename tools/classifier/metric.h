/// Metric: the figure by which dev texts choose an epoch. Accuracy hardly sees a label that one
/// text in a thousand has: whoever never answers it is right about 99.9 %. F1 of a label,
///
///     F1 = 2 hits / (texts that have it + texts that were predicted so),
///
/// sees nothing else, and macro-F1 is its mean over the labels, rare or frequent. Micro-F1 takes
/// the hits and the texts of all labels together: where each text has one label it is the accuracy,
/// and where texts have any number of labels it is what accuracy was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

/// Answers about rows, counted.
class AnswerCounts {
 public:
  explicit AnswerCounts(std::size_t labels) : counts_(labels) {}

  /// A row's labels, and those that were answered, in rising order. −1 among the former is a label
  /// that training has not seen.
  void add(std::span<const std::int32_t> actual, std::span<const std::int32_t> predicted);

  /// The share of rows with all of their labels and no other ones. This and all others are 0 where
  /// there is nothing to divide by.
  double accuracy() const;
  double f1(std::size_t label) const;
  double micro_f1() const;
  /// The mean over the labels that some row has or was predicted to have.
  double macro_f1() const;

 private:
  struct Count {
    std::size_t hits = 0;
    std::size_t actual = 0;
    std::size_t predicted = 0;
  };

  static double f1_of(const Count& count);

  std::vector<Count> counts_;
  Count all_;
  std::size_t rows_ = 0;
  std::size_t correct_ = 0;
};

/// `labels`: the classifier's, in byte order. Throws UsageError if the metric is the F1 of none of
/// them.
void check_metric(const Metric& metric, std::span<const std::string> labels);
/// `labels` as above, with a metric that was checked.
DevScore dev_score(const AnswerCounts& answers, double loss, const Metric& metric,
                   std::span<const std::string> labels);

}  // namespace unroll
