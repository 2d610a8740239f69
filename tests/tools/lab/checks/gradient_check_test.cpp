#include "unroll/tools/lab/checks/gradient_check.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/random_gradient_check.h"
#include "unroll/layers/init.h"

namespace unroll {
namespace {

// ------------------------------------------------------------------------------------ one tensor

/// L = Σ_i sin(i + 1) v_i² with its gradient, which tests then make wrong.
struct Quadratic {
  explicit Quadratic(std::string_view gates = {}) : values(24), gradient(24) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = 0.1 * static_cast<double>(i) - 1;
      gradient[i] = 2 * factor(i) * values[i];
    }
    tensor = {.name = "t", .shape = {8, 3}, .values = values, .gradient = gradient, .gates = gates};
  }
  static double factor(std::size_t i) { return std::sin(static_cast<double>(i) + 1); }
  std::vector<TensorCheck> check(std::size_t entries = 24) {
    const LossFunction loss = [&](Branches&) {
      double sum = 0;
      for (std::size_t i = 0; i < values.size(); ++i) sum += factor(i) * values[i] * values[i];
      return sum;
    };
    return check_tensor(tensor, loss, {.entries = entries});
  }

  std::vector<double> values, gradient;
  CheckedTensor tensor;
};

TEST(TensorCheck, PassesARightGradientAndPutsTheValuesBack) {
  Quadratic q;
  const std::vector<double> before = q.values;
  const TensorCheck check = q.check().at(0);
  EXPECT_TRUE(check.holds());
  EXPECT_LT(check.direction_error, 1e-9);
  EXPECT_LT(check.entry_error, 1e-9);
  EXPECT_EQ(check.entries, 24u);
  EXPECT_EQ(q.values, before);
}

TEST(TensorCheck, ReportsWhereAnEntryIsWrong) {
  Quadratic q;
  q.gradient[5 * 3 + 1] += 1e-3;
  const TensorCheck check = q.check().at(0);
  EXPECT_FALSE(check.holds());
  EXPECT_EQ(check.worst_row(), 5u);
  EXPECT_EQ(check.worst_column(), 1u);
  EXPECT_NEAR(check.entry_error, 1e-3 / check.largest, 1e-5);
  EXPECT_GT(check.direction_error, 1e-7);
}

TEST(TensorCheck, FindsAWrongEntryThatItDoesNotLookAt) {
  Quadratic q;
  q.gradient[2] += 1e-5;  // the directions go through all of them
  EXPECT_FALSE(q.check(0).at(0).holds());
}

TEST(TensorCheck, SaysWhichGateIsWrong) {
  Quadratic q("fiao");
  for (std::size_t i = 12; i < 18; ++i) q.gradient[i] = 0;
  const std::vector<TensorCheck> checks = q.check();
  ASSERT_EQ(checks.size(), 5u);
  EXPECT_FALSE(checks[0].holds());
  for (std::size_t g = 0; g < 4; ++g) {
    EXPECT_EQ(checks[1 + g].gate, std::string(1, "fiao"[g]));
    EXPECT_EQ(checks[1 + g].holds(), g != 2);
  }
}

TEST(TensorCheck, DoesNotLetANanPass) {
  Quadratic q;
  q.gradient[7] = std::numeric_limits<double>::quiet_NaN();
  const TensorCheck check = q.check().at(0);
  EXPECT_FALSE(check.holds());
  EXPECT_TRUE(std::isnan(check.entry_error));
}

TEST(TensorCheck, ComparesTheFloatGradientByItsOwnBound) {
  Quadratic q;
  std::vector<float> narrow(q.gradient.begin(), q.gradient.end());
  q.tensor.float_gradient = narrow;
  EXPECT_TRUE(q.check().at(0).holds());
  narrow[3] += 1e-3F;
  const TensorCheck check = q.check().at(0);
  EXPECT_TRUE(check.differences_hold);
  EXPECT_FALSE(check.float_holds);
}

TEST(TensorCheck, LeavesOutRowsThatTheLossDoesNotRead) {
  Quadratic q;
  q.tensor.rows = {1, 4};
  EXPECT_EQ(q.check().at(0).entries, 6u);
}

TEST(TensorCheck, TakesNoAlarmFromAGradientThatRoundingHides) {
  std::vector<double> values{0.3, -0.2};
  const std::vector<double> gradient{1e-16, 0};  // against a loss of 1e6 nobody can see that
  const LossFunction loss = [&](Branches&) { return (1e6 + values[0]) - values[0]; };
  const TensorCheck check =
      check_tensor({.name = "t", .shape = {2}, .values = values, .gradient = gradient}, loss, {})
          .at(0);
  EXPECT_TRUE(check.holds());
  EXPECT_GT(check.rounding, kDifferenceBound);
}

/// L = |v|, whose branch is the sign.
TensorCheck check_absolute(double v) {
  std::vector<double> values{v};
  const std::vector<double> gradient{v > 0 ? 1.0 : 0.0};
  const LossFunction loss = [&](Branches& branches) {
    branches = {values[0] > 0 ? 1 : 0};
    return std::abs(values[0]);
  };
  return check_tensor({.name = "v", .shape = {1}, .values = values, .gradient = gradient}, loss, {})
      .at(0);
}

