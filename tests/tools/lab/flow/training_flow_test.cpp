// Gradient flow measured inside a training run.

#include "unroll/tools/lab/flow/training_flow.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "tests/tools/small_data.h"
#include "unroll/core/error.h"
#include "unroll/layers/recurrent.h"
#include "unroll/tools/lab/flow/trained_chapter.h"

namespace unroll {
namespace {

using test::small_options;
using test::small_reviews;

/// Trains, measuring before and after every epoch.
TrainedClassifier train_watched(const TrainClassifierOptions& options, TrainingFlow& flow) {
  const ClassifierObserver observer{
      .plan = [&](const TrainingPlan&,
                  const TextClassifier& classifier) { flow.measure(0, classifier); },
      .step = {},
      .epoch = [&](const EpochReport& report, const DevScore&,
                   TextClassifier& classifier) { flow.measure(report.epoch + 1, classifier); },
      .stop = {}};
  return train_classifier(small_reviews(60), small_reviews(20), options, observer);
}

TEST(TrainingFlow, MeasuresEveryLayerAndDirectionBeforeAndAfterEachEpoch) {
  TrainClassifierOptions options = small_options();
  options.epochs = 2;
  options.early_stop = 0;
  options.model.layers = 2;
  const std::vector<Record> dev = small_reviews(20);
  TrainingFlow flow(dev);
  train_watched(options, flow);
  ASSERT_EQ(flow.last().size(), 4u);
  EXPECT_EQ(flow.last()[0].experiment.name, "lstm.0.forward");
  EXPECT_EQ(flow.last()[3].experiment.name, "lstm.1.backward");
  const std::size_t lags = flow.last()[0].norm.mean.size();
  EXPECT_GE(lags, 4u);
  EXPECT_EQ(std::ranges::count(flow.csv(), '\n'), static_cast<long>(1 + 3 * 4 * lags));
  EXPECT_NE(flow.csv().find("\n2,lstm.1.backward,"), std::string::npos);
  for (const char* part : {"before training", "after epoch 2", "lstm.1.backward", "<svg"}) {
    EXPECT_NE(flow.page().find(part), std::string::npos) << part;
  }
}

TEST(TrainingFlow, DoesNotTouchTheTraining) {
  TrainClassifierOptions options = small_options();
  options.epochs = 2;
  const std::vector<Record> dev = small_reviews(20);
  TrainingFlow flow(dev);
  const TrainedClassifier watched = train_watched(options, flow);
  const TrainedClassifier alone = train_classifier(small_reviews(60), dev, options);
  const auto a = watched.classifier.model().parameters();
  const auto b = alone.classifier.model().parameters();
  for (std::size_t k = 0; k < a.size(); ++k) {
    EXPECT_TRUE(std::ranges::equal(a[k]->value.values(), b[k]->value.values())) << a[k]->name;
  }
}

TEST(TrainingFlow, IsThatOfTheModelsOwnLayerAndText) {
  TrainClassifierOptions options = small_options();
  options.epochs = 1;
  options.model.cell = Cell::kLstm;
  const std::vector<Record> one{{"a good film, a great film", "pos", 1}};
  TrainingFlow flow(one);
  const TrainedClassifier trained = train_classifier(small_reviews(60), {}, options);
  flow.measure(1, trained.classifier);

  const auto& model = trained.classifier.model();
  const std::vector<std::string_view> text{one[0].text};
  const auto ids = trained.classifier.encoder().encode(text).front();
  RecurrentLayer<double> layer("lstm.0.backward", 8, 8, Cell::kLstm);
  layer.set_plain(true);  // as the double shadow is
  Tensor<double> x({ids.size(), 8});
  for (const auto* parameter : model.parameters()) {
    for (Parameter<double>* own : layer.parameters()) {
      if (own->name == parameter->name) {
        std::ranges::copy(parameter->value.values(), own->value.data());
      }
    }
    if (parameter->name != "embedding.E") continue;
    for (std::size_t t = 0; t < ids.size(); ++t) {  // the backward direction reads the end first
      const auto word =
          parameter->value.matrix().row(static_cast<std::size_t>(ids[ids.size() - 1 - t]));
      std::ranges::copy(word, x.matrix().row(t).begin());
    }
  }
  const FlowNorms norms = flow_norms(layer, x.matrix(), layer.zero_state(1), 200);
  ASSERT_EQ(flow.last()[1].experiment.name, "lstm.0.backward");
  EXPECT_EQ(flow.last()[1].norm.mean, norms.norm);
  EXPECT_EQ(flow.last()[1].carry.mean, norms.carry);
}

TEST(TrainedChapter, ShowsThatALongMemoryIsLearntWhereTheGradientArrives) {
  const FlowChapterResult part = run_trained_chapter({.hidden = 16});
  ASSERT_EQ(part.results.size(), 6u);
  const auto left = [&](std::size_t k) { return part.results[k].norm.mean.back(); };
  EXPECT_EQ(part.results[0].experiment.name, "forget bias −1, before");
  EXPECT_EQ(part.results[0].norm.mean.size(), 49u);
  EXPECT_LT(left(0), std::log(1e-9));
  EXPECT_LT(left(1), std::log(1e-6));
  EXPECT_GT(left(3), std::log(1e-2));
  EXPECT_GT(left(5), std::log(1e-2));
  EXPECT_NE(part.chapter.cases[5].why.find("Answers 100 %"), std::string::npos);
}

TEST(TrainingFlow, NeedsATextOfTwoTokens) {
  const std::vector<Record> records{{"good", "pos", 1}, {"", "neg", 2}};
  TrainClassifierOptions options = small_options();
  options.epochs = 1;
  const TrainedClassifier trained = train_classifier(small_reviews(40), {}, options);
  TrainingFlow flow(records);
  EXPECT_THROW(flow.measure(0, trained.classifier), DataError);
}

}  // namespace
}  // namespace unroll
