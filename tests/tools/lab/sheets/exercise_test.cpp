#include "unroll/tools/lab/sheets/exercise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/gradient_check.h"
#include "unroll/core/error.h"
#include "unroll/layers/linear.h"
#include "unroll/layers/recurrent.h"
#include "unroll/layers/softmax_cross_entropy.h"

namespace unroll {
namespace {

using naive::Matrix;
using naive::Vector;
using test::relative_error;

constexpr double kTolerance = 4e-12;  // sums over steps that nearly cancel

/// Every cell, in each of its forms.
std::vector<ExerciseConfig> kinds() {
  return {{.cell = Cell::kRnn, .activation = Activation::kTanh},
          {.cell = Cell::kRnn, .activation = Activation::kSigmoid},
          {.cell = Cell::kRnn, .activation = Activation::kRelu},
          {.cell = Cell::kLstm},
          {.cell = Cell::kGru, .gru_reset = GruReset::kAfter},
          {.cell = Cell::kGru, .gru_reset = GruReset::kBefore}};
}

/// Calls body(config) for 1,000 seeds of each kind, of sizes that change with the seed.
template <typename Body>
void for_each_exercise(Body body) {
  for (ExerciseConfig config : kinds()) {
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
      config.seed = seed;
      config.steps = 1 + seed % 6;
      config.hidden = 1 + seed / 2 % 4;
      config.input = 1 + seed / 3 % 4;
      config.classes = 2 + seed / 5 % 3;
      SCOPED_TRACE(title(config.kind()) + ", seed " + std::to_string(seed));
      body(config);
      if (testing::Test::HasFailure()) return;
    }
  }
}

void copy(const Vector& from, Tensor<double>& to) {
  ASSERT_EQ(from.size(), to.size());
  std::ranges::copy(from, to.data());
}

/// Columns 1 .. T of the equations as the rows of the layers.
Tensor<double> rows_of_steps(const std::vector<Vector>& columns) {
  Tensor<double> rows({columns.size() - 1, columns[1].size()});
  for (std::size_t t = 1; t < columns.size(); ++t)
    std::ranges::copy(columns[t], rows.matrix().row(t - 1).begin());
  return rows;
}

/// The layers' way through the same exercise.
struct LayersKey {
  explicit LayersKey(const Exercise& exercise)
      : output("output", exercise.config.hidden, exercise.config.classes) {
    const ExerciseConfig& config = exercise.config;
    const naive::Network& network = exercise.network;
    layer = std::make_unique<RecurrentLayer<double>>("layer", config.input, config.hidden,
                                                     config.kind());
    copy(naive::flat(network.U), layer->U.value);
    copy(naive::flat(network.W), layer->W.value);
    copy(network.b, layer->b.value);
    copy(network.d, layer->d.value);
    copy(naive::flat(network.V), output.V.value);
    copy(network.c, output.c.value);
    run(exercise);
  }

  void run(const Exercise& exercise) {
    const ExerciseConfig& config = exercise.config;
    const auto shape = RaggedShape::rectangle(config.steps, 1);
    x = rows_of_steps(exercise.sequence.x);
    auto state = layer->zero_state(1);
    copy(exercise.network.h_0, state.h);
    if (config.cell == Cell::kLstm) copy(exercise.network.C_0, state.C);
    h.resize({config.steps, config.hidden});
    layer->forward(shape, std::as_const(x).matrix(), state, pass, h.matrix());
    dO.resize({config.steps, config.classes});
    output.forward(h.matrix(), dO.matrix());
    std::vector<std::int32_t> targets;
    for (std::size_t t = 1; t <= config.steps; ++t)
      targets.push_back(static_cast<std::int32_t>(exercise.sequence.targets[t]));
    loss = softmax_cross_entropy<double>(dO.matrix(), targets, 1, dO.matrix());
    Tensor<double> dh({config.steps, config.hidden});
    output.backward(h.matrix(), dO.matrix(), dh.matrix());
    dstate = layer->zero_state(1);
    dx.resize(x.shape());
    layer->backward(shape, std::as_const(x).matrix(), pass, std::as_const(dh).matrix(), dstate,
                    dx.matrix());
  }

