// Layers whose products multiply bfloat16: as pairs where the CPU has them, rounded in place
// elsewhere.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/for_each_isa.h"
#include "tests/support/gradient_check.h"
#include "tests/support/random_tensor.h"
#include "unroll/core/parallel.h"
#include "unroll/layers/recurrent.h"

namespace unroll {
namespace {

const std::vector<std::size_t> kLengths{40, 38, 21, 20, 20, 13, 9, 5, 2, 1, 1};

/// A layer with its inputs, the same ones in every Real, and what its passes leave.
template <typename Real>
struct LayerRun {
  LayerRun(std::size_t G, std::size_t I, std::size_t H, Direction direction, Precision precision,
           bool share_rows = false, const std::vector<std::size_t>& lengths = kLengths)
      : shape(lengths) {
    if (G == 3) {
      layer = std::make_unique<RecurrentLayer<Real>>("gru", I, H, Cell::kGru, direction);
    } else if (G == 4) {
      layer = std::make_unique<RecurrentLayer<Real>>("lstm", I, H, Cell::kLstm, direction);
    } else {
      layer = std::make_unique<RecurrentLayer<Real>>(
          "rnn", I, H, CellKind(Cell::kRnn, Activation::kTanh), direction);
    }
    layer->set_precision(precision);
    for (auto* parameter : layer->parameters()) {
      parameter->value = test::random_tensor<Real>(parameter->value.shape(), parameter->name, 0.1);
    }
    const std::size_t N = shape.tokens(), M = share_rows ? 30 : N;
    for (std::size_t n = 0; n < N && share_rows; ++n) {
      rows.push_back(static_cast<std::int32_t>(n * n % M));
    }
    x = test::random_tensor<Real>({M, I}, "x");
    g = test::random_tensor<Real>({N, H}, "g");
    h = Tensor<Real>({N, H}), dx = Tensor<Real>({M, I});
    start = layer->zero_state(shape.batch());
    start.h = test::random_tensor<Real>(start.h.shape(), "h_0");
    dstart = layer->zero_state(shape.batch());
  }

  RecurrentInput<Real> input() const { return {x.matrix(), rows}; }
  void run() {
    state = start;
    layer->forward(shape, input(), state, pass, h.matrix());
    layer->backward(shape, input(), pass, g.matrix(), dstart, dx.matrix());
  }

