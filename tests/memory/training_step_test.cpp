// What the whole training step asks of the heap: batch, word dropout, forward, loss, backward,
// clipping, optimizer and average, as train_classifier runs them.
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tests/memory/allocation_counter.h"
#include "tests/tools/small_data.h"
#include "unroll/core/parallel.h"
#include "unroll/core/random.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {
namespace {

constexpr std::size_t kRows = 400;
constexpr std::size_t kEpochs = 3;

/// Texts of 1 to 40 of 300 words: batches of very different sizes.
std::vector<Record> ragged_records() {
  Random random(1, "records");
  std::vector<Record> records(kRows);
  for (std::size_t r = 0; r < kRows; ++r) {
    records[r].label = r % 2 == 0 ? "even" : "odd";
    const std::size_t words = 1 + random.below(40);
    for (std::size_t k = 0; k < words; ++k) {
      records[r].text.append("w").append(std::to_string(random.below(300))).append(" ");
    }
  }
  return records;
}

TrainClassifierOptions small_model() {
  TrainClassifierOptions options;
  options.tokenizer = TokenizerKind::kSpace;
  options.model.hidden = 24;
  options.model.embedding = 20;
  options.batch = 16;
  options.epochs = kEpochs;
  options.early_stop = 0;
  options.clip_norm = 0.1;
  return options;
}

/// Allocations of every step but the very first, which also makes threads, and the first of each
/// other epoch, which also shuffles. `before_step` is called in each.
template <typename BeforeStep>
std::vector<std::size_t> allocations_of_steps(const TrainClassifierOptions& options,
                                              BeforeStep before_step) {
  std::vector<std::size_t> counts;
  counts.reserve(kEpochs * kRows);
  std::size_t before = 0;
  const ClassifierObserver observer{.plan = {},
                                    .step =
                                        [&](const StepReport& report, std::size_t) {
                                          const std::size_t now = test::allocations();
                                          if (report.step > 0) counts.push_back(now - before);
                                          before = test::allocations();
                                        },
                                    .epoch = {},
                                    .stop =
                                        [&] {
                                          before_step();
                                          return false;
                                        }};
  train_classifier(ragged_records(), {}, options, observer);
  return counts;
}

struct Case {
  std::string name;
  std::size_t threads;
  void (*change)(TrainClassifierOptions&);
  friend void PrintTo(const Case& c, std::ostream* stream) { *stream << c.name; }
};

class TrainingStep : public testing::TestWithParam<Case> {
 protected:
  TrainingStep() { set_thread_count(GetParam().threads); }
  ~TrainingStep() override { set_thread_count(threads_); }

 private:
  std::size_t threads_ = thread_count();
};

TEST_P(TrainingStep, AllocatesNothing) {
  TrainClassifierOptions options = small_model();
  GetParam().change(options);
  const auto counts = allocations_of_steps(options, [] {});
  const std::size_t steps_per_epoch = (kRows * 9 / 10 + options.batch - 1) / options.batch;
  EXPECT_EQ(counts.size(), kEpochs * (steps_per_epoch - 1));
  EXPECT_EQ(counts, std::vector<std::size_t>(counts.size(), 0));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, TrainingStep,
    testing::Values(
        Case{"one_thread", 1, [](TrainClassifierOptions&) {}},
        Case{"two_threads", 2, [](TrainClassifierOptions&) {}},
        Case{"three_threads", 3, [](TrainClassifierOptions&) {}},
        Case{"two_layers", 2, [](TrainClassifierOptions& o) { o.model.layers = 2; }},
        Case{"rnn", 2, [](TrainClassifierOptions& o) { o.model.cell = Cell::kRnn; }},
        Case{"gru", 2, [](TrainClassifierOptions& o) { o.model.cell = Cell::kGru; }},
        Case{"gru_before", 2,
             [](TrainClassifierOptions& o) {
               o.model.cell = Cell::kGru;
               o.model.gru_reset = GruReset::kBefore;
             }},
        Case{"few_rows", 2, [](TrainClassifierOptions& o) { o.batch = 3; }},
        Case{"lazy_adam", 1,
             [](TrainClassifierOptions& o) { o.optimizer.kind = OptimizerKind::kLazyAdam; }},
        Case{"sgd", 1, [](TrainClassifierOptions& o) { o.optimizer.kind = OptimizerKind::kSgd; }},
        Case{"shards", 2, [](TrainClassifierOptions& o) { o.shards = 3; }},
        Case{"in_parts", 2,
             [](TrainClassifierOptions& o) {
               o.max_memory = test::halfway_limit(ragged_records(), o);
             }}),
    [](const auto& test) { return test.param.name; });

TEST(AllocationsOfAStep, AreSeenWhereThereAreSome) {
  std::unique_ptr<int> made;
  const auto counts = allocations_of_steps(small_model(), [&] { made = std::make_unique<int>(1); });
  ASSERT_FALSE(counts.empty());
  EXPECT_EQ(counts, std::vector<std::size_t>(counts.size(), 1));
}

}  // namespace
}  // namespace unroll
