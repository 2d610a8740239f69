/// The answers to the dev texts, by which fusion and epoch are chosen.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/tensor.h"
#include "unroll/text/batches.h"
#include "unroll/text/label_sets.h"
#include "unroll/tools/classifier/fusion.h"
#include "unroll/tools/classifier/metric.h"
#include "unroll/tools/classifier/text_classifier.h"

namespace unroll {

/// What the linear model says about the dev texts, if there is one, to which a network's O comes
/// after each epoch.
class DevFusion {
 public:
  /// `sets` are those of the examples, and outlive it.
  DevFusion(std::span<const Example> dev, const LabelSets* sets);

  /// `margins`: of each NgramModel, (rows, K).
  void set_margins(std::vector<Tensor<double>> margins);

  /// Sets the classifier's fusion to the weights that suit the dev texts. `O`: the network's,
  /// (rows, K), or nothing.
  DevScore fit(ExpertScores O, const Metric& metric, TextClassifier& classifier) const;

 private:
  DevRows rows() const { return {labels_, weights_, sets_}; }
  DevScore calibrate(ExpertScores O, const Metric& metric, TextClassifier& classifier) const;
  DevScore score(std::span<const ExpertScores> experts, std::span<const double> a,
                 const Metric& metric, const TextClassifier& classifier) const;
  std::vector<FusionPrior> priors(bool has_network) const;

  std::vector<Tensor<double>> margins_;
  std::vector<std::int32_t> labels_;
  std::vector<float> weights_;
  const LabelSets* sets_;
  Tensor<double> ones_;  // the bias's expert, where there are sets
};

}  // namespace unroll
