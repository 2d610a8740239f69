// Our turn in bench/training (worker.h): SequenceClassifier in the training loop, a turn an epoch.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <numeric>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bench/training/batches.h"
#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/core/safetensors.h"
#include "unroll/layers/sequence_classifier.h"
#include "unroll/optim/optimizer.h"
#include "unroll/optim/training_loop.h"
#include "unroll/tools/version.h"

namespace unroll::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Flags {
  std::string batches;
  std::string parameters;
  std::size_t threads = 1;
  double dropout = 0;
  double learning_rate = 0;
  double clip = 0;
};

void add_flags(CLI::App& program, Flags& flags) {
  program.add_option("--batches", flags.batches)->required();
  program.add_option("--parameters", flags.parameters)->required();
  program.add_option("--threads", flags.threads)->required();
  program.add_option("--dropout", flags.dropout)->required();
  program.add_option("--learning-rate", flags.learning_rate)->required();
  program.add_option("--clip", flags.clip)->required();
}

SequenceClassifier<float> model_of(const Flags& flags) {
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
  explicit Trainer(const Flags& flags)
      : flags_(flags), batches_(read_batches(flags.batches)), model_(model_of(flags)) {}

  /// Until there is no line to read any more.
  void run() {
    const auto optimizer = make_optimizer<float>({});
    const TrainingTask task{.begin_epoch = [&](std::size_t) { return begin_turn(); },
                            .loss_and_gradients = [&](std::size_t step) { return train_on(step); },
                            .evaluate = [&] { return end_turn(); }};
    const TrainingOptions options{.epochs = std::numeric_limits<std::size_t>::max(),
                                  .clip_norm = flags_.clip,
                                  .schedule = {.peak = flags_.learning_rate}};
    const TrainingObserver until_end{.step = {}, .epoch = {}, .stop = [] { return !std::cin; }};
    train(model_.trainable_parameters(), *optimizer, options, task, until_end);
  }

 private:
  std::size_t begin_turn() {
    std::string line;
    std::getline(std::cin, line);
    begin_ = Clock::now();
    losses_.clear();
    return batches_.size();
  }

  double train_on(std::size_t step) {
    const TrainingBatch& texts = batches_[step];
    std::vector<std::size_t> rows(texts.size());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    const Batch batch = make_batch(texts, rows);
    const DropoutSource dropout{.seed = 1, .step = steps_++};
    losses_.push_back(model_.loss_and_gradients(batch.shape, batch.ids, batch.labels, pass_,
                                                flags_.dropout > 0 ? &dropout : nullptr));
    return losses_.back();
  }

  /// There is nothing to evaluate on; it ends an epoch's last step.
  Score end_turn() const {
    const std::chrono::duration<double> taken = Clock::now() - begin_;
    fmt::print("{} {}\n", taken.count(), fmt::join(losses_, " "));
    std::fflush(stdout);
    return {};
  }

  Flags flags_;
  std::vector<TrainingBatch> batches_;
  SequenceClassifier<float> model_;
  SequenceClassifier<float>::Pass pass_;
  std::uint64_t steps_ = 0;
  Clock::time_point begin_;
  std::vector<double> losses_;
};

}  // namespace
}  // namespace unroll::bench

int main(int count, char** arguments) {
  CLI::App program("Ours in the race of bench/training, which starts it", "training_ours");
  unroll::bench::Flags flags;
  unroll::bench::add_flags(program, flags);
  CLI11_PARSE(program, count, arguments);
  try {
    unroll::set_thread_count(flags.threads);
    unroll::bench::Trainer trainer(flags);
    fmt::print("unroll {}\n", unroll::kVersion);
    std::fflush(stdout);
    trainer.run();
    return 0;
  } catch (const unroll::Error& error) {
    fmt::print(stderr, "training_ours: {}\n", error.what());
    return error.exit_status();
  }
}
