/// The training of the network, a part of train_classifier: steps, evaluation, and where it
/// diverged, if it did.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "unroll/core/ranks.h"
#include "unroll/core/thread_tuner.h"
#include "unroll/optim/shard_sum.h"
#include "unroll/text/batches.h"
#include "unroll/text/epoch_order.h"
#include "unroll/text/label_sets.h"
#include "unroll/tools/classifier/dev_fusion.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

/// What a network is trained on. All of it outlives the training.
struct TrainingData {
  const ExampleRows& train;
  std::span<const Example> dev;
  const LabelSets* sets;  ///< null where each text has one label
  const DevFusion& fusion;
};

class NetworkTraining {
 public:
  /// `linear`: how good the linear model is, if there is one, which is kept unless an epoch is as
  /// good.
  NetworkTraining(const TrainClassifierOptions& options, const TrainingPlan& plan,
                  const TrainingData& data, const std::optional<DevScore>& linear,
                  const ClassifierObserver& observer, Ranks& ranks);

  /// Trains until the epochs are done, nothing gets better, somebody stops it, or it diverges. The
  /// classifier is that of the best epoch then, or the linear model if none was as good.
  TrainingResult fit(TextClassifier& classifier);

  /// How good the classifier is then.
  const DevScore& dev_score() const { return best_score_; }
  /// Where training diverged, in words; "" if it did not.
  const std::string& divergence() const { return divergence_; }
  /// Null where batches were whole.
  std::shared_ptr<const ShardTimes> shard_times() const { return shard_times_; }

 private:
  using Targets = SequenceClassifier<float>::Targets;

  void reserve(SequenceClassifier<float>& model);
  TrainingTask task(TextClassifier& classifier);
  TrainingObserver watch(TextClassifier& classifier);
  double loss_and_gradients(SequenceClassifier<float>& model, std::size_t step);
  double shards_loss(SequenceClassifier<float>& model);
  void list_state(SavedState& state);
  DevScore score_of(TextClassifier& classifier);
  Targets targets();
  double work_of(std::span<const std::size_t> rows) const;
  void drop_words(std::span<std::int32_t> ids) const;
  bool is_as_good_as_linear() const;
  TrainingOptions loop_options() const;
  std::string describe_divergence(TextClassifier& classifier, const StepReport& report);

  const TrainClassifierOptions& options_;
  const TrainingPlan& plan_;
  TrainingData data_;
  std::optional<DevScore> linear_;
  const ClassifierObserver& observer_;
  Ranks& ranks_;
  EpochOrder order_;
  std::size_t classes_ = 0;  // labels
  std::uint64_t steps_ = 0;  // begun, over all epochs
  Batch batch_;              // of the step
  Tensor<float> y_;          // its targets, where texts have any number of labels
  SequenceClassifier<float>::Pass pass_;
  std::optional<ShardSum<float>> sum_;  // where batches are cut
  ThreadTuner evaluation_threads_;
  DevScore latest_;
  DevScore best_score_;
  FusionWeights best_fusion_;
  std::string divergence_;
  std::shared_ptr<const ShardTimes> shard_times_;
};

}  // namespace unroll
