// The recurrent product of an LSTM step, z (B, 4H) += h (B, H) · Wᵀ (H, 4H), for W (4H, H) as it is
// stored: the shapes at which a general GEMM is weakest. Names are contender/B/H; the counters are
// FLOP/s and the largest error.
//
//   stored      gemm with Wᵀ as it is
//   transposed  gemm with a copy of W that was transposed beforehand
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "unroll/core/random.h"
#include "unroll/core/tensor.h"
#include "unroll/kernels/gemm.h"

namespace unroll::bench {
namespace {

Tensor<float> random_tensor(const Shape& shape, std::string_view stream) {
  Tensor<float> tensor(shape);
  Random random(1, stream);
  for (float& value : tensor.values()) value = static_cast<float>(random.normal());
  return tensor;
}

struct Operands {
  Operands(std::size_t B, std::size_t H)
      : h(random_tensor({B, H}, "h")),
        W(random_tensor({4 * H, H}, "W")),
        W_transposed({H, 4 * H}),
        z({B, 4 * H}) {
    for (std::size_t row = 0; row < 4 * H; ++row) {
      for (std::size_t k = 0; k < H; ++k) W_transposed.matrix()(k, row) = W.matrix()(row, k);
    }
  }

  /// The largest difference of z from the sum in double.
  double error() const {
    double worst = 0;
    for (std::size_t row = 0; row < z.matrix().rows(); ++row) {
      for (std::size_t column = 0; column < z.matrix().columns(); ++column) {
        worst = std::max(worst, std::abs(z.matrix()(row, column) - exact(row, column)));
      }
    }
    return worst;
  }
  double exact(std::size_t row, std::size_t column) const {
    double sum = 0;
    for (std::size_t k = 0; k < W.matrix().columns(); ++k) {
      sum += static_cast<double>(h.matrix()(row, k)) * static_cast<double>(W.matrix()(column, k));
    }
    return sum;
  }

  Tensor<float> h, W, W_transposed, z;
};

void stored(Operands& x, Into into) {
  gemm(x.h.matrix(), transposed(x.W.matrix()), x.z.matrix(), into);
}
void by_transposed(Operands& x, Into into) {
  gemm(x.h.matrix(), x.W_transposed.matrix(), x.z.matrix(), into);
}

template <void (*product)(Operands&, Into)>
void run(benchmark::State& state) {
  const std::size_t B = static_cast<std::size_t>(state.range(0));
  const std::size_t H = static_cast<std::size_t>(state.range(1));
  Operands operands(B, H);
  product(operands, Into::kSet);
  const double error = operands.error();
  if (error > 1e-6 * static_cast<double>(H)) state.SkipWithError("the product is wrong");
  for ([[maybe_unused]] auto _ : state) {
    product(operands, Into::kAdd);
    benchmark::DoNotOptimize(operands.z.data());
    benchmark::ClobberMemory();
  }
  const double flop = 2.0 * static_cast<double>(B * 4 * H * H);
  state.counters["FLOP/s"] =
      benchmark::Counter(flop, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["error"] = error;
}

void recurrent_shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"B", "H"})->ArgsProduct({{1, 8, 32, 64}, {64, 128, 256, 512}});
}

BENCHMARK(run<stored>)->Name("stored")->Apply(recurrent_shapes);
BENCHMARK(run<by_transposed>)->Name("transposed")->Apply(recurrent_shapes);

}  // namespace
}  // namespace unroll::bench

BENCHMARK_MAIN();
