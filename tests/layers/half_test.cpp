// Layers that multiply Float16 in inference, or weights that are narrow: against the cells as they
// are written out, in double, and what is too large for Float16.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/for_each_isa.h"
#include "tests/support/random_tensor.h"
#include "unroll/core/error.h"
#include "unroll/core/float16.h"
#include "unroll/core/parallel.h"
#include "unroll/kernels/half.h"
#include "unroll/layers/recurrent.h"
#include "unroll/layers/sequence_predictor.h"

namespace unroll {
namespace {

const std::vector<std::size_t> kLengths{12, 11, 7, 7, 5, 2, 1};
constexpr double kWeight = 0.1;

const std::vector<CellKind> kKinds = {CellKind(Cell::kRnn, Activation::kTanh),
                                      CellKind(Cell::kRnn, Activation::kSigmoid),
                                      CellKind(Cell::kLstm), CellKind(Cell::kGru)};

/// A layer with inputs, the same ones in every Real, within ±1.
template <typename Real>
struct LayerRun {
  LayerRun(CellKind kind, std::size_t I, std::size_t H, Precision precision,
           const std::vector<std::size_t>& lengths = kLengths)
      : shape(lengths), layer("cell", I, H, kind) {
    layer.set_precision(precision);
    for (auto* parameter : layer.parameters()) {
      parameter->value =
          test::random_tensor<Real>(parameter->value.shape(), parameter->name, kWeight);
      // the same numbers in every Real
      for (Real& value : parameter->value.values()) value = static_cast<float>(value);
    }
    x = within_1({shape.tokens(), I}, "x");
    state = layer.zero_state(shape.batch());
    state.h = within_1(state.h.shape(), "h_0");
    if (!state.C.empty()) state.C = within_1(state.C.shape(), "C_0");
    h = Tensor<Real>({shape.tokens(), H});
  }

  static Tensor<Real> within_1(const Shape& of, const std::string& name) {
    Tensor<Real> values = test::random_tensor<Real>(of, name);
    for (Real& value : values.values()) {
      value = static_cast<float>(std::clamp<double>(static_cast<double>(value), -1, 1));
    }
    return values;
  }

  void infer() {
    const RecurrentWeights<Real> weights = layer.pack(1);
    multiplied = layer.precision_of(weights);
    RecurrentScratch<Real> scratch;
    layer.infer(shape, x.matrix(), weights, {}, state, scratch, h.matrix());
  }

