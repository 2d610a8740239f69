#include "unroll/tools/lab/flow/trained_chapter.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "unroll/core/parallel.h"
#include "unroll/core/random.h"
#include "unroll/tools/classifier/train_classifier.h"
#include "unroll/tools/lab/flow/training_flow.h"

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
  options.ngrams = false;
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

/// One forget bias: the layer before and after training.
struct Trained {
  FlowResult before;
  FlowResult after;
  double accuracy = 0;  ///< after, on held-back texts
};

Trained train_from(const FlowTourSettings& settings, double forget_bias) {
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
  Trained result;
  result.before = flow.last().front();
  if (!trained.training.best_epoch)
    throw Error(ErrorKind::kDiverged, "the training of the tour's last chapter has diverged");
  flow.measure(*trained.training.best_epoch + 1, trained.classifier);
  result.after = flow.last().front();
  result.accuracy = trained.training.best_score.value;
  return result;
}

void add(FlowChapterResult& part, FlowResult result, const std::string& name,
         const std::string& why) {
  result.experiment.name = name;
  part.chapter.cases.push_back({result.experiment, why});
  part.results.push_back(std::move(result));
}

}  // namespace

FlowChapterResult run_trained_chapter(const FlowTourSettings& settings) {
  FlowChapterResult part;
  FlowChapter& chapter = part.chapter;
  chapter.anchor = "lstm-trained";
  chapter.title = "LSTM: before and after training";
  chapter.equations = {"GRAD-lstm-carry", "GRAD-lstm-whole", "GRAD-lstm-explodes"};
  chapter.introduction = fmt::format(
      "The first of {} words says the answer, all others are noise: what is to be learnt lies {} "
      "steps back. {} epochs over {} texts, the same from every forget bias. Where next to nothing "
      "of the gradient arrives, next to nothing is learnt: half of the answers are right by "
      "chance.",
      kWords, kWords - 1, kEpochs, kTexts * 9 / 10);
  constexpr std::array<double, 3> kBiases{-1, 1, 3};
  constexpr std::array<std::string_view, 3> kNames{"−1", "1", "3"};
  std::array<Trained, 3> trained;
  // The models are too small for several threads: one thread each.
  parallel_parts(kBiases.size(),
                 [&](std::size_t k) { trained[k] = train_from(settings, kBiases[k]); });
  for (std::size_t k = 0; k < kBiases.size(); ++k) {
    add(part, std::move(trained[k].before), fmt::format("forget bias {}, before", kNames[k]), "");
    const double bias = trained[k].after.experiment.forget_bias;
    add(part, std::move(trained[k].after), fmt::format("forget bias {}, after", kNames[k]),
        fmt::format(
            "Answers {:.0f} % of held-back texts rightly; the mean forget bias is now {:.2f}.",
            100 * trained[k].accuracy, bias));
  }
  return part;
}

}  // namespace unroll