  /// ∂L_t/∂z_k at every step k: the loss of one step sent back alone.
  Tensor<double> path_from(std::size_t t) {
    Tensor<double> dh(h.shape());
    output.backward(h.matrix().row_range(t - 1, 1), dO.matrix().row_range(t - 1, 1),
                    dh.matrix().row_range(t - 1, 1));
    auto state = layer->zero_state(1);
    layer->backward(RaggedShape::rectangle(h.shape()[0], 1), std::as_const(x).matrix(), pass,
                    std::as_const(dh).matrix(), state, {});
    return dz();
  }

  Tensor<double> dz() const {
    return layer->inspect(RaggedShape::rectangle(h.shape()[0], 1), pass).dz;
  }

  std::unique_ptr<RecurrentLayer<double>> layer;
  Linear<double> output;
  RecurrentPass<double> pass;
  RecurrentState<double> dstate;
  Tensor<double> x, h, dO, dx;
  double loss = 0;
};

void expect_same(const Vector& naive, const Tensor<double>& layers, const char* what) {
  ASSERT_EQ(naive.size(), layers.size()) << what;
  EXPECT_LE(relative_error(naive, layers.values()), kTolerance) << what;
}

void expect_same(const std::vector<Vector>& naive, const Tensor<double>& layers, const char* what) {
  const Tensor<double> rows = rows_of_steps(naive);
  EXPECT_LE(relative_error(rows.values(), layers.values()), kTolerance) << what;
}

TEST(Exercise, HasTheKeyOfTheLayers) {
  for_each_exercise([](const ExerciseConfig& config) {
    const Exercise exercise = make_exercise(config);
    const ExerciseKey key = solve(exercise);
    const LayersKey layers(exercise);
    EXPECT_NEAR(key.forward.L, layers.loss, kTolerance * layers.loss);
    expect_same(key.forward.h, layers.h, "h");
    expect_same(key.backward.dO, layers.dO, "dO");
    expect_same(key.backward.dz, layers.dz(), "dz");
    expect_same(key.backward.dx, layers.dx, "dx");
    expect_same(naive::flat(key.backward.dU), layers.layer->U.grad, "dU");
    expect_same(naive::flat(key.backward.dW), layers.layer->W.grad, "dW");
    expect_same(key.backward.db, layers.layer->b.grad, "db");
    expect_same(key.backward.dd, layers.layer->d.grad, "dd");
    expect_same(naive::flat(key.backward.dV), layers.output.V.grad, "dV");
    expect_same(key.backward.dc, layers.output.c.grad, "dc");
    expect_same(key.backward.dh_0, layers.dstate.h, "dh_0");
    if (config.cell == Cell::kLstm) expect_same(key.backward.dC_0, layers.dstate.C, "dC_0");
  });
}

TEST(Exercise, SplitsTheLossOfOneStepByPathAsTheLayersDo) {
  for_each_exercise([](const ExerciseConfig& config) {
    const Exercise exercise = make_exercise(config);
    const std::size_t t = std::min<std::size_t>(3, config.steps);
    const Tensor<double> dz = LayersKey(exercise).path_from(t);
    std::vector<Vector> paths = solve(exercise).backward.path[t];
    paths.resize(config.steps + 1, Vector(dz.shape()[1]));  // no path goes beyond t
    expect_same(paths, dz, "paths");
  });
}

TEST(Exercise, StepsAgainstTheGradient) {
  for_each_exercise([](const ExerciseConfig& config) {
    const Exercise exercise = make_exercise(config);
    const ExerciseKey key = solve(exercise);
    const LayersKey layers(exercise);
    Vector W = naive::flat(exercise.network.W);
    for (std::size_t i = 0; i < W.size(); ++i)
      W[i] -= exercise.learning_rate * layers.layer->W.grad[i];
    EXPECT_LE(relative_error(naive::flat(key.after.W), W), kTolerance);
    EXPECT_LT(key.loss_after, key.forward.L);
  });
}

TEST(Exercise, SaturatesNowhereAndKeepsAwayFromTheKink) {
  for_each_exercise([](const ExerciseConfig& config) {
    const Exercise exercise = make_exercise(config);
    const naive::Forward forward = solve(exercise).forward;
    const bool relu = config.cell == Cell::kRnn && config.activation == Activation::kRelu;
    for (std::size_t t = 1; t <= config.steps; ++t) {
      double largest = 0;
      for (double z : forward.z[t]) {
        EXPECT_LE(std::abs(z), relu ? 4 : 2);
        EXPECT_GE(std::abs(z), relu ? 0.05 : 0);
        largest = std::max(largest, z);
      }
      EXPECT_TRUE(!relu || largest > 0);
    }
  });
}

/// The numbers between brackets, in the order in which they are printed.
std::vector<double> bracketed_numbers(const std::string& text) {
  std::vector<double> numbers;
  bool inside = false;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '[') inside = true;
    if (text[i] == ']') inside = false;
    const bool begins =
        inside && (text[i] == '-' || std::isdigit(static_cast<unsigned char>(text[i])));
    char* end = nullptr;
    if (begins) numbers.push_back(std::strtod(text.c_str() + i, &end));
    i = begins ? static_cast<std::size_t>(end - text.c_str()) : i + 1;
  }
  return numbers;
}

