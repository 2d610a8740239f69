#include "unroll/tools/classifier/dev_fusion.h"

#include <array>
#include <utility>

#include "unroll/tools/classifier/labelled_examples.h"
#include "unroll/tools/classifier/ngram_classifier.h"

namespace unroll {

namespace {

/// Weights that suit most data, of TF-IDF, naive Bayes and the network: about what two English and
/// two Chinese sets of 500 to 1,200 dev texts came to by themselves. The pull is worth a few texts,
/// so it decides only where there are hardly more.
constexpr double kPull = 4;
constexpr std::array kNgramPriors{FusionPrior{.weight = 1.2, .pull = kPull},
                                  FusionPrior{.weight = 1.0, .pull = kPull}};
constexpr std::array kFusedPriors{FusionPrior{.weight = 0.7, .pull = kPull},
                                  FusionPrior{.weight = 0.85, .pull = kPull},
                                  FusionPrior{.weight = 0.3, .pull = kPull}};
constexpr FusionPrior kNetworkPrior{.weight = 1, .pull = kPull};  // of a network alone

}  // namespace

DevFusion::DevFusion(std::span<const Example> dev, const LabelSets* sets)
    : labels_(labels_of(dev)), weights_(weights_of(dev)), sets_(sets) {}

void DevFusion::set_margins(std::vector<Tensor<double>> margins) {
  margins_ = std::move(margins);
  if (sets_ == nullptr) return;
  ones_ = Tensor<double>(margins_.front().shape());
  ones_.fill(1);
}

DevScore DevFusion::fit(ExpertScores O, const Metric& metric, TextClassifier& classifier) const {
  if (margins_.empty()) return calibrate(O, metric, classifier);
  std::vector<ExpertScores> experts;
  for (const Tensor<double>& margins : margins_) experts.push_back(margins.matrix());
  if (!O.empty()) experts.push_back(O);
  if (sets_ != nullptr) experts.push_back(ones_.matrix());
  const std::vector<double> a = fit_fusion(experts, rows(), priors(!O.empty()));
  classifier.set_fusion({.network = O.empty() ? 0 : a[2],
                         .ngrams = {a[0], a[1]},
                         .bias = sets_ == nullptr ? 0 : a.back()});
  return score(experts, a, metric, classifier);
}

/// The score is that of O as it is: which epoch is best shall not hang on a temperature.
DevScore DevFusion::calibrate(ExpertScores O, const Metric& metric,
                              TextClassifier& classifier) const {
  classifier.set_fusion({.network = fit_inverse_temperature(O, rows(), kNetworkPrior)});
  return score(std::array{O}, std::array{1.0}, metric, classifier);
}

DevScore DevFusion::score(std::span<const ExpertScores> experts, std::span<const double> a,
                          const Metric& metric, const TextClassifier& classifier) const {
  AnswerCounts answers(classifier.labels().size());
  const double loss = count_fused(experts, rows(), a, answers);
  return dev_score(answers, loss, metric, classifier.labels());
}

/// A label against all others has m and not ±m for scores, so its weights are twice as large.
std::vector<FusionPrior> DevFusion::priors(bool has_network) const {
  const auto known = has_network ? std::span<const FusionPrior>(kFusedPriors) : kNgramPriors;
  std::vector<FusionPrior> priors(known.begin(), known.end());
  if (sets_ == nullptr) return priors;
  for (std::size_t model = 0; model < kNgramModels.size(); ++model) priors[model].weight *= 2;
  priors.push_back({.weight = 0, .pull = kPull});
  return priors;
}

}  // namespace unroll
