// Plans of memory against the heap.
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "tests/memory/allocation_counter.h"
#include "unroll/core/memory_plan.h"
#include "unroll/layers/sequence_predictor.h"
#include "unroll/optim/training_loop.h"
#include "unroll/text/batches.h"

namespace unroll {
namespace {

/// A batch that is at all its limits: every word another one.
const BatchLimits kLimits{.rows = 12, .steps = 30, .tokens = 360, .distinct = 360};

SequenceClassifierConfig config_of(Cell cell, std::size_t layers) {
  return {.vocabulary = 500,
          .classes = 3,
          .embedding = 24,
          .cell = cell,
          .hidden = 40,
          .layers = layers};
}

std::vector<Example> examples_at_the_limits() {
  std::vector<Example> examples(kLimits.rows);
  std::int32_t next = 0;
  for (Example& example : examples) {
    example.ids.resize(kLimits.steps);
    std::iota(example.ids.begin(), example.ids.end(), next);
    next += static_cast<std::int32_t>(kLimits.steps);
    example.label = 1;
  }
  return examples;
}

std::vector<std::size_t> all_rows() {
  std::vector<std::size_t> rows(kLimits.rows);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

/// The objects that own the memory.
constexpr std::size_t kObjects = 44 << 10;

/// What `make` leaves on the heap is what was planned, but for what the heap rounds up and for
/// the objects themselves.
template <typename Make>
void expect_held(std::size_t planned, Make make) {
  const std::size_t bytes = test::held_bytes(), requests = test::allocations();
  const auto made = make();
  const std::size_t held = test::held_bytes() - bytes;
  EXPECT_GE(held, planned);
  EXPECT_LE(held, planned + (test::allocations() - requests) * test::kAllocationSlack + kObjects);
}

class PlanOfAPass : public testing::TestWithParam<std::tuple<Cell, std::size_t, std::size_t>> {};

TEST_P(PlanOfAPass, CountsWhatItReserves) {
  const auto [cell, layers, most_tokens] = GetParam();
  SequenceClassifier<float> model(config_of(cell, layers));
  SequenceClassifier<float>::Pass counted;
  MemoryPlan count;
  model.plan(kLimits, most_tokens, counted, count);
  EXPECT_TRUE(counted.x.empty());
  EXPECT_GT(count.bytes(kForwardPart), 0);
  EXPECT_GT(count.bytes(kBackwardPart), 0);
  expect_held(count.total(), [&] {
    auto pass = std::make_unique<SequenceClassifier<float>::Pass>();
    MemoryPlan reserve(MemoryPlan::Mode::kReserve);
    model.plan(kLimits, most_tokens, *pass, reserve);
    EXPECT_EQ(reserve.total(), count.total());
    return pass;
  });
}

TEST_P(PlanOfAPass, IsEnoughForTheLargestBatchFromItsFirstStepOn) {
  const auto [cell, layers, most_tokens] = GetParam();
  SequenceClassifier<float> model(config_of(cell, layers));
  model.init(1);
  MemoryPlan reserve(MemoryPlan::Mode::kReserve);
  plan_parameters(model.parameters(), reserve);
  const Batch batch = make_batch(examples_at_the_limits(), all_rows());
  const DropoutSource dropout{.seed = 1, .step = 1};
  const auto allocations_of_first_step = [&](bool is_planned) {
    SequenceClassifier<float>::Pass pass;
    pass.most_tokens = most_tokens;
    if (is_planned) model.plan(kLimits, most_tokens, pass, reserve);
    zero_grad(model.parameters());
    const std::size_t before = test::allocations();
    model.loss_and_gradients(batch.shape, batch.ids, batch.labels, pass, &dropout);
    return test::allocations() - before;
  };
  for (Precision precision : {Precision::kFull, Precision::kBFloat16}) {
    model.set_precision(precision);
    EXPECT_GT(allocations_of_first_step(false), 0) << to_string(precision);
    EXPECT_EQ(allocations_of_first_step(true), 0) << to_string(precision);
  }
}

TEST_P(PlanOfAPass, IsNoMoreThanTheLargestBatchTakes) {
  const auto [cell, layers, most_tokens] = GetParam();
  SequenceClassifier<float> model(config_of(cell, layers));
  model.init(1);
  SequenceClassifier<float>::Pass counted;
  MemoryPlan count;
  model.plan(kLimits, most_tokens, counted, count);
  const Batch batch = make_batch(examples_at_the_limits(), all_rows());
  const DropoutSource dropout{.seed = 1, .step = 1};
  SequenceClassifier<float>::Pass pass;
  pass.most_tokens = most_tokens;
  pass.stack.once = true;
  zero_grad(model.parameters());
  const std::size_t bytes = test::held_bytes();
  model.loss_and_gradients(batch.shape, batch.ids, batch.labels, pass, &dropout);
  const auto held = static_cast<double>(test::held_bytes() - bytes);
  EXPECT_NEAR(held, static_cast<double>(count.total()), 0.06 * held);
}

INSTANTIATE_TEST_SUITE_P(Models, PlanOfAPass,
                         testing::Combine(testing::ValuesIn(kAllCells), testing::Values(1, 2),
                                          testing::Values(0, 90)));

TEST(PlanOfAPrediction, IsWhatThePredictorTakes) {
  const auto expect_that_much = [](Precision precision, std::size_t layers) {
    SequenceClassifier<float> model(config_of(Cell::kLstm, layers));
    model.init(1);
    model.set_precision(precision);
    MemoryPlan count;
    SequencePredictor<float>::count(model, kLimits, 1, count);
    const Batch batch = make_batch(examples_at_the_limits(), all_rows());
    struct Made {
      explicit Made(const SequenceClassifier<float>& model) : predictor(model) {}
      SequencePredictor<float> predictor;
      SequencePredictor<float>::Scratch scratch;
    };
    const std::size_t bytes = test::held_bytes();
    const auto made = std::make_unique<Made>(model);
    made->predictor.predict(batch.shape, batch.ids, made->scratch);
    const std::size_t held = test::held_bytes() - bytes;
    // Upper layers multiply steps of few rows at once, which this batch has none of.
    EXPECT_NEAR(static_cast<double>(held), static_cast<double>(count.total()),
                0.1 * static_cast<double>(count.total()) * static_cast<double>(layers))
        << to_string(precision);
  };
  for (const Precision precision :
       {Precision::kFull, Precision::kBFloat16, Precision::kNarrow, Precision::kFloat16}) {
    for (const std::size_t layers : {1, 2}) expect_that_much(precision, layers);
  }
}

TEST(PlanOfTraining, IsWhatOptimizerAverageAndBestEpochTake) {
  SequenceClassifier<float> model(config_of(Cell::kLstm, 1));
  model.init(1);
  ParameterList<float> parameters = model.parameters();
  TrainingOptions options;
  options.epochs = 1;
  options.averaging = 0.9;
  MemoryPlan count;
  count_training(parameters, *make_optimizer<float>({}), options, count);
  const auto optimizer = make_optimizer<float>({});
  zero_grad(parameters);
  const std::size_t bytes = test::held_bytes();
  std::size_t most = 0;
  // At the end of the only epoch all are there.
  const TrainingObserver observer{
      .step = {},
      .epoch = [&](const EpochReport&) { most = test::held_bytes() - bytes; },
      .stop = {}};
  const TrainingTask task{.begin_epoch = [](std::size_t) { return std::size_t{2}; },
                          .loss_and_gradients = [](std::size_t) { return 1.0; },
                          .work = {},
                          .evaluate = [] { return Score{.value = 1}; }};
  train(parameters, *optimizer, options, task, observer);
  EXPECT_NEAR(static_cast<double>(most), static_cast<double>(count.total()),
              0.03 * static_cast<double>(count.total()));
}

}  // namespace
}  // namespace unroll