TEST(TensorCheck, CountsTheKinksThatItAvoidsAndThoseThatItCannot) {
  const TensorCheck near = check_absolute(1e-5);
  EXPECT_TRUE(near.holds());
  EXPECT_GT(near.retried, 0u);
  EXPECT_EQ(near.skipped, 0u);
  const TensorCheck on = check_absolute(0);
  EXPECT_EQ(on.skipped, 3u);  // two directions, one entry
  EXPECT_EQ(on.directions + on.entries, 0u);
}

// --------------------------------------------------------------------------------- whole models

struct Case {
  std::string name;
  SequenceClassifierConfig config;
  friend void PrintTo(const Case& c, std::ostream* stream) { *stream << c.name; }
};

std::vector<Case> cases() {
  std::vector<Case> all;
  const std::vector<CellKind> kinds = {Cell::kLstm,
                                       {Cell::kRnn, Activation::kTanh},
                                       {Cell::kRnn, Activation::kSigmoid},
                                       {Cell::kRnn, Activation::kRelu},
                                       {Cell::kGru, Activation::kTanh, GruReset::kAfter},
                                       {Cell::kGru, Activation::kTanh, GruReset::kBefore}};
  for (const CellKind& kind : kinds) {
    for (std::optional<Pool> pool : {std::optional(Pool::kMax), std::optional(Pool::kMean),
                                     std::optional(Pool::kLast), std::optional<Pool>()}) {
      const std::string name =
          fmt::format("{}_{}_{}_{}", to_string(kind.cell), to_string(kind.activation),
                      to_string(kind.reset), pool ? to_string(*pool) : std::string_view("many"));
      all.push_back({name,
                     {.vocabulary = 6,
                      .classes = 3,
                      .embedding = 4,
                      .cell = kind.cell,
                      .activation = kind.activation,
                      .gru_reset = kind.reset,
                      .hidden = 5,
                      .layers = 2,
                      .pool = pool}});
    }
  }
  return all;
}

class GradientCheck : public testing::TestWithParam<Case> {};

const std::vector<std::size_t> kLengths{2, 7, 4, 1};

TEST_P(GradientCheck, PassesOnTheLayersAsTheyAre) {
  const GradientReport report = test::check_random_model(GetParam().config, kLengths, 3);
  EXPECT_TRUE(report.holds()) << to_table(report);
  EXPECT_GT(report.compared(), 100u);
  for (const TensorCheck& check : report.checks) {
    EXPECT_GT(check.directions + check.entries + check.skipped, 0u) << check.tensor;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, GradientCheck, testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.name; });

const TensorCheck& find(const GradientReport& report, const std::string& tensor,
                        const std::string& gate = "") {
  return *std::ranges::find_if(report.checks, [&](const TensorCheck& check) {
    return check.tensor == tensor && check.gate == gate;
  });
}

TEST(GradientCheck, ShowsGatesAndTheGradientsThatNoParameterShows) {
  const GradientReport report = test::check_random_model(cases().front().config, kLengths, 1);
  for (const char* gate : {"f", "i", "a", "o"}) {
    EXPECT_GT(find(report, "lstm.1.backward.b", gate).entries, 0u);
  }
  for (const char* tensor : {"x", "lstm.0.forward.h_0", "lstm.1.backward.C_0"}) {
    EXPECT_GT(find(report, tensor).largest, 0) << tensor;
  }
}

TEST(GradientCheck, CountsFlipsOfAMaxPool) {
  SequenceClassifierConfig config = cases().front().config;
  config.hidden = 40;  // 640 winners: steps at first too long for one of them
  const GradientReport report =
      test::check_random_model(config, std::vector<std::size_t>(4, 30), 1);
  EXPECT_TRUE(report.holds()) << to_table(report);
  EXPECT_GT(report.retried(), 0u);
}

TEST(GradientCheck, ChecksAFrozenEmbeddingToo) {
  SequenceClassifier<float> model(cases().front().config);
  model.init(1);
  model.embedding().E.frozen = true;
  const GradientReport report =
      check_gradients(model, random_sample(model.config(), kLengths, 1), {});
  EXPECT_TRUE(report.holds()) << to_table(report);
  EXPECT_GT(find(report, "embedding.E").largest, 0);
}

TEST(GradientCheck, AllowsFloatTheRoundingOfASureModel) {
  SequenceClassifierConfig config = cases().front().config;
  SequenceClassifier<float> model(config);
  model.init(1);
  GradientSample sample = random_sample(config, kLengths, 1);
  std::ranges::fill(sample.targets, 0);
  model.parameters().back()->value[0] = 12;  // ŷ_0 = 1 − 1e-5
  const GradientReport report = check_gradients(model, sample, {});
  EXPECT_TRUE(report.holds()) << to_table(report);
  EXPECT_GT(report.float_floor, kFloatBound);
}

TEST(GradientReport, IsReadableIn80ColumnsAndAsJson) {
  const GradientReport report = test::check_random_model(cases().front().config, kLengths, 1);
  std::istringstream lines(to_table(report, [](std::size_t) { return "一个很长的词语很长"; }));
  for (std::string line; std::getline(lines, line);) {
    const auto points = std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; });
    EXPECT_LE(points, 80) << line;
  }
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_TRUE(json.at("holds").get<bool>());
  EXPECT_EQ(json.at("gradients").size(), report.checks.size());
  EXPECT_LT(json.at("worst").at("entry").at("error").get<double>(), kDifferenceBound);
}

}  // namespace
}  // namespace unroll
