#include "unroll/tools/lab/sheets/worked_example.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "tests/support/gradient_check.h"
#include "unroll/core/error.h"
#include "unroll/kernels/ops.h"
#include "unroll/tools/lab/proofs/double_shadow.h"

namespace unroll {
namespace {

using test::relative_error;

constexpr double kTolerance = 1e-12;
const std::vector<std::int32_t> kIds{3, 1, 4, 1, 5, 2};
constexpr std::int32_t kTarget = 2;

/// A model of each kind, with the name that a failure shows.
struct Variant {
  std::string name;
  SequenceClassifierConfig config;
};

std::vector<Variant> variants() {
  std::vector<Variant> all;
  const std::vector<CellKind> kinds = {{Cell::kRnn, Activation::kTanh},
                                       {Cell::kRnn, Activation::kSigmoid},
                                       {Cell::kRnn, Activation::kRelu},
                                       Cell::kLstm,
                                       {Cell::kGru, Activation::kTanh, GruReset::kAfter},
                                       {Cell::kGru, Activation::kTanh, GruReset::kBefore}};
  for (const CellKind& kind : kinds) {
    for (Pool pool : {Pool::kMax, Pool::kMean, Pool::kLast}) {
      for (bool both : {false, true}) {
        for (std::size_t layers : {1u, 2u}) {
          all.push_back({title(kind) + " " + std::string(to_string(pool)) +
                             (both ? " both " : " one ") + std::to_string(layers),
                         {.vocabulary = 6,
                          .classes = 3,
                          .embedding = 4,
                          .cell = kind.cell,
                          .activation = kind.activation,
                          .gru_reset = kind.reset,
                          .hidden = 5,
                          .layers = layers,
                          .bidirectional = both,
                          .pool = pool}});
        }
      }
    }
  }
  return all;
}

/// A model whose embedding is large enough for every gate to move.
SequenceClassifier<double> model_of(const SequenceClassifierConfig& config) {
  SequenceClassifier<double> model(config);
  model.init(11);
  scale<double>(8, model.embedding().E.value.values());
  return model;
}

/// Calls body(model, example) for every variant, layer and direction, following step 3.
template <typename Body>
void for_each_example(Body body) {
  for (const Variant& variant : variants()) {
    SequenceClassifier<double> model = model_of(variant.config);
    for (std::size_t layer = 0; layer < variant.config.layers; ++layer) {
      for (Direction direction : {Direction::kForward, Direction::kBackward}) {
        if (direction == Direction::kBackward && !variant.config.bidirectional) continue;
        SCOPED_TRACE(variant.name + ", layer " + std::to_string(layer) + " " +
                     to_string(direction));
        body(model, work_example(model, kIds, kTarget, {layer, direction, 3}));
      }
    }
  }
}

const Parameter<double>& parameter(SequenceClassifier<double>& model, const WorkedExample& example,
                                   const std::string& letter) {
  const std::string name = std::string(to_string(example.model.cell)) + "." +
                           std::to_string(example.request.layer) + "." +
                           to_string(example.request.direction) + "." + letter;
  for (const Parameter<double>* p : model.parameters()) {
    if (p->name == name) return *p;
  }
  throw ShapeError("no parameter " + name);
}

void expect_same(const Tensor<double>& a, const Tensor<double>& b) {
  ASSERT_EQ(a.shape(), b.shape());
  EXPECT_LE(relative_error(a.values(), b.values()), kTolerance);
}

TEST(WorkedExample, PathsAddUpToThePartOfTheirStep) {
  for_each_example([](SequenceClassifier<double>&, const WorkedExample& example) {
    Tensor<double> dU(example.dU.shape());
    Tensor<double> dW(example.dW.shape());
    Tensor<double> db(example.db.shape()), dd(example.dd.shape());
    for (std::size_t k : example.path()) {
      if (!dd.empty()) add<double>(example.path_dq.matrix().row(k - 1), dd.values());
      add<double>(example.path_dU(k).values(), dU.values());
      add<double>(example.path_dW(k).values(), dW.values());
      add<double>(example.path_dz.matrix().row(k - 1), db.values());
    }
    expect_same(dU, example.part_dU);
    expect_same(dW, example.part_dW);
    expect_same(db, example.part_db);
    expect_same(dd, example.part_dd);
  });
}

TEST(WorkedExample, PartsOfAllStepsAddUpToTheGradient) {
  for (const Variant& variant : variants()) {
    SCOPED_TRACE(variant.name);
    SequenceClassifier<double> model = model_of(variant.config);
    Tensor<double> dU, dW, db;
    for (std::size_t t = 1; t <= kIds.size(); ++t) {
      const auto example = work_example(model, kIds, kTarget, {0, Direction::kForward, t});
      EXPECT_LE(example.parts_error, kTolerance);
      if (t == 1) {
        dU = example.part_dU;
        dW = example.part_dW;
        db = example.part_db;
        continue;
      }
      add<double>(example.part_dU.values(), dU.values());
      add<double>(example.part_dW.values(), dW.values());
      add<double>(example.part_db.values(), db.values());
    }
    const auto example = work_example(model, kIds, kTarget, {0, Direction::kForward, 1});
    expect_same(dU, example.dU);
    expect_same(dW, example.dW);
    expect_same(db, example.db);
  }
}

TEST(WorkedExample, HoldsTheModelsOwnLossAndGradients) {
  for_each_example([](SequenceClassifier<double>& model, const WorkedExample& example) {
    expect_same(example.dU, parameter(model, example, "U").grad);
    expect_same(example.dW, parameter(model, example, "W").grad);
    expect_same(example.db, parameter(model, example, "b").grad);
    if (!example.dd.empty()) expect_same(example.dd, parameter(model, example, "d").grad);
    expect_same(example.dV, (*(model.parameters().end() - 2))->grad);
    expect_same(example.dc, model.parameters().back()->grad);

    SequenceClassifier<double>::Pass pass;
    const auto shape = RaggedShape::rectangle(kIds.size(), 1);
    EXPECT_NEAR(example.loss, model.loss_and_gradients(shape, kIds, std::span(&kTarget, 1), pass),
                kTolerance);
    expect_same(example.O, pass.O);
    const std::size_t d = example.request.direction == Direction::kForward ? 0 : 1;
    const std::size_t H = example.hidden_size();
    for (std::size_t t = 0; t < kIds.size(); ++t) {
      EXPECT_LE(
          relative_error(example.h.matrix().row(t),
                         pass.stack.h[example.request.layer].matrix().row(t).subspan(d * H, H)),
          kTolerance);
    }
  });
}

TEST(WorkedExample, HoldsTheSharesOfBothDirectionsInTheInputsGradient) {
  for (const Variant& variant : variants()) {
    if (!variant.config.bidirectional) continue;
    SCOPED_TRACE(variant.name);
    SequenceClassifier<double> model = model_of(variant.config);
    auto dx = work_example(model, kIds, kTarget, {0, Direction::kForward, 1}).dx;
    add<double>(work_example(model, kIds, kTarget, {0, Direction::kBackward, 1}).dx.values(),
                dx.values());
    SequenceClassifier<double>::Pass pass;
    model.loss_and_gradients(RaggedShape::rectangle(kIds.size(), 1), kIds, std::span(&kTarget, 1),
                             pass);
    // the model has one row for each word, the sum over where it is
    Tensor<double> of_words(pass.dx.shape());
    scatter_add_rows<double>(dx.matrix(), pass.words.rows(), of_words.matrix());
    for (std::size_t k = 0; k < of_words.size(); ++k) {
      ASSERT_NEAR(of_words[k], pass.dx[k], 1e-15);
    }
  }
}

/// φ′(z), from z itself, where the layers take it from the output.
double slope(Activation activation, double z) {
  const double sigmoid = 1 / (1 + std::exp(-z));
  if (activation == Activation::kSigmoid) return sigmoid * (1 - sigmoid);
  if (activation == Activation::kTanh) return 1 / (std::cosh(z) * std::cosh(z));
  return z > 0 ? 1 : 0;
}

/// dz_r, dz_u, dz_h of unit j at step t of a GRU, from δh_t and the sums z.
void gru_gradients(const WorkedExample& example, std::size_t t, std::size_t j, Tensor<double>& dz) {
  const std::size_t H = example.hidden_size();
  const auto sigmoid = Activation::kSigmoid;
  const auto z = example.z.matrix().row(t);
  const double dh = example.dh.matrix()(t, j), h_prev = example.h_prev.matrix()(t, j);
  const double u = 1 / (1 + std::exp(-z[H + j])), candidate = std::tanh(z[2 * H + j]);
  const double dz_h = dh * (1 - u) * slope(Activation::kTanh, z[2 * H + j]);
  // What r_t gets: from r ⊙ q where there is a q, otherwise from p = r ⊙ h_{t−1}.
  const double dr =
      example.q.empty() ? example.dp_t.matrix()(t, j) * h_prev : dz_h * example.q.matrix()(t, j);
  dz.matrix()(t, j) = dr * slope(sigmoid, z[j]);
  dz.matrix()(t, H + j) = dh * (h_prev - candidate) * slope(sigmoid, z[H + j]);
  dz.matrix()(t, 2 * H + j) = dz_h;
}

TEST(WorkedExample, HoldsTheWholeGradientOfEveryState) {
  for_each_example([](SequenceClassifier<double>&, const WorkedExample& example) {
    const std::size_t H = example.hidden_size();
    Tensor<double> dz(example.dz.shape());
    for (std::size_t t = 0; t < kIds.size(); ++t) {
      const auto z = example.z.matrix().row(t);
      const auto dh = example.dh.matrix().row(t);
      for (std::size_t j = 0; j < H; ++j) {
        if (example.model.cell == Cell::kRnn) {
          dz.matrix()(t, j) = dh[j] * slope(example.model.activation, z[j]);
          continue;
        }
        if (example.model.cell == Cell::kGru) {
          gru_gradients(example, t, j, dz);
          continue;
        }
        const double dC = example.dC.matrix()(t, j);
        const double i = 1 / (1 + std::exp(-z[H + j]));
        const auto sigmoid = Activation::kSigmoid;
        dz.matrix()(t, j) = dC * example.C_prev.matrix()(t, j) * slope(sigmoid, z[j]);
        dz.matrix()(t, H + j) = dC * std::tanh(z[2 * H + j]) * slope(sigmoid, z[H + j]);
        dz.matrix()(t, 2 * H + j) = dC * i * slope(Activation::kTanh, z[2 * H + j]);
        dz.matrix()(t, 3 * H + j) =
            dh[j] * std::tanh(example.C.matrix()(t, j)) * slope(sigmoid, z[3 * H + j]);
      }
    }
    expect_same(dz, example.dz);
  });
}

TEST(WorkedExample, FollowsTheLayersOrderOfReading) {
  SequenceClassifier<double> model =
      model_of({.vocabulary = 6, .classes = 3, .embedding = 4, .hidden = 5, .bidirectional = true});
  using Steps = std::vector<std::size_t>;
  const auto path = [&](Direction direction) {
    return work_example(model, kIds, kTarget, {0, direction, 3}).path();
  };
  EXPECT_EQ(path(Direction::kForward), (Steps{3, 2, 1}));
  EXPECT_EQ(path(Direction::kBackward), (Steps{3, 4, 5, 6}));
}

TEST(WorkedExample, RefusesWhatTheModelHasNot) {
  SequenceClassifier<double> model = model_of(
      {.vocabulary = 6, .classes = 3, .embedding = 4, .hidden = 5, .bidirectional = false});
  const auto refusal = [&](const WorkedExampleRequest& request) -> std::string {
    try {
      work_example(model, kIds, kTarget, request);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(refusal({1, Direction::kForward, 1}),
            "trace: there is no layer 1; the model's layers are 0 .. 0");
  EXPECT_NE(refusal({0, Direction::kBackward, 1}).find("reads forward only"), std::string::npos);
  EXPECT_EQ(refusal({0, Direction::kForward, 7}),
            "trace: there is no step 7; this text has the steps 1 .. 6");
  EXPECT_NE(refusal({0, Direction::kForward, 0}).find("no step 0"), std::string::npos);
}

TEST(DoubleShadow, GivesTheModelsOutputs) {
  SequenceClassifier<float> model(
      {.vocabulary = 6, .classes = 3, .embedding = 4, .hidden = 5, .layers = 2});
  model.init(3);
  model.embedding().E.frozen = true;
  SequenceClassifier<double> shadow = double_shadow(model);
  SequenceClassifier<float>::Pass pass;
  SequenceClassifier<double>::Pass shadow_pass;
  const auto shape = RaggedShape::rectangle(kIds.size(), 1);
  model.forward(shape, kIds, pass);
  shadow.forward(shape, kIds, shadow_pass);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(shadow_pass.O[k], static_cast<double>(pass.O[k]), 1e-6);
  }
  shadow.loss_and_gradients(shape, kIds, std::span(&kTarget, 1), shadow_pass);
  EXPECT_GT(sum_of_squares<double>(shadow.embedding().E.grad.values()), 0);
}

}  // namespace
}  // namespace unroll