  RaggedShape shape;
  RecurrentLayer<Real> layer;
  Tensor<Real> x, h;
  RecurrentState<Real> state;
  Precision multiplied = Precision::kFull;
};

double difference(const Tensor<float>& found, const Tensor<double>& wanted) {
  double most = 0;
  for (std::size_t k = 0; k < found.size(); ++k) {
    most = std::max(most, std::abs(double{found[k]} - wanted[k]));
  }
  return most;
}

/// The largest sum of a row's sizes.
double largest_row_sum(MatrixView<const double> matrix) {
  double largest = 0;
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    double sum = 0;
    for (const double value : matrix.row(r)) sum += std::abs(value);
    largest = std::max(largest, sum);
  }
  return largest;
}

/// How far z of one step may be off (docs/numerics.md), |x| and |h| being 1 at most.
double bound_of_z(RecurrentLayer<double>& layer) {
  const double sums =
      largest_row_sum(layer.U.value.matrix()) + largest_row_sum(layer.W.value.matrix());
  const auto terms = static_cast<double>(layer.input_size() + layer.hidden_size());
  const double of_floats = 1e-5;  // what float's sums and functions add
  return (kShortLinesOfFloat16 + 3) * kUnitOfFloat16 * 1.01 * sums + 4 * terms * 0x1p-25 +
         of_floats;
}

/// How far h is off then, after one step: σ′ ≤ 1/4, tanh′ ≤ 1, |C_0| ≤ 1.
double bound_of_h(RecurrentLayer<double>& layer) {
  const double z = bound_of_z(layer);
  switch (layer.kind().cell) {
    case Cell::kRnn:
      return z;
    case Cell::kLstm:  // δC ≤ δf + δi + δa, δh ≤ δo + δC
      return z / 4 + z / 4 + z + z / 4;
    case Cell::kGru: {  // h = (1 − u) h̃ + u h_0, h̃ = tanh(p + r q)
      const double q =
          largest_row_sum(layer.W.value.matrix()) + largest_row_sum(layer.d.value.matrix());
      return 2 * z / 4 + z + q * z / 4 + z;
    }
  }
  return 0;
}

struct Sizes {
  std::size_t I, H;
};
constexpr Sizes kSizes[] = {{2, 2}, {20, 34}, {6, 64}, {34, 70}};

TEST(Half, AStepInFloat16IsWithinItsBoundOfThePlainCell) {
  for (const CellKind& kind : kKinds) {
    for (const auto& [I, H] : kSizes) {
      const std::vector<std::size_t> one_step(9, 1);
      LayerRun<double> plain(kind, I, H, Precision::kFull, one_step);
      plain.layer.set_plain(true);
      plain.infer();
      test::for_each_float16_form([&, I = I, H = H] {
        LayerRun<float> half(kind, I, H, Precision::kFloat16, one_step);
        half.infer();
        EXPECT_EQ(half.multiplied, Precision::kFloat16);
        EXPECT_LE(difference(half.h, plain.h), bound_of_h(plain.layer));
        EXPECT_GT(difference(half.h, plain.h), 1e-6);  // it does round
      });
    }
  }
}

TEST(Half, PassesInFloat16AndNarrowOnesAreNearThePlainCell) {
  for (const CellKind& kind : kKinds) {
    for (const auto& [I, H] : kSizes) {
      LayerRun<double> plain(kind, I, H, Precision::kFull);
      plain.layer.set_plain(true);
      plain.infer();
      test::for_each_float16_form([&, I = I, H = H] {
        for (const Precision precision : {Precision::kFloat16, Precision::kNarrow}) {
          LayerRun<float> half(kind, I, H, precision);
          half.infer();
          EXPECT_EQ(half.multiplied, precision);
          EXPECT_LT(difference(half.h, plain.h), 1e-2) << I << ' ' << H;
        }
      });
    }
  }
}

/// Whatever the batch: of one row, of two, and all.
TEST(Half, RowsHaveTheirBitsInEveryBatchAndOnEveryThread) {
  const std::size_t before = thread_count();
  for (const Precision precision : {Precision::kFloat16, Precision::kNarrow}) {
    for (const CellKind& kind : kKinds) {
      test::for_each_float16_form([&] {
        constexpr std::size_t T = 5, I = 20, H = 70;
        LayerRun<float> all(kind, I, H, precision, std::vector<std::size_t>(9, T));
        LayerRun<float> threads = all;
        set_thread_count(1);
        LayerRun<float> start = all;
        all.infer();
        set_thread_count(3);
        threads.infer();
        set_thread_count(before);
        EXPECT_TRUE(std::ranges::equal(threads.h.values(), all.h.values()));
        for (std::size_t rows : {1, 2, 3}) {
          LayerRun<float> few(kind, I, H, precision, std::vector<std::size_t>(rows, T));
          for (std::size_t r = 0; r < rows; ++r) {
            std::ranges::copy(std::as_const(start.state.h).matrix().row(r),
                              few.state.h.matrix().row(r).begin());
            if (!few.state.C.empty()) {
              std::ranges::copy(std::as_const(start.state.C).matrix().row(r),
                                few.state.C.matrix().row(r).begin());
            }
            for (std::size_t t = 0; t < T; ++t) {
              std::ranges::copy(std::as_const(all.x).matrix().row(t * 9 + r),
                                few.x.matrix().row(t * rows + r).begin());
            }
          }
          few.infer();
          for (std::size_t n = 0; n < T * rows; ++n) {
            const auto wanted = std::as_const(all.h).matrix().row(n / rows * 9 + n % rows);
            EXPECT_TRUE(std::ranges::equal(std::as_const(few.h).matrix().row(n), wanted));
          }
        }
      });
    }
  }
}

/// Training passes of a layer for which kFloat16 is set multiply floats.
TEST(Half, TrainingPassesMultiplyFloats) {
  for (const CellKind& kind : kKinds) {
    LayerRun<float> half(kind, 20, 34, Precision::kFloat16), full(kind, 20, 34, Precision::kFull);
    for (LayerRun<float>* run : {&half, &full}) {
      RecurrentPass<float> pass;
      run->layer.forward(run->shape, run->x.matrix(), run->state, pass, run->h.matrix());
    }
    EXPECT_TRUE(std::ranges::equal(half.h.values(), full.h.values()));
  }
}

TEST(Half, LayersThatFloat16IsTooSmallForMultiplyFloats) {
  const auto run = [](CellKind kind, std::size_t I, float U, float W) {
    LayerRun<float> half(kind, I, 34, Precision::kFloat16);
    half.layer.U.value[3] = U, half.layer.W.value[5] = W;
    LayerRun<float> full = half;
    full.layer.set_precision(Precision::kFull);
    half.infer(), full.infer();
    if (half.multiplied == Precision::kFull) {
      EXPECT_TRUE(std::ranges::equal(half.h.values(), full.h.values()));
    }
    return std::pair(half.multiplied, half.layer.beyond_float16(1));
  };
  using Names = std::vector<std::string>;
  const CellKind lstm(Cell::kLstm);
  EXPECT_EQ(run(lstm, 20, 1, 1), std::pair(Precision::kFloat16, Names{}));
  EXPECT_EQ(run(lstm, 20, 2000, 1), std::pair(Precision::kFull, Names{"cell.U"}));
  EXPECT_EQ(run(lstm, 20, 1, -70000), std::pair(Precision::kFull, Names{"cell.W"}));
  EXPECT_EQ(run(lstm, 20, 1e9F, 1e9F), std::pair(Precision::kFull, Names({"cell.U", "cell.W"})));
  EXPECT_EQ(run(CellKind(Cell::kRnn, Activation::kRelu), 20, 1, 1),  // h knows no bound
            std::pair(Precision::kFull, Names{"cell.W"}));
  EXPECT_EQ(run(lstm, 7, 1, 1).first, Precision::kFull);  // pairs need even sizes
}

TEST(Half, InputsBeyondWhatWasPackedForAreRefused) {
  LayerRun<float> half(CellKind(Cell::kLstm), 20, 34, Precision::kFloat16);
  half.x[17] = 1.5F;
  EXPECT_THROW(half.infer(), Error);
  half.x[17] = 1;
  half.state.h[3] = -1.25F;
  EXPECT_THROW(half.infer(), Error);
  half.state.h[3] = std::nanf("");
  EXPECT_THROW(half.infer(), Error);
  half.state.h[3] = -1;
  half.infer();
}

/// The embedding bounds what the lowest layer reads.
TEST(Half, APredictorKnowsWhatItsEmbeddingAllows) {
  SequenceClassifierConfig config;
  config.vocabulary = 30, config.classes = 3, config.embedding = 8, config.hidden = 16;
  config.layers = 2;
  SequenceClassifier<float> model(config);
  model.init(1);
  model.set_precision(Precision::kFloat16);
  const SequencePredictor<float> fits(model);
  EXPECT_EQ(fits.precision(), Precision::kFloat16);
  EXPECT_TRUE(fits.beyond_float16().empty());
  model.embedding().E.value[5] = 60000;
  const SequencePredictor<float> partly(model);
  EXPECT_EQ(partly.precision(), Precision::kFloat16);  // the upper layer
  EXPECT_EQ(partly.beyond_float16(),
            (std::vector<std::string>{"lstm.0.forward.U", "lstm.0.backward.U"}));
}

}  // namespace
}  // namespace unroll
