#include "unroll/tools/lab/sheets/exercise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "unroll/core/error.h"
#include "unroll/core/random.h"

namespace unroll {

namespace {

using naive::Matrix;
using naive::Vector;

void check(const char* what, std::size_t value, std::size_t least, std::size_t most) {
  if (value >= least && value <= most) return;
  throw UsageError(fmt::format("exercise: {} is {}, expected {} .. {}", what, value, least, most));
}

/// Draws multiples of 0.1.
class Draw {
 public:
  Draw(std::uint64_t seed, std::size_t attempt)
      : random_(seed, "exercise/" + std::to_string(attempt)) {}

  /// ±0.1 … ±most/10: never 0, which would hide a term.
  double tenths(std::size_t most) {
    const double value = static_cast<double>(1 + random_.below(most)) / 10;
    return random_.below(2) == 0 ? value : -value;
  }
  Vector vector(std::size_t size, std::size_t most) {
    Vector values(size);
    for (double& value : values) value = tenths(most);
    return values;
  }
  Matrix matrix(std::size_t rows, std::size_t columns, std::size_t most) {
    Matrix values(rows);
    for (Vector& row : values) row = vector(columns, most);
    return values;
  }
  /// −1, 0 or 1, not all of them 0.
  Vector input(std::size_t size) {
    Vector values(size);
    for (double& value : values) value = static_cast<double>(random_.below(3)) - 1;
    if (std::ranges::all_of(values, [](double value) { return value == 0; })) values[0] = 1;
    return values;
  }
  std::size_t below(std::size_t bound) { return random_.below(bound); }

 private:
  Random random_;
};

Exercise draw(const ExerciseConfig& config, std::size_t attempt) {
  Draw random(config.seed, attempt);
  // A sum of I + H products should stay in the range where the activations bend.
  const std::size_t most = std::clamp<std::size_t>(24 / (config.input + config.hidden), 3, 9);
  const std::size_t rows = config.hidden * gate_count(config.cell);
  Exercise exercise{.config = config, .network = {}, .sequence = {}};
  exercise.network = {.U = random.matrix(rows, config.input, most),
                      .W = random.matrix(rows, config.hidden, most),
                      .b = random.vector(rows, 2),
                      .V = random.matrix(config.classes, config.hidden, 9),
                      .c = random.vector(config.classes, 2),
                      .h_0 = random.vector(config.hidden, 5),
                      .C_0 = {},
                      .phi = config.activation,
                      .reset = config.gru_reset,
                      .d = {}};
  if (describe(config.kind()).has_C) exercise.network.C_0 = random.vector(config.hidden, 5);
  if (describe(config.kind()).has_d) exercise.network.d = random.vector(config.hidden, 2);
  exercise.sequence.x.resize(1);
  exercise.sequence.targets.resize(1);
  for (std::size_t t = 1; t <= config.steps; ++t) {
    exercise.sequence.x.push_back(random.input(config.input));
    exercise.sequence.targets.push_back(random.below(config.classes));
  }
  return exercise;
}

naive::CellFunctions functions_of(const Exercise& exercise) {
  return naive::functions_of(exercise.config.cell);
}

/// θ ← θ − η g
void descend(double rate, const Vector& gradient, Vector& values) {
  for (std::size_t j = 0; j < values.size(); ++j) values[j] -= rate * gradient[j];
}
void descend(double rate, const Matrix& gradient, Matrix& values) {
  for (std::size_t r = 0; r < values.size(); ++r) descend(rate, gradient[r], values[r]);
}

bool relu(const Exercise& exercise) {
  return describe(exercise.config.kind()).has_activation &&
         exercise.config.activation == Activation::kRelu;
}

bool suit(const naive::Vector& z, bool is_relu) {
  const auto magnitude_suits = [&](double value) {
    return is_relu ? std::abs(value) >= 0.05 && std::abs(value) <= 4 : std::abs(value) <= 2;
  };
  const auto is_on = [](double value) { return value > 0; };
  return std::ranges::all_of(z, magnitude_suits) && (!is_relu || std::ranges::any_of(z, is_on));
}

/// Whether there is something to send back: dz = ∂L_t/∂z_t.
bool sends_back(const naive::Vector& dz) {
  return std::ranges::any_of(dz, [](double value) { return std::abs(value) >= 0.002; });
}

bool suits(const Exercise& exercise) {
  const naive::Forward forward =
      functions_of(exercise).forward(exercise.network, exercise.sequence);
  for (std::size_t t = 1; t <= exercise.config.steps; ++t) {
    if (!suit(forward.z[t], relu(exercise))) return false;
  }
  const ExerciseKey key = solve(exercise);
  for (std::size_t t = 1; t <= exercise.config.steps; ++t) {
    if (!sends_back(key.backward.path[t][t])) return false;
  }
  return key.loss_after < forward.L;
}

}  // namespace

Exercise make_exercise(const ExerciseConfig& config) {
  check("the number of steps", config.steps, 1, 6);
  check("the hidden size", config.hidden, 1, 4);
  check("the input size", config.input, 1, 4);
  check("the number of classes", config.classes, 2, 4);
  for (std::size_t attempt = 0;; ++attempt) {
    Exercise exercise = draw(config, attempt);
    if (suits(exercise)) return exercise;
  }
}

ExerciseKey solve(const Exercise& exercise) {
  const naive::Network& network = exercise.network;
  ExerciseKey key;
  const naive::CellFunctions cell = functions_of(exercise);
  key.forward = cell.forward(network, exercise.sequence);
  key.backward = cell.backward(network, exercise.sequence, key.forward);
  key.after = network;
  const double rate = exercise.learning_rate;
  descend(rate, key.backward.dU, key.after.U);
  descend(rate, key.backward.dW, key.after.W);
  descend(rate, key.backward.db, key.after.b);
  descend(rate, key.backward.dd, key.after.d);
  descend(rate, key.backward.dV, key.after.V);
  descend(rate, key.backward.dc, key.after.c);
  key.loss_after = cell.forward(key.after, exercise.sequence).L;
  return key;
}

std::string_view to_string(Language language) {
  return language == Language::kEnglish ? "en" : "zh";
}

}  // namespace unroll
