#include "unroll/tools/classifier/network_training.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "unroll/core/random.h"
#include "unroll/core/saved_state.h"
#include "unroll/layers/sequence_predictor.h"
#include "unroll/optim/optimizer.h"
#include "unroll/tools/classifier/divergence.h"

namespace unroll {

namespace {

using Batches = std::vector<std::vector<std::size_t>>;

/// Calls body(O, batch) with the network's O of the batches first, first + stride, …, rows of O as
/// rows of the batch.
template <typename Body>
void for_each_batch(const SequenceClassifier<float>& model, std::span<const Example> examples,
                    const Batches& batches, std::size_t first, std::size_t stride,
                    ThreadTuner& threads, Body body) {
  const SequencePredictor<float> predictor(model);
  SequencePredictor<float>::Scratch scratch;
  Batch batch;
  for (std::size_t k = first; k < batches.size(); k += stride) {
    make_batch(examples, batches[k], batch);
    const ThreadTuner::Turn turn(threads, static_cast<double>(batch.shape.tokens()));
    body(predictor.predict(batch.shape, batch.ids, scratch), batch);
  }
}

/// Where each rank has computed the rows of its batches (rank, rank + count, …), all get them from
/// each other.
void share_rows(const Batches& batches, MatrixView<double> O, Ranks& ranks) {
  const std::size_t count = ranks.count(), columns = O.columns();
  std::vector<std::vector<double>> parts(count);
  const auto for_each_row = [&](std::size_t rank, auto body) {
    for (std::size_t k = rank; k < batches.size(); k += count)
      std::ranges::for_each(batches[k], body);
  };
  std::vector<WritableBytes> from(count);
  for (std::size_t r = 0; r < count; ++r) {
    for_each_row(r, [&](std::size_t row) {
      const auto values = O.row(row);
      parts[r].insert(parts[r].end(), values.begin(), values.end());
    });
    from[r] = std::as_writable_bytes(std::span(parts[r]));
  }
  const std::vector<Bytes> to(count, std::as_bytes(std::span(parts[ranks.rank()])));
  ranks.exchange(to, from);
  for (std::size_t r = 0; r < count; ++r) {
    const double* values = parts[r].data();
    for_each_row(r, [&](std::size_t row) {
      std::copy_n(values, columns, O.row(row).begin());
      values += columns;
    });
  }
}

void list(FusionWeights& fusion, SavedState& state) {
  state.add("fusion.network", fusion.network);
  state.add("fusion.tf_idf", fusion.ngrams[0]);
  state.add("fusion.naive_bayes", fusion.ngrams[1]);
  state.add("fusion.bias", fusion.bias);
}

void list(DevScore& score, SavedState& state) {
  state.add("dev.accuracy", score.accuracy);
  state.add("dev.metric", score.metric);
  state.add("dev.loss", score.loss);
}

/// The first tokens of a row of the batch, as the network read them.
std::string beginning_of(const Batch& batch, std::size_t row, const Vocabulary& vocabulary) {
  constexpr std::size_t kShown = 8;
  std::string text;
  const std::size_t length = batch.shape.length(row);
  for (std::size_t t = 0; t < std::min(length, kShown); ++t) {
    if (t > 0) text += ' ';
    text += vocabulary.token(batch.ids[batch.shape.index(t, row)]);
  }
  return length > kShown ? text + " …" : text;
}

}  // namespace

NetworkTraining::NetworkTraining(const TrainClassifierOptions& options, const TrainingPlan& plan,
                                 const TrainingData& data, const std::optional<DevScore>& linear,
                                 const ClassifierObserver& observer, Ranks& ranks)
    : options_(options),
      plan_(plan),
      data_(data),
      linear_(linear),
      observer_(observer),
      ranks_(ranks),
      order_(data.train, options.batch, options.seed),
      best_score_(linear.value_or(DevScore{})) {}

TrainingResult NetworkTraining::fit(TextClassifier& classifier) {
  SequenceClassifier<float>& model = classifier.model();
  classes_ = model.config().classes;
  reserve(model);
  const ParameterList<float> trained = model.trainable_parameters();
  if (options_.shards > 1 || ranks_.count() > 1)
    sum_.emplace(trained, most_touched_rows(model, plan_.memory->batch), ranks_);
  best_fusion_ = classifier.fusion();
  const auto optimizer = make_optimizer<float>(options_.optimizer);
  const Checkpoints checkpoints = observer_.checkpoints ? observer_.checkpoints() : Checkpoints{};
  TrainingResult result =
      train(trained, *optimizer, loop_options(), task(classifier), watch(classifier), checkpoints);
  classifier.set_fusion(best_fusion_);
  if (sum_) shard_times_ = std::make_shared<ShardTimes>(sum_->times());
  return result;
}

/// So that no step asks for memory.
void NetworkTraining::reserve(SequenceClassifier<float>& model) {
  MemoryPlan plan(MemoryPlan::Mode::kReserve);
  plan_parameters(model.parameters(), plan);
  plan_batch(plan_.memory->batch, batch_, plan);
  plan_targets(model.config(), plan_.memory->batch, y_, plan);
  plan_pass(model, *plan_.memory, pass_, plan);
}

TrainingTask NetworkTraining::task(TextClassifier& classifier) {
  SequenceClassifier<float>& model = classifier.model();
  return {.begin_epoch =
              [this](std::size_t epoch) {
                order_.begin(epoch);
                return order_.steps();
              },
          .loss_and_gradients =
              [this, &model](std::size_t step) { return loss_and_gradients(model, step); },
          .work = [this](std::size_t step) { return work_of(order_.batch(step)); },
          .evaluate =
              [this, &classifier] {
                latest_ = score_of(classifier);
                return latest_.by(plan_.metric);
              },
          .is_good_enough = [this] { return is_as_good_as_linear(); },
          .diverged =
              [this, &classifier](const StepReport& report) {
                divergence_ = describe_divergence(classifier, report);
              },
          .state = [this](SavedState& state) { list_state(state); }};
}

double NetworkTraining::loss_and_gradients(SequenceClassifier<float>& model, std::size_t step) {
  make_batch(data_.train, order_.batch(step), batch_);
  drop_words(batch_.ids);
  const double loss = shards_loss(model);
  ++steps_;
  return loss;
}

/// The loss of the batch, whole or in shards.
double NetworkTraining::shards_loss(SequenceClassifier<float>& model) {
  const DropoutSource dropout{.seed = options_.seed, .step = steps_};
  const Targets targets = this->targets();
  const auto loss_of_shard = [&](std::size_t shard) {
    return model.loss_and_gradients(batch_.shape, batch_.ids, targets, pass_, &dropout,
                                    {.index = shard, .count = options_.shards});
  };
  if (!sum_) return loss_of_shard(0);
  return sum_->run(std::min(options_.shards, batch_.shape.batch()), std::cref(loss_of_shard));
}

void NetworkTraining::list_state(SavedState& state) {
  state.add("run_steps", steps_);
  list(best_fusion_, state);
  list(best_score_, state);
}

TrainingObserver NetworkTraining::watch(TextClassifier& classifier) {
  TrainingObserver watch{.step = {}, .epoch = {}, .stop = observer_.stop};
  if (ranks_.count() > 1) {
    watch.stop = [this] {
      if (observer_.stop) sum_->say_whether_to_end(observer_.stop());
      return sum_->shall_end();
    };
  }
  if (observer_.step) {
    watch.step = [this](const StepReport& report) {
      observer_.step(report, batch_.shape.tokens());
    };
  }
  watch.epoch = [this, &classifier](const EpochReport& report) {
    if (report.best) best_fusion_ = classifier.fusion();
    if (report.best) best_score_ = latest_;
    if (observer_.epoch) observer_.epoch(report, latest_, classifier);
  };
  return watch;
}

std::string NetworkTraining::describe_divergence(TextClassifier& classifier,
                                                 const StepReport& report) {
  const DropoutSource dropout{.seed = options_.seed, .step = steps_ - 1};
  SequenceClassifier<float>& model = classifier.model();
  const Vocabulary& vocabulary = classifier.encoder().vocabulary();
  if (const auto weight = find_in_parameters(model)) {
    return fmt::format("{}, {}", to_string(*weight, vocabulary),
                       report.updated      ? "since this step moved it"
                       : dropout.step == 0 ? "from the beginning"
                                           : "since the step before moved it");
  }
  const std::string largest = largest_weight(model, vocabulary);
  if (report.updated) return "the loss on the dev texts is not finite; " + largest;
  const auto found = find_in_step(model, batch_, targets(), dropout);
  if (!found) return "the loss is not finite; " + largest;
  const std::string text =
      found->row ? fmt::format(" (\"{}\")", beginning_of(batch_, *found->row, vocabulary)) : "";
  return fmt::format("{}{}; {}", to_string(*found, vocabulary), text, largest);
}

/// The sigmoids' targets are in y_.
NetworkTraining::Targets NetworkTraining::targets() {
  if (data_.sets == nullptr) return {.classes = batch_.labels, .weights = batch_.weights};
  y_.resize({batch_.labels.size(), classes_});
  y_.fill(0);
  for (std::size_t r = 0; r < batch_.labels.size(); ++r) {
    for (const std::int32_t label : (*data_.sets)[batch_.labels[r]]) {
      y_.matrix()(r, static_cast<std::size_t>(label)) = 1;
    }
  }
  return {.classes = {}, .y = y_.matrix(), .weights = batch_.weights};
}

/// Fits the fusion to the network as it is now. Ranks share the batches.
DevScore NetworkTraining::score_of(TextClassifier& classifier) {
  const Batches batches = sorted_batches(data_.dev, plan_.memory->evaluation.rows);
  Tensor<double> O({data_.dev.size(), classifier.labels().size()});
  for_each_batch(classifier.model(), data_.dev, batches, ranks_.rank(), ranks_.count(),
                 evaluation_threads_, [&](MatrixView<const float> all, const Batch& batch) {
                   for (std::size_t r = 0; r < batch.rows.size(); ++r) {
                     std::ranges::copy(all.row(r), O.matrix().row(batch.rows[r]).begin());
                   }
                 });
  if (ranks_.count() > 1) share_rows(batches, O.matrix(), ranks_);
  return data_.fusion.fit(O.matrix(), plan_.metric, classifier);
}

/// Tokens of a batch.
double NetworkTraining::work_of(std::span<const std::size_t> rows) const {
  std::size_t tokens = 0;
  for (std::size_t row : rows) tokens += data_.train.length(row);
  return static_cast<double>(tokens);
}

/// Reads some words as the unknown one: no text hangs on a single word, and the unknown word
/// learns what it means. A function of the seed and the step.
void NetworkTraining::drop_words(std::span<std::int32_t> ids) const {
  if (options_.word_dropout == 0) return;
  Random random(options_.seed, "dropout/words/", steps_);
  for (std::int32_t& id : ids) {
    if (random.uniform() < options_.word_dropout) id = Vocabulary::kUnknown;
  }
}

/// An epoch replaces the linear model if it is as good by the metric: a network knows what n-grams
/// do not, even where the dev texts don't show it. Where the metric is the loss, an epoch with a
/// larger loss and as many right answers is as good: the weights of a fusion are pulled to those
/// that suit most data. Right answers count rows alike, so they say nothing where rows have
/// weights.
bool NetworkTraining::is_as_good_as_linear() const {
  if (!linear_) return true;
  if (plan_.metric.kind != Metric::Kind::kLoss) return latest_.metric >= linear_->metric;
  const bool is_weighted =
      std::ranges::any_of(data_.dev, [](const Example& example) { return example.weight != 1; });
  return latest_.loss <= linear_->loss || (!is_weighted && latest_.accuracy >= linear_->accuracy);
}

TrainingOptions NetworkTraining::loop_options() const {
  return {.epochs = plan_.epochs,
          .early_stop = plan_.early_stop,
          .loss_counts = options_.ngrams || plan_.metric.kind != Metric::Kind::kAccuracy,
          .clip_norm = options_.clip_norm,
          .clip_value = options_.clip_value,
          .averaging = options_.averaging,
          .schedule = {
              .peak = options_.learning_rate,
              .decay = options_.decay,
              .total_steps = plan_.epochs * plan_.steps_per_epoch,
              .warmup_steps = options_.warmup_steps,
              // the step schedule halves the rate three times in a run
              .step_every = std::max<std::size_t>(1, plan_.epochs * plan_.steps_per_epoch / 4)}};
}

}  // namespace unroll
