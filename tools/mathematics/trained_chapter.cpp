#include "unroll/tools/mathematics/trained_chapter.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "unroll/core/random.h"
#include "unroll/tools/mathematics/training_flow.h"
#include "unroll/tools/train_classifier.h"

namespace unroll {

namespace {

constexpr std::size_t kWords = 50;
constexpr std::size_t kTexts = 1000;
constexpr std::size_t kEpochs = 6;
constexpr double kLearningRate = 0.005;

/// The first word is the label, all others are noise.
std::vector<Record> first_word_task(std::uint64_t seed) {
  constexpr std::array<std::string_view, 2> kLabels{"left", "right"};
  constexpr std::array<std::string_view, 8> kNoise{"a", "b", "c", "d", "e", "f", "g", "h"};
  Random random(seed, "gradflow/first-word");
  std::vector<Record> records;
  for (std::size_t row = 1; row <= kTexts; ++row) {
    const std::string label(kLabels[random.below(kLabels.size())]);
    std::string text = label;
    for (std::size_t k = 1; k < kWords; ++k) {
      text += ' ';
      text += kNoise[random.below(kNoise.size())];
    }
    records.push_back({text, label, row});
  }
  return records;
}

/// Nothing but the task: no dropout, no averaging, the last state answers.
TrainClassifierOptions options_of(const FlowTourSettings& settings, double forget_bias) {
  TrainClassifierOptions options;
  options.tokenizer = TokenizerKind::kSpace;
  options.model.hidden = settings.hidden;
  options.model.embedding = 16;
  options.model.bidirectional = false;
  options.model.pool = Pool::kLast;
  options.model.dropout = 0;
  options.model.forget_bias = forget_bias;
  options.word_dropout = 0;
  options.averaging = 0;
  options.learning_rate = kLearningRate;
  options.batch = 32;
  options.epochs = kEpochs;
  options.early_stop = 0;
  options.seed = settings.seed;
  return options;
}

void add(FlowChapterResult& part, FlowResult result, const std::string& name,
         const std::string& why) {
  result.experiment.name = name;
  part.chapter.cases.push_back({result.experiment, why});
  part.results.push_back(std::move(result));
}

/// Before and after training from one forget bias.
void add_bias(FlowChapterResult& part, const FlowTourSettings& settings, const char* name,
              double forget_bias) {
  const std::vector<Record> records = first_word_task(settings.seed);
  TrainingFlow flow(records);
  const ClassifierObserver observer{
      .plan = [&](const TrainingPlan&,
                  const TextClassifier& classifier) { flow.measure(0, classifier); },
      .step = {},
      .epoch = {},
      .stop = {}};
  const TrainedClassifier trained =
      train_classifier(records, {}, options_of(settings, forget_bias), observer);
  add(part, flow.last().front(), fmt::format("{}, before", name), "");
  flow.measure(trained.training.best_epoch + 1, trained.classifier);
  add(part, flow.last().front(), fmt::format("{}, after", name),
      fmt::format(
          "Answers {:.0f} % of held-back texts rightly; the mean forget bias is now {:.2f}.",
          100 * trained.training.best_score.value, flow.last().front().experiment.forget_bias));
}

}  // namespace

FlowChapterResult run_trained_chapter(const FlowTourSettings& settings) {
  FlowChapterResult part;
  FlowChapter& chapter = part.chapter;
  chapter.anchor = "lstm-trained";
  chapter.title = "LSTM: before and after training";
  chapter.equations = {"GRAD-lstm-carry", "GRAD-lstm-J"};
  chapter.introduction = fmt::format(
      "The first of {} words says the answer, all others are noise: what is to be learnt lies {} "
      "steps back. {} epochs over {} texts, the same from every forget bias. Where next to nothing "
      "of the gradient arrives, next to nothing is learnt: half of the answers are right by "
      "chance.",
      kWords, kWords - 1, kEpochs, kTexts * 9 / 10);
  add_bias(part, settings, "forget bias −1", -1);
  add_bias(part, settings, "forget bias 1", 1);
  add_bias(part, settings, "forget bias 3", 3);
  return part;
}

}  // namespace unroll
