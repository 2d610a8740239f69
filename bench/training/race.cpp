#include "bench/training/race.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "bench/training/worker.h"
#include "tests/support/temp_folder.h"
#include "unroll/core/error.h"
#include "unroll/core/random.h"
#include "unroll/core/safetensors.h"
#include "unroll/tools/lab/race/clock.h"
#include "unroll/tools/lab/race/race.h"

namespace unroll::bench {
namespace {

constexpr std::size_t kBatchSize = 64;
constexpr double kLearningRate = 1e-3;
constexpr double kClip = 5;

using Progress = std::function<void(const std::string&)>;
using Workers = std::vector<std::unique_ptr<TrainingWorker>>;

/// "pytorch, bucketed, padded".
std::string name_of(const TrainingContender& contender) {
  return fmt::format("{}, {}", contender.implementation, contender.layout);
}

/// The race on one data set; what its workers read lies in a folder of its own.
class Race {
 public:
  Race(const TrainingData& data, const std::vector<TrainingContender>& contenders,
       const TrainingRaceSettings& settings, const Progress& progress)
      : contenders_(contenders), settings_(settings), progress_(progress) {
    write_parameters(data.classifier.model());
    for (BatchOrder order : {BatchOrder::kBucketed, BatchOrder::kShuffled}) {
      const auto sample = sample_batches(data.examples, order, kBatchSize, settings.batches);
      write_batches(batches_file(order), sample);
      Size& size = sizes_[static_cast<std::size_t>(order)];
      for (const TrainingBatch& batch : sample) size.tokens += token_count(batch);
      size.steps = sample.size();
      if (order == BatchOrder::kBucketed) write_small(sample);
    }
  }

  TrainingRaceResult run() {
    check_agreement();
    for (std::size_t threads : settings_.threads) race_on(threads);
    return std::move(result_);
  }

 private:
  /// The size of a sample.
  struct Size {
    std::size_t tokens = 0;
    std::size_t steps = 0;
  };

  void write_parameters(const SequenceClassifier<float>& model) const {
    TensorsByName<float> values;
    for (const Parameter<float>* parameter : model.parameters()) {
      values[parameter->name] = &parameter->value;
    }
    write_safetensors<float>(folder_.file("parameters.safetensors"), {}, values);
  }

  std::filesystem::path batches_file(BatchOrder order) const {
    return folder_.file(order == BatchOrder::kBucketed ? "bucketed.jsonl" : "shuffled.jsonl");
  }
  std::filesystem::path ragged_file() const { return folder_.file("ragged.jsonl"); }
  std::filesystem::path even_file() const { return folder_.file("even.jsonl"); }

  /// The first batches, on which contenders must agree.
  void write_small(std::vector<TrainingBatch> sample) const {
    constexpr std::size_t kSteps = 3;
    sample.resize(std::min(sample.size(), kSteps));
    write_batches(ragged_file(), sample);
    write_batches(even_file(), without_padding(std::move(sample)));
  }

  std::unique_ptr<TrainingWorker> worker(const TrainingContender& contender,
                                         const std::filesystem::path& batches, double dropout,
                                         std::size_t threads) const {
    std::vector<std::string> command = contender.command;
    const auto add = [&](const std::string& flag, const std::string& value) {
      command.insert(command.end(), {flag, value});
    };
    add("--batches", batches.string());
    add("--parameters", folder_.file("parameters.safetensors").string());
    add("--threads", std::to_string(threads));
    add("--dropout", fmt::format("{}", dropout));
    add("--learning-rate", fmt::format("{}", kLearningRate));
    add("--clip", fmt::format("{}", kClip));
    return std::make_unique<TrainingWorker>(command, threads);
  }

  /// The losses of the steps on a file, without dropout.
  std::vector<double> losses(const TrainingContender& contender,
                             const std::filesystem::path& batches) {
    const auto made = worker(contender, batches, 0, 1);
    if (&contender != &contenders_.front()) note(made->version());
    return made->train().losses;
  }

  void check_agreement() {
    for (std::size_t c = 1; c < contenders_.size(); ++c) {
      progress_(fmt::format("comparing losses: {}", name_of(contenders_[c])));
      check_agreement(contenders_[c], even_file());
      if (!contenders_[c].pads) check_agreement(contenders_[c], ragged_file());
    }
  }

  void check_agreement(const TrainingContender& contender, const std::filesystem::path& batches) {
    constexpr double kTolerance = 1e-4;
    const double off =
        loss_difference(losses(contender, batches), losses(contenders_.front(), batches));
    if (off <= kTolerance) return;
    throw Error(ErrorKind::kInternal,
                fmt::format("{}: losses differ from ours by {:.2g}, expected at most {:.0e}",
                            name_of(contender), off, kTolerance));
  }