  RaggedShape shape;
  std::unique_ptr<RecurrentLayer<Real>> layer;
  std::vector<std::int32_t> rows;
  Tensor<Real> x, g, h, dx;
  RecurrentState<Real> start, state, dstart;
  RecurrentPass<Real> pass;
};

/// The largest difference, as a part of the largest value.
template <typename A, typename B>
double difference(const Tensor<A>& found, const Tensor<B>& wanted) {
  double most = 0, largest = 0;
  for (std::size_t k = 0; k < found.size(); ++k) {
    const auto value = static_cast<double>(wanted[k]);
    most = std::max(most, std::abs(static_cast<double>(found[k]) - value));
    largest = std::max(largest, std::abs(value));
  }
  return most == 0 ? 0 : most / largest;
}

template <typename A, typename B>
double difference(const LayerRun<A>& found, const LayerRun<B>& wanted) {
  return std::max({difference(found.h, wanted.h), difference(found.dx, wanted.dx),
                   difference(found.state.h, wanted.state.h),
                   difference(found.dstart.h, wanted.dstart.h),
                   difference(found.layer->U.grad, wanted.layer->U.grad),
                   difference(found.layer->W.grad, wanted.layer->W.grad),
                   difference(found.layer->b.grad, wanted.layer->b.grad),
                   difference(found.layer->d.grad, wanted.layer->d.grad)});
}

/// A layer of odd sizes never multiplies pairs.
struct Sizes {
  std::size_t G, I, H;
};
constexpr Sizes kSizes[] = {{4, 20, 34}, {4, 7, 33},  {3, 20, 34},
                            {3, 7, 33},  {1, 20, 70}, {1, 3, 65}};

/// A sum in another order may round to the next bfloat16, one part in 256; what rounds nothing at
/// all differs as much everywhere.
TEST(Precision, RoundsTheSameOnEveryPath) {
  for (const auto& [G, I, H] : kSizes) {
    for (Direction direction : {Direction::kForward, Direction::kBackward}) {
      for (bool share_rows : {false, true}) {
        LayerRun<double> plain(G, I, H, direction, Precision::kBFloat16, share_rows);
        LayerRun<double> full(G, I, H, direction, Precision::kFull, share_rows);
        plain.run(), full.run();
        EXPECT_GT(difference(plain, full), 1e-3);
        EXPECT_LT(difference(plain, full), 5e-2);
        for (bool pairs : {false, true}) {
          const test::WithPairs with(pairs);
          LayerRun<float> fast(G, I, H, direction, Precision::kBFloat16, share_rows);
          fast.run();
          EXPECT_LT(difference(fast, plain), 6e-3) << "G " << G << " H " << H << " " << pairs;
        }
      }
    }
  }
}

TEST(Precision, ThreadsChangeNoBit) {
  const std::size_t before = thread_count();
  for (bool pairs : {false, true}) {
    const test::WithPairs with(pairs);
    for (const auto& [G, I, H] : kSizes) {
      set_thread_count(1);
      LayerRun<float> one(G, I, H, Direction::kForward, Precision::kBFloat16);
      one.run();
      for (std::size_t threads : {2, 3}) {
        set_thread_count(threads);
        LayerRun<float> more(G, I, H, Direction::kForward, Precision::kBFloat16);
        more.run();
        EXPECT_EQ(difference(more, one), 0) << threads;
      }
    }
  }
  set_thread_count(before);
}

/// One row and two take another way where the CPU has no products of bfloat16: they read W narrow.
TEST(Precision, FewRowsHaveTheirBitsOfALargeBatch) {
  for (bool pairs : {false, true}) {
    const test::WithPairs with(pairs);
    for (const auto& [G, I, H] : kSizes) {
      LayerRun<float> large(G, I, H, Direction::kForward, Precision::kBFloat16);
      large.run();
      for (std::size_t rows : {1, 2}) {
        LayerRun<float> few(G, I, H, Direction::kForward, Precision::kBFloat16, false,
                            {kLengths.begin(), kLengths.begin() + static_cast<int>(rows)});
        const auto copy = [&](const Tensor<float>& from, std::size_t r, Tensor<float>& to,
                              std::size_t to_r) {
          std::ranges::copy(from.matrix().row(r), to.matrix().row(to_r).begin());
        };
        for (std::size_t t = 0; t < few.shape.steps(); ++t) {
          for (std::size_t r = 0; r < few.shape.active(t); ++r) {
            copy(large.x, large.shape.offset(t) + r, few.x, few.shape.offset(t) + r);
          }
        }
        for (std::size_t r = 0; r < rows; ++r) copy(large.start.h, r, few.start.h, r);
        few.run();
        for (std::size_t t = 0; t < few.shape.steps(); ++t) {
          for (std::size_t r = 0; r < few.shape.active(t); ++r) {
            EXPECT_TRUE(
                std::ranges::equal(std::as_const(few.h).matrix().row(few.shape.offset(t) + r),
                                   std::as_const(large.h).matrix().row(large.shape.offset(t) + r)))
                << "G " << G << " H " << H << ", " << rows << " rows, step " << t;
          }
        }
      }
    }
  }
}

TEST(Precision, InferenceGivesTheBitsOfTheForwardPass) {
  for (bool pairs : {false, true}) {
    const test::WithPairs with(pairs);
    for (Direction direction : {Direction::kForward, Direction::kBackward}) {
      for (bool share_rows : {false, true}) {
        for (const auto& [G, I, H] : kSizes) {
          LayerRun<float> p(G, I, H, direction, Precision::kBFloat16, share_rows);
          p.run();
          const RecurrentWeights<float> weights = p.layer->pack();
          RecurrentScratch<float> scratch;
          RecurrentState<float> state = p.start;
          Tensor<float> h(p.h.shape()), projected({p.x.matrix().rows(), G * H});
          p.layer->infer(p.shape, p.input(), weights, {}, state, scratch, h.matrix());
          EXPECT_TRUE(std::ranges::equal(h.values(), p.h.values()));
          EXPECT_TRUE(std::ranges::equal(state.h.values(), p.state.h.values()));
          if (!share_rows) continue;
          p.layer->project(p.x.matrix(), weights, projected.matrix());
          state = p.start;
          p.layer->infer(p.shape, p.input(), weights, projected.matrix(), state, scratch,
                         h.matrix());
          EXPECT_TRUE(std::ranges::equal(h.values(), p.h.values())) << "projected before";
        }
      }
    }
  }
}

}  // namespace
}  // namespace unroll