/// The exercise again, from the numbers of its sheet.
Exercise read_sheet(const std::string& text, const ExerciseConfig& config) {
  const std::vector<double> numbers = bracketed_numbers(text);
  std::size_t next = 0;
  const auto vector = [&](std::size_t size) {
    Vector values(size);
    for (double& value : values) value = numbers.at(next++);
    return values;
  };
  const auto matrix = [&](std::size_t rows, std::size_t columns) {
    Matrix values(rows);
    for (Vector& row : values) row = vector(columns);
    return values;
  };
  const std::size_t rows = config.hidden * gate_count(config.cell);
  Exercise exercise{.config = config, .network = {}, .sequence = {{{}}, {0}}};
  exercise.network.phi = config.activation;
  exercise.network.U = matrix(rows, config.input);
  exercise.network.W = matrix(rows, config.hidden);
  exercise.network.reset = config.gru_reset;
  exercise.network.b = vector(rows);
  if (describe(config.kind()).has_d) exercise.network.d = vector(config.hidden);
  exercise.network.V = matrix(config.classes, config.hidden);
  exercise.network.c = vector(config.classes);
  exercise.network.h_0 = vector(config.hidden);
  if (config.cell == Cell::kLstm) exercise.network.C_0 = vector(config.hidden);
  for (std::size_t t = 1; t <= config.steps; ++t) {
    exercise.sequence.x.push_back(vector(config.input));
    const Vector y = vector(config.classes);
    exercise.sequence.targets.push_back(
        static_cast<std::size_t>(std::ranges::find(y, 1.0) - y.begin()));
  }
  EXPECT_EQ(next, numbers.size());
  return exercise;
}

TEST(Exercise, CanBeWorkedOutFromWhatIsPrinted) {
  for_each_exercise([](const ExerciseConfig& config) {
    if (config.seed > 100) return;
    const Exercise exercise = make_exercise(config);
    const std::string sheet = to_text(to_sheet(exercise, Language::kEnglish));
    const ExerciseKey key = solve(exercise);
    const Exercise read = read_sheet(sheet, config);
    const ExerciseKey read_key = solve(read);
    EXPECT_EQ(to_text(to_sheet(read, Language::kEnglish, &read_key)),
              to_text(to_sheet(exercise, Language::kEnglish, &key)));
  });
}

TEST(Exercise, GivesTheSameNumbersInBothLanguages) {
  for (const ExerciseConfig& config : kinds()) {
    const Exercise exercise = make_exercise(config);
    const ExerciseKey key = solve(exercise);
    const std::string english = to_text(to_sheet(exercise, Language::kEnglish, &key));
    const std::string chinese = to_text(to_sheet(exercise, Language::kChinese, &key));
    EXPECT_NE(english, chinese);
    EXPECT_EQ(bracketed_numbers(english), bracketed_numbers(chinese));
  }
}

TEST(Exercise, IsAnotherOneForAnotherSeed) {
  const auto sheet = [](std::uint64_t seed) {
    return bracketed_numbers(to_text(to_sheet(make_exercise({.seed = seed}), Language::kEnglish)));
  };
  EXPECT_EQ(sheet(7), sheet(7));
  EXPECT_NE(sheet(7), sheet(8));
}

TEST(Exercise, RefusesSizesThatNobodyWorksOutByHand) {
  EXPECT_THROW(make_exercise({.steps = 0}), UsageError);
  EXPECT_THROW(make_exercise({.steps = 7}), UsageError);
  EXPECT_THROW(make_exercise({.hidden = 5}), UsageError);
  EXPECT_THROW(make_exercise({.input = 0}), UsageError);
  EXPECT_THROW(make_exercise({.classes = 1}), UsageError);
}

}  // namespace
}  // namespace unroll