  /// Each peer's version once.
  void note(const std::string& version) {
    if (std::ranges::find(result_.versions, version) == result_.versions.end()) {
      result_.versions.push_back(version);
    }
  }

  const Size& size_of(const TrainingContender& contender) const {
    return sizes_[static_cast<std::size_t>(contender.order)];
  }

  void race_on(std::size_t threads) {
    Workers workers;
    for (const TrainingContender& contender : contenders_) {
      progress_(fmt::format("warming up, threads: {}: {}", threads, name_of(contender)));
      workers.push_back(
          worker(contender, batches_file(contender.order), settings_.dropout, threads));
      workers.back()->train();
    }
    Random random(threads, "race");
    std::vector<std::vector<RaceSlice>> rounds;
    for (std::size_t round = 1; round <= settings_.rounds; ++round) {
      progress_(
          fmt::format("racing, threads: {}: round {} of {}", threads, round, settings_.rounds));
      rounds.push_back(run_round(workers, random));
    }
    add_rows(threads, workers, RaceResult(std::move(rounds)));
  }

  std::vector<RaceSlice> run_round(const Workers& workers, Random& random) const {
    std::vector<std::size_t> order(workers.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    random.shuffle(std::span(order));
    std::vector<RaceSlice> slices(workers.size());
    for (std::size_t w : order) {
      const double before = measured_clock();
      const TrainingTurn turn = workers[w]->train();
      const auto tokens = static_cast<double>(size_of(contenders_[w]).tokens);
      slices[w] = {.ns = turn.seconds * 1e9 / tokens,
                   .clock = std::min(before, measured_clock()),
                   .share = turn.share};
    }
    return slices;
  }

  void add_rows(std::size_t threads, const Workers& workers, const RaceResult& race) {
    for (std::size_t w = 0; w < workers.size(); ++w) {
      const Size& size = size_of(contenders_[w]);
      const double ns = race.time(w).ns_per_element;
      const double tokens_per_step =
          static_cast<double>(size.tokens) / static_cast<double>(size.steps);
      result_.rows.push_back({.implementation = contenders_[w].implementation,
                              .layout = contenders_[w].layout,
                              .threads = threads,
                              .tokens_per_s = 1e9 / ns,
                              .ms_per_step = ns * tokens_per_step * 1e-6,
                              .peak_mib = workers[w]->peak_mib(),
                              .times_first = race.ratio(w, 0)});
    }
    result_.conditions.add(race);
  }

  const std::vector<TrainingContender>& contenders_;
  const TrainingRaceSettings& settings_;
  const Progress& progress_;
  TempFolder folder_;
  Size sizes_[2];  ///< by order
  TrainingRaceResult result_;
};

}  // namespace

std::vector<TrainingContender> training_contenders(const std::filesystem::path& ours,
                                                   const std::filesystem::path& peers) {
  std::vector<TrainingContender> contenders = {
      {.implementation = std::string(kOurs), .layout = "bucketed", .command = {ours.string()}}};
  std::vector<std::filesystem::path> programs;
  if (std::filesystem::is_directory(peers)) {
    for (const auto& entry : std::filesystem::directory_iterator(peers)) {
      programs.push_back(entry.path());
    }
  }
  std::ranges::sort(programs);
  for (const std::filesystem::path& program : programs) {
    const std::string name = program.stem().string();
    const std::string path = program.string();
    contenders.push_back({name, "bucketed, padded", BatchOrder::kBucketed, true, {path}});
    contenders.push_back({name, "shuffled, padded", BatchOrder::kShuffled, true, {path}});
    contenders.push_back(
        {name, "bucketed, packed", BatchOrder::kBucketed, false, {path, "--packed"}});
  }
  return contenders;
}

TrainingRaceResult race_training(const TrainingData& data,
                                 const std::vector<TrainingContender>& contenders,
                                 const TrainingRaceSettings& settings, const Progress& progress) {
  if (contenders.empty() || settings.threads.empty() || settings.rounds == 0 ||
      settings.batches == 0) {
    throw UsageError("race_training: needs a contender, a number of threads, a round, a batch");
  }
  return Race(data, contenders, settings, progress).run();
}

double loss_difference(std::span<const double> found, std::span<const double> expected) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (found.size() != expected.size()) return kInfinity;
  double largest = 0;
  for (std::size_t k = 0; k < found.size(); ++k) {
    const double difference = std::abs(found[k] - expected[k]) / std::abs(expected[k]);
    if (!std::isfinite(difference)) return kInfinity;
    largest = std::max(largest, difference);
  }
  return largest;
}

}  // namespace unroll::bench
