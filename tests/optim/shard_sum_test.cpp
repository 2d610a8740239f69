// Sums of shards, in one process and among ranks that are threads here.
#include "unroll/optim/shard_sum.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/thread_ranks.h"
#include "unroll/core/memory_plan.h"
#include "unroll/core/random.h"

namespace unroll {
namespace {

using test::on_ranks;

constexpr std::size_t kWords = 40, kMostWords = 30;

/// An embedding, some rows of which have gradients, and a matrix and a vector, which have all.
struct Model {
  Parameter<float> E{"E", {kWords, 5}}, W{"W", {7, 6}}, b{"b", {9}};
  ParameterList<float> list{&E, &W, &b};
  std::vector<std::size_t> most_rows{kMostWords, 7, 1};
};

void add_random(std::span<float> values, Random& random) {
  for (float& value : values) value += static_cast<float>(random.uniform() - 0.5);
}

/// The gradient of a shard, a function of the step and its number.
double add_gradient(Model& model, std::size_t step, std::size_t shard) {
  Random random(7, "shard", 100 * step + shard);
  for (std::size_t k = 0; k < 5; ++k) {
    const auto word = static_cast<std::int32_t>(random.uniform() * kWords);
    add_random(model.E.grad.matrix().row(static_cast<std::size_t>(word)), random);
    model.E.touched.add(std::span(&word, 1));
  }
  add_random(model.W.grad.values(), random);
  add_random(model.b.grad.values(), random);
  return random.uniform();
}

/// Values, rows and loss of some steps.
struct Result {
  std::vector<std::vector<float>> values;
  std::vector<std::int32_t> rows;
  std::vector<double> losses;
  bool operator==(const Result&) const = default;
};

void keep(const Model& model, double loss, Result& result) {
  result.losses.push_back(loss);
  for (const Parameter<float>* parameter : model.list) {
    result.values.emplace_back(parameter->grad.values().begin(), parameter->grad.values().end());
  }
  const auto rows = model.E.touched.rows();
  result.rows.insert(result.rows.end(), rows.begin(), rows.end());
}

constexpr std::size_t kSteps = 3;

Result sums(std::size_t shards, Ranks& ranks) {
  Model model;
  ShardSum<float> sum(model.list, model.most_rows, ranks);
  Result result;
  for (std::size_t step = 0; step < kSteps; ++step) {
    const double loss =
        sum.run(shards, [&](std::size_t shard) { return add_gradient(model, step, shard); });
    keep(model, loss, result);
  }
  return result;
}

/// Shard after shard, as the header says it.
Result sums_by_hand(std::size_t shards) {
  Result result;
  for (std::size_t step = 0; step < kSteps; ++step) {
    Model total;
    zero_grad(total.list);
    double loss = 0;
    for (std::size_t shard = 0; shard < shards; ++shard) {
      Model one;
      zero_grad(one.list);
      loss += add_gradient(one, step, shard);
      for (std::size_t k = 0; k < one.list.size(); ++k) {
        for (std::size_t i = 0; i < one.list[k]->grad.size(); ++i) {
          total.list[k]->grad[i] += one.list[k]->grad[i];
        }
      }
      total.E.touched.add(one.E.touched);
    }
    keep(total, loss, result);
  }
  return result;
}

TEST(ShardSum, AddsInTheOrderOfTheShards) {
  for (std::size_t shards : {1, 2, 3, 8}) {
    Ranks alone;
    EXPECT_EQ(sums(shards, alone), sums_by_hand(shards)) << shards;
  }
}

TEST(ShardSum, HasTheSameBitsOnAnyNumberOfRanks) {
  for (std::size_t shards : {1, 2, 3, 4, 7}) {
    const Result expected = sums_by_hand(shards);
    for (std::size_t count : {2, 3, 4, 5}) {
      on_ranks(count, [&](Ranks& ranks) {
        EXPECT_EQ(sums(shards, ranks), expected)
            << shards << " shards, rank " << ranks.rank() << " of " << count;
      });
    }
  }
}

TEST(ShardSum, SendsRowsAndTwiceAGradientAtMost) {
  constexpr std::size_t kCount = 4;
  on_ranks(kCount, [&](Ranks& ranks) {
    Model model;
    ShardSum<float> sum(model.list, model.most_rows, ranks);
    sum.run(kCount, [&](std::size_t shard) { return add_gradient(model, 0, shard); });
    const std::size_t most = (kMostWords * 5 + 7 * 6 + 9) * sizeof(float);
    EXPECT_GT(sum.times().bytes, 0);
    EXPECT_LT(sum.times().bytes, 2 * most);
  });
}

TEST(ShardSum, TellsAllRanksWhenTheFirstOneEnds) {
  on_ranks(3, [&](Ranks& ranks) {
    Model model;
    ShardSum<float> sum(model.list, model.most_rows, ranks);
    for (std::size_t step = 0; step < 4; ++step) {
      EXPECT_FALSE(sum.shall_end());
      sum.say_whether_to_end(ranks.is_first() ? step == 3 : true);
      sum.run(3, [&](std::size_t shard) { return add_gradient(model, step, shard); });
    }
    EXPECT_TRUE(sum.shall_end());
  });
}

TEST(ShardSum, CountsAFewGradientsHoweverManyShardsThereAre) {
  Model model;
  MemoryPlan plan;
  ShardSum<float>::count(model.list, model.most_rows, plan);
  const std::size_t gradient = (kMostWords * 5 + 7 * 6 + 9) * sizeof(float);
  EXPECT_GE(plan.total(), 3 * gradient);
  EXPECT_LT(plan.total(), 4 * gradient);
}

}  // namespace
}  // namespace unroll
