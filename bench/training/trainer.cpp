#include "bench/training/trainer.h"

#include <fmt/ostream.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <istream>
#include <limits>
#include <numeric>
#include <ostream>
#include <variant>
#include <vector>

#include "bench/training/batches.h"
#include "unroll/core/safetensors.h"
#include "unroll/layers/sequence_classifier.h"
#include "unroll/optim/optimizer.h"
#include "unroll/optim/training_loop.h"
#include "unroll/tools/classifier/version.h"

namespace unroll::bench {
namespace {

using Clock = std::chrono::steady_clock;

SequenceClassifier<float> model_of(const TrainerFlags& flags) {
  const Safetensors file = read_safetensors(flags.parameters);
  const auto tensor = [&](const std::string& name) -> const Tensor<float>& {
    return std::get<Tensor<float>>(file.tensors.at(name));
  };
  SequenceClassifierConfig config;
  config.vocabulary = tensor("embedding.E").shape()[0];
  config.embedding = tensor("embedding.E").shape()[1];
  config.classes = tensor("output.V").shape()[0];
  config.hidden = tensor("lstm.0.forward.W").shape()[1];
  config.dropout = flags.dropout;
  SequenceClassifier<float> model(config);
  for (Parameter<float>* parameter : model.parameters()) parameter->value = tensor(parameter->name);
  return model;
}

class Trainer {
 public:
  Trainer(const TrainerFlags& flags, std::istream& turns, std::ostream& answers)
      : flags_(flags), turns_(turns), answers_(answers), model_(model_of(flags)) {
    for (const TrainingBatch& texts : read_batches(flags.batches)) add(texts);
    MemoryPlan reserve(MemoryPlan::Mode::kReserve);
    plan_parameters(model_.parameters(), reserve);
    model_.plan(limits_, 0, pass_, reserve);
  }

  void run() {
    const auto optimizer = make_optimizer<float>({});
    const TrainingTask task{.begin_epoch = [&](std::size_t) { return begin_turn(); },
                            .loss_and_gradients = [&](std::size_t step) { return train_on(step); },
                            .work = {},
                            .evaluate = [&] { return end_turn(); }};
    TrainingOptions options;
    options.epochs = std::numeric_limits<std::size_t>::max();
    options.clip_norm = flags_.clip;
    options.schedule.peak = flags_.learning_rate;
    const TrainingObserver until_end{.step = {}, .epoch = {}, .stop = [&] { return !turns_; }};
    train(model_.trainable_parameters(), *optimizer, options, task, until_end);
  }

 private:
  /// Laid out before the timing, as the peers' are.
  void add(const TrainingBatch& texts) {
    std::vector<std::size_t> rows(texts.size());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    batches_.push_back(make_batch(texts, rows));
    const BatchLimits batch = batch_limits(texts, texts.size(), model_.config().vocabulary);
    limits_.rows = std::max(limits_.rows, batch.rows);
    limits_.steps = std::max(limits_.steps, batch.steps);
    limits_.tokens = std::max(limits_.tokens, batch.tokens);
    limits_.distinct = std::max(limits_.distinct, batch.distinct);
  }

  std::size_t begin_turn() {
    std::string line;
    std::getline(turns_, line);
    begin_ = Clock::now();
    losses_.clear();
    return batches_.size();
  }

  double train_on(std::size_t step) {
    const Batch& batch = batches_[step];
    const DropoutSource dropout{.seed = 1, .step = steps_++};
    losses_.push_back(model_.loss_and_gradients(batch.shape, batch.ids, batch.labels, pass_,
                                                flags_.dropout > 0 ? &dropout : nullptr));
    return losses_.back();
  }

  /// The training loop asks for a score where the last step has ended; there is none to give.
  Score end_turn() const {
    const std::chrono::duration<double> taken = Clock::now() - begin_;
    fmt::print(answers_, "{} {}\n", taken.count(), fmt::join(losses_, " "));
    answers_.flush();
    return {};
  }

  const TrainerFlags& flags_;
  std::istream& turns_;
  std::ostream& answers_;
  SequenceClassifier<float> model_;
  std::vector<Batch> batches_;
  BatchLimits limits_;
  SequenceClassifier<float>::Pass pass_;
  std::uint64_t steps_ = 0;
  Clock::time_point begin_;
  std::vector<double> losses_;
};

}  // namespace

void run_trainer(const TrainerFlags& flags, std::istream& turns, std::ostream& answers) {
  Trainer trainer(flags, turns, answers);
  fmt::print(answers, "unroll {}\n", kVersion);
  answers.flush();
  trainer.run();
}

}  // namespace unroll::bench
